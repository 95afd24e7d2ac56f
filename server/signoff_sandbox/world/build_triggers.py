"""Triggers of Cloud Build: kept, listed, and run on a commit of their repository."""

from __future__ import annotations

import re
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Any

import yaml
from google.cloud.devtools.cloudbuild_v1.types import Build, ListBuildTriggersResponse
from google.protobuf import json_format

from signoff_sandbox.runtime.sources import SourceError, fetch_commit
from signoff_sandbox.wire.masks import merged
from signoff_sandbox.wire.paging import page
from signoff_sandbox.world import builds
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.errors import already_exists, failed_precondition, invalid_argument, not_found
from signoff_sandbox.world.store import copy_of

_COMMIT = re.compile(r"[0-9a-f]{40}")


async def create_trigger(cloud: Cloud, request: Any) -> Any:
    trigger = copy_of(request.trigger)
    if not trigger.name:
        raise invalid_argument("trigger.name must not be empty.", trigger="name missing")
    place = builds.place(request)
    if any(known.name == trigger.name for known in _all(cloud, place)):
        raise already_exists(f"{place}/triggers/{trigger.name}")
    trigger.id = str(uuid.uuid4())
    trigger.resource_name = f"{place}/triggers/{trigger.id}"
    trigger.create_time.CopyFrom(cloud.now())
    cloud.store.put("buildTriggers", trigger.resource_name, trigger)
    return trigger


async def get_trigger(cloud: Cloud, request: Any) -> Any:
    return _find(cloud, request)


async def list_triggers(cloud: Cloud, request: Any) -> Any:
    response: Any = ListBuildTriggersResponse.pb()()
    parent = request.parent or f"projects/{request.project_id}/locations/-"
    response.triggers.extend(page(request, _all(cloud, parent), response))
    return response


async def update_trigger(cloud: Cloud, request: Any) -> Any:
    current = _find(cloud, request)
    trigger = merged(current, request.trigger, request.update_mask if request.HasField("update_mask") else None)
    trigger.id, trigger.resource_name = current.id, current.resource_name
    trigger.create_time.CopyFrom(current.create_time)
    cloud.store.put("buildTriggers", trigger.resource_name, trigger)
    return trigger


async def run_trigger(cloud: Cloud, request: Any) -> Any:
    """Build a branch, tag or commit: the one of the request, else the one that the trigger watches."""
    trigger = _find(cloud, request)
    if trigger.disabled:
        raise failed_precondition(f"generic::failed_precondition: trigger {trigger.name} is disabled")
    place = trigger.resource_name.partition("/triggers/")[0]
    url = _url(trigger)
    revision, names = _revision(trigger, request.source)
    scratch = Path(tempfile.mkdtemp(prefix="trigger-", dir=cloud.machine.folder))
    try:
        commit = await fetch_commit(
            cloud.machine.processes, url, revision, scratch / "tree", home=scratch / "home", log=lambda _: None
        )
        build = _build(trigger, scratch / "tree")
    except SourceError as error:
        raise failed_precondition(
            f"generic::failed_precondition: could not resolve {revision} of {url}: {error}"
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    build.source.git_source.url = url
    build.source.git_source.revision = commit
    for key, value in {**trigger.substitutions, **request.source.substitutions}.items():
        build.substitutions[key] = value
    build.tags.extend([*trigger.tags, f"trigger-{trigger.id}"])
    repository = url.rstrip("/").removesuffix(".git")
    built_in = {
        **names,
        "COMMIT_SHA": commit,
        "REVISION_ID": commit,
        "SHORT_SHA": commit[:7],
        "REPO_NAME": repository.rpartition("/")[2],
        "REPO_FULL_NAME": "/".join(repository.split("/")[-2:]),
        "TRIGGER_NAME": trigger.name,
        "TRIGGER_BUILD_CONFIG_PATH": _config_path(trigger),
    }
    return builds.start(cloud, place, build, trigger_id=trigger.id, built_in=built_in)


def _all(cloud: Cloud, parent: str) -> list[Any]:
    return list(cloud.store.list("buildTriggers", parent))


def _find(cloud: Cloud, request: Any) -> Any:
    """By full name, or by project and the id or name of the trigger."""
    wanted = request.name if "name" in request.DESCRIPTOR.fields_by_name else ""
    if wanted:
        place, _, key = wanted.rpartition("/triggers/")
    else:
        place, key = f"projects/{request.project_id}/locations/-", request.trigger_id
    for trigger in _all(cloud, place):
        if key in (trigger.id, trigger.name):
            return trigger
    raise not_found(wanted or f"projects/{request.project_id}/triggers/{key}")


def _url(trigger: Any) -> str:
    if trigger.source_to_build.uri:
        return str(trigger.source_to_build.uri)
    if trigger.git_file_source.uri:
        return str(trigger.git_file_source.uri)
    if trigger.github.name:
        return f"https://github.com/{trigger.github.owner}/{trigger.github.name}.git"
    raise failed_precondition(
        f"generic::failed_precondition: trigger {trigger.name} has no repository that the sandbox can clone: "
        "give it source_to_build.uri"
    )


def _revision(trigger: Any, asked: Any) -> tuple[str, dict[str, str]]:
    """What to fetch, and the substitutions that name it."""
    if asked.commit_sha:
        return asked.commit_sha, {}
    if asked.tag_name:
        return f"refs/tags/{asked.tag_name}", {"TAG_NAME": asked.tag_name, "REF_NAME": asked.tag_name}
    branch = asked.branch_name or trigger.source_to_build.ref or _plain_branch(trigger.github.push.branch)
    branch = branch.removeprefix("refs/heads/")
    if _COMMIT.fullmatch(branch):
        return branch, {}
    if branch.startswith("refs/tags/"):
        name = branch.removeprefix("refs/tags/")
        return branch, {"TAG_NAME": name, "REF_NAME": name}
    return (f"refs/heads/{branch}", {"BRANCH_NAME": branch, "REF_NAME": branch}) if branch else ("", {})


def _plain_branch(pattern: str) -> str:
    """The branch that a push filter such as `^main$` names, if it names just one."""
    name = pattern.removeprefix("^").removesuffix("$")
    return name if re.fullmatch(r"[\w./-]+", name) else ""


def _config_path(trigger: Any) -> str:
    return str(trigger.filename or trigger.git_file_source.path or "cloudbuild.yaml")


def _build(trigger: Any, tree: Path) -> Any:
    """The trigger's own build, or the one of its file at that commit."""
    if trigger.HasField("build"):
        return copy_of(trigger.build)
    path = (tree / _config_path(trigger)).resolve()
    if not path.is_relative_to(tree.resolve()) or not path.is_file():
        raise failed_precondition(f"generic::failed_precondition: {_config_path(trigger)} is not in the repository")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return json_format.ParseDict(content or {}, Build.pb()())
    except (yaml.YAMLError, json_format.ParseError) as error:
        raise invalid_argument(f"{_config_path(trigger)} is no build: {error}", filename="unreadable") from error


METHODS: dict[str, Handler] = {
    f"{builds.SERVICE}/CreateBuildTrigger": create_trigger,
    f"{builds.SERVICE}/GetBuildTrigger": get_trigger,
    f"{builds.SERVICE}/ListBuildTriggers": list_triggers,
    f"{builds.SERVICE}/UpdateBuildTrigger": update_trigger,
    f"{builds.SERVICE}/RunBuildTrigger": run_trigger,
}
PARTLY = {
    f"{builds.SERVICE}/{method}": "kept with all their fields; nothing but RunBuildTrigger runs them"
    for method in ("CreateBuildTrigger", "UpdateBuildTrigger")
}
PARTLY[f"{builds.SERVICE}/RunBuildTrigger"] = "needs a repository that can be cloned by its address; no approval"
