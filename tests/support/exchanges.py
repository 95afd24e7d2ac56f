"""The log of a sandbox's HTTP exchanges, examined with Google's discovery documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from support.discovery import document, problems

APIS = (
    *("run.v1", "run.v2", "cloudbuild.v1", "logging.v2", "artifactregistry.v1", "containeranalysis.v1"),
    *("cloudscheduler.v1", "secretmanager.v1", "storage.v1", "serviceusage.v1", "cloudresourcemanager.v1", "iam.v1"),
    "iamcredentials.v1",
    "artifactregistry.v1beta2",  # of which gcloud asks the locations
)
#: Paths that no discovery document speaks of: the sandbox's own and the registry's Docker API; uploads are media.
BESIDE = re.compile(r"/sandbox/|/v2/[^/]*/[^/]*/.*(manifests|blobs)/|/upload/|/resumable/|/download/")


def read_log(path: Path) -> list[dict[str, Any]]:
    """The exchanges of `--http-log FILE`."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def wrong(exchange: dict[str, Any]) -> list[str]:
    """What of an answer is not as Google declares; a successful answer of no declared method is wrong too."""
    url = urlsplit(exchange["url"])
    if BESIDE.match(url.path) or "alt=media" in url.query or _is_download(url.hostname, url.path):
        return []
    where = f"{exchange['method']} {url.path}"
    if exchange["status"] >= 400:
        return [f"{where}: {problem}" for problem in _wrong_error(exchange["status"], exchange["body"])]
    found = response_schema(exchange["method"], url.hostname or "", url.path)
    if found is None:
        return [f"{where}: answered {exchange['status']}, but no discovery document declares such a method"]
    api, schema = found
    return [f"{where}: {problem}" for problem in problems(api, schema, exchange["body"] or {})]


def _is_download(host: str | None, path: str) -> bool:
    """`https://storage.googleapis.com/BUCKET/OBJECT` is the content of an object; errors of that API are XML."""
    return host == "storage.googleapis.com" and not path.startswith("/storage/")


def _wrong_error(status: int, body: Any) -> Iterator[str]:
    """https://cloud.google.com/apis/design/errors#http_mapping: {"error": {"code", "message", "status", "details"}}."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        yield f"{body!r} is not Google's error JSON"
        return
    if error.get("code") != status:
        yield f"code {error.get('code')!r} in an answer of status {status}"
    if not isinstance(error.get("message"), str):
        yield "an error without a message"


def response_schema(verb: str, host: str, path: str) -> tuple[str, str] | None:
    """The API and the name of the schema of what a method answers, or None where none is declared."""
    service = host.split(".")[0].split("-")[-1]  # us-central1-run.googleapis.com
    for api in APIS:
        if service.isalpha() and host.endswith("googleapis.com") and not api.startswith(f"{service}."):
            continue
        for declared, pattern, schema in _methods(api):
            if declared == verb and pattern.fullmatch(path):
                return api, schema
    return None


@cache
def _methods(api: str) -> list[tuple[str, re.Pattern[str], str]]:
    found = document(api)
    methods = []
    for method in _walk(found):
        template = method.get("flatPath", method["path"])
        pattern = "".join(
            "[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[^}]+\})", template)
        )
        schema = method.get("response", {}).get("$ref", "Empty")
        methods.append((method["httpMethod"], re.compile(f"/{found['servicePath']}{pattern}"), schema))
    # A custom verb first: "[^/]+" would take it for a part of the name otherwise.
    return sorted(methods, key=lambda method: ":" not in method[1].pattern)


def _walk(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from resource.get("methods", {}).values()
    for child in resource.get("resources", {}).values():
        yield from _walk(child)
