"""Triggers of Cloud Build: kept, listed, changed, run by hand and by pushes (`pushed`)."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Any

from google.cloud.devtools.cloudbuild_v1.types import ListBuildTriggersResponse
from google.protobuf.empty_pb2 import Empty

from signoff_sandbox.runtime.sources import SourceError, fetch_change
from signoff_sandbox.wire.masks import merged
from signoff_sandbox.wire.paging import page
from signoff_sandbox.world import builds, git_remotes, operations, trigger_runs
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.errors import ApiError, already_exists, invalid_argument, not_found
from signoff_sandbox.world.store import copy_of
from signoff_sandbox.world.trigger_source import Push, repository_of, why_not

COLLECTION = "buildTriggers"


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
    cloud.store.put(COLLECTION, trigger.resource_name, trigger)
    return trigger


async def get_trigger(cloud: Cloud, request: Any) -> Any:
    return _find(cloud, request, request.name)


async def list_triggers(cloud: Cloud, request: Any) -> Any:
    response: Any = ListBuildTriggersResponse.pb()()
    parent = request.parent or f"projects/{request.project_id}/locations/-"
    response.triggers.extend(page(request, _all(cloud, parent), response))
    return response


async def update_trigger(cloud: Cloud, request: Any) -> Any:
    current = _find(cloud, request, request.trigger.resource_name)
    trigger = merged(current, request.trigger, request.update_mask if request.HasField("update_mask") else None)
    trigger.id, trigger.resource_name = current.id, current.resource_name
    trigger.name = trigger.name or current.name
    trigger.create_time.CopyFrom(current.create_time)
    cloud.store.put(COLLECTION, trigger.resource_name, trigger)
    return trigger


async def delete_trigger(cloud: Cloud, request: Any) -> Any:
    cloud.store.delete(COLLECTION, _find(cloud, request, request.name).resource_name)
    return Empty()


async def run_trigger(cloud: Cloud, request: Any) -> Any:
    """Build a branch, tag or commit: the one of the request, else the one that the trigger watches."""
    trigger = _find(cloud, request, request.name)
    revision, names = trigger_runs.asked(trigger, request.source)
    return await trigger_runs.run(cloud, trigger, revision, names, request.source.substitutions)


async def pushed(cloud: Cloud, repository: str, ref: str, before: str, after: str) -> dict[str, Any]:
    """A ref of a repository (public URL, or where it lies) moved: run the triggers that watch for it.

    `before` and `after` are commit ids as a post-receive hook gets them; "" for the ref's commit now and for its
    parent. Answers {"commit", "builds": [{"trigger", "build"}], "skipped": [{"trigger", "why"}]}.
    """
    everything: list[Any] = [trigger for _, trigger in cloud.store.items(COLLECTION)]
    watching = [trigger for trigger in everything if _watches(cloud, trigger, repository)]
    if after and not after.strip("0"):
        return {"commit": after, "builds": [], "skipped": [_skip(one, "the ref was deleted") for one in watching]}
    push = await _push(cloud, repository, ref, before, after)
    done: dict[str, Any] = {"commit": push.commit, "builds": [], "skipped": []}
    for trigger in watching:
        why = why_not(trigger, push)
        if why is None:
            try:
                operation = await trigger_runs.run(cloud, trigger, push.commit, trigger_runs.named(ref)[1], {})
            except ApiError as error:
                why = error.message
            else:
                build = operations.unpacked(operation.metadata).build.name
                done["builds"].append({"trigger": trigger.name, "build": build})
        if why is not None:
            done["skipped"].append(_skip(trigger, why))
    return done


def _skip(trigger: Any, why: str) -> dict[str, str]:
    return {"trigger": trigger.name, "why": why}


async def _push(cloud: Cloud, repository: str, ref: str, before: str, after: str) -> Push:
    scratch = Path(tempfile.mkdtemp(prefix="push-", dir=cloud.machine.folder))
    try:
        lies_at = git_remotes.clone_address(cloud, repository)
        commit, message, files = await fetch_change(
            cloud.machine.processes, lies_at, before, after or ref, scratch / "tree", home=scratch / "home"
        )
    except SourceError as error:
        raise invalid_argument(f"the push cannot be read from {repository}: {error}") from error
    finally:
        await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)
    return Push(ref, commit, message, files)


def _watches(cloud: Cloud, trigger: Any, repository: str) -> bool:
    try:
        address = repository_of(trigger)
        lies_at = git_remotes.clone_address(cloud, address)
    except (ApiError, SourceError):
        return False
    return git_remotes.same(repository) in (git_remotes.same(address), git_remotes.same(lies_at))


def _all(cloud: Cloud, parent: str) -> list[Any]:
    return list(cloud.store.list(COLLECTION, parent))


def _find(cloud: Cloud, request: Any, wanted: str) -> Any:
    """By full name, or by project and the id or name of the trigger."""
    if wanted:
        place, _, key = wanted.rpartition("/triggers/")
    else:
        place, key = f"projects/{request.project_id}/locations/-", request.trigger_id
    for trigger in _all(cloud, place):
        if key in (trigger.id, trigger.name):
            return trigger
    raise not_found(wanted or f"projects/{request.project_id}/triggers/{key}")


METHODS: dict[str, Handler] = {
    f"{builds.SERVICE}/CreateBuildTrigger": create_trigger,
    f"{builds.SERVICE}/GetBuildTrigger": get_trigger,
    f"{builds.SERVICE}/ListBuildTriggers": list_triggers,
    f"{builds.SERVICE}/UpdateBuildTrigger": update_trigger,
    f"{builds.SERVICE}/DeleteBuildTrigger": delete_trigger,
    f"{builds.SERVICE}/RunBuildTrigger": run_trigger,
}
_EVENTS = "triggers of pull requests, Pub/Sub and webhooks are kept and fire for none; filters in CEL are not evaluated"
PARTLY: dict[str, str] = {
    f"{builds.SERVICE}/CreateBuildTrigger": _EVENTS,
    f"{builds.SERVICE}/UpdateBuildTrigger": _EVENTS,
    f"{builds.SERVICE}/RunBuildTrigger": "autodetect is not modelled: a trigger names its file, or has its build",
}
