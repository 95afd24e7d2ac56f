"""Which names a recording holds: projects, services, images, buckets, secrets … of Google's REST JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from signoff.safety.text_masks import TextMasks

#: Collection in a resource name -> what its members are called instead. What is not here, such as a build, has an id.
KINDS: Mapping[str, str] = {
    "projects": "project",
    "services": "service",
    "jobs": "job",
    "workerPools": "worker-pool",
    "repositories": "repository",
    "packages": "image",
    "dockerImages": "image",
    "secrets": "secret",
    "triggers": "trigger",
    "connections": "connection",
    "connectors": "connector",
    "networks": "network",
    "subnetworks": "network",
    "keyRings": "key-ring",
    "cryptoKeys": "key",
    "topics": "topic",
    "instances": "instance",
}
#: Field -> kind of the name that it holds, alone or as the end of a resource name.
_FIELDS: Mapping[str, str] = {
    "projectId": "project",
    "project_id": "project",
    "bucket": "bucket",
    "repoName": "repository",
    "owner": "owner",
    "secret": "secret",
    "connector": "connector",
    "network": "network",
    "subnetwork": "network",
    "service_name": "service",
    "tags": "tag",
    "job_name": "job",
}
_IMAGE = re.compile(
    r"(?:[a-z0-9-]+-docker\.pkg\.dev|(?:[a-z]+\.)?gcr\.io)/(?P<path>[^\s@:,;\"'$]+)(?::(?P<tag>\w[\w.-]*\w))?"
)
_PUBLIC_PROJECTS = frozenset(
    {"cloud-builders", "google.com", "cloudrun", "distroless", "google-containers", "google-appengine", "buildpacks"}
)
_BUCKET = re.compile(r"gs://([^/\s#\"']+)")
_ACCOUNT = re.compile(r"@(?!gcp-sa-)([a-z][a-z0-9-]*)\.iam\.gserviceaccount\.com")
_OF_A_SERVICE = re.compile(r"-\d{5}-[a-z0-9]{3}$")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{1,5}|-")
_SQL = re.compile(r"([a-z][a-z0-9:.-]*):[a-z]+-[a-z]+\d+:([a-z][a-z0-9-]*)")
_COMMIT = re.compile(r"(?<![0-9a-f:])(?:[0-9a-f]{40}|[0-9a-f]{64})(?![0-9a-f])")
#: Values that tell nothing: ids, hexadecimal numbers, numbers, switches, regions, versions, and the usual names.
HARMLESS = re.compile(
    r"|true|false|[0-9a-f]{7,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|-?\d+(?:\.\d+)*|v\d+(?:\.\d+)*|"
    r"(?:us|europe|asia|australia|northamerica|southamerica|africa|me)-[a-z]+\d+(?:-[a-z])?|global|"
    r"latest|main|master|trunk|develop|dev|prod|production|staging|stable|release|test|none|linux/\w+",
    re.IGNORECASE,
)
#: Names that everybody has, and words of resource names, which must stay.
_COMMON = frozenset(
    {"default", "global", "latest", "projects", "locations", "services", "revisions", "jobs", "executions", "tasks"}
    | {"builds", "triggers", "repositories", "secrets", "versions", "operations", "logs", "traces", "sha256"}
)


def learn(value: Any, masks: TextMasks, key: str = "", within: str = "") -> None:
    """Tell `masks` every name in a piece of REST JSON. `key`: of the field; `within`: of the object that has it."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            learn(item, masks, name, key)
        if key == "buildTriggers" or ("github" in value and "name" in value):
            _know(masks, "trigger", str(value.get("name", "")))
    elif isinstance(value, list | tuple):
        for item in value:
            learn(item, masks, key, within)
    elif isinstance(value, str):
        for kind, name in _found(value, key, within):
            _know(masks, kind, name)
        for commit in _COMMIT.findall(value):
            masks.know_commit(commit)


def _found(text: str, key: str, within: str) -> Iterator[tuple[str, str]]:
    if text.startswith(("projects/", "//")):
        yield from _of_resource(text.split("/"))
    if key in _FIELDS:
        name = text.rpartition("/")[2]
        yield ("project number" if name.isdigit() and _FIELDS[key] == "project" else _FIELDS[key]), name
    if key == "name" and within == "github":
        yield "repository", text
    for image in _IMAGE.finditer(text):
        project, *path = image["path"].strip("/").split("/")
        if project not in _PUBLIC_PROJECTS:
            yield "project", project
            yield from (("image", part) for part in path[-1:])
            yield from (("repository", part) for part in path[:-1])
            if image["tag"]:
                yield "tag", image["tag"]
    for project in _ACCOUNT.findall(text):
        yield "project", project
    for bucket in _BUCKET.findall(text):
        yield "bucket", bucket
    for project, instance in _SQL.findall(text):
        yield from (("project", project), ("instance", instance))


def _of_resource(segments: list[str]) -> Iterator[tuple[str, str]]:
    parents = dict(zip(segments[::2], segments[1::2], strict=False))
    for collection, identifier in parents.items():
        if collection == "projects" and identifier.isdigit():
            yield "project number", identifier
        elif collection in ("dockerImages", "packages"):
            yield from (("image", part) for part in re.split(r"%2[Ff]", identifier.partition("@")[0]))
        elif collection == "revisions" and not _OF_A_SERVICE.search(identifier):
            yield "revision", identifier  # somebody gave it a name
        elif collection in KINDS:
            yield KINDS[collection], identifier


def _know(masks: TextMasks, kind: str, name: str) -> None:
    common = name.lower() in _COMMON or _ID.fullmatch(name) or (kind == "tag" and HARMLESS.fullmatch(name))
    if not common:
        masks.know(kind, name)
