"""Cloud Build v1: builds are created, read, listed and cancelled."""

from __future__ import annotations

import asyncio
import base64
import re
import uuid
from collections.abc import Mapping
from typing import Any

from google.cloud.devtools.cloudbuild_v1.types import Build, ListBuildsResponse
from google.longrunning.operations_pb2 import CancelOperationRequest
from google.protobuf import json_format

from signoff_sandbox.wire.paging import page
from signoff_sandbox.world import build_run, operations
from signoff_sandbox.world.build_filter import compile_filter
from signoff_sandbox.world.build_substitutions import substitute
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.errors import failed_precondition, invalid_argument, not_found
from signoff_sandbox.world.store import copy_of

Status = Build.Status
RUNNING = (Status.PENDING, Status.QUEUED, Status.WORKING)
_IMAGE = re.compile(
    r"[a-z0-9]+(?:[._-][a-z0-9]+)*(?::\d+)?(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?"
    r"(?:@sha256:[0-9a-f]{64})?"
)


def place(request: Any) -> str:
    """`projects/P/locations/L` of a request that names it as parent, or only a project."""
    return str(request.parent) or f"projects/{request.project_id}/locations/global"


async def create_build(cloud: Cloud, request: Any) -> Any:
    return start(cloud, place(request), request.build)


def start(
    cloud: Cloud,
    parent: str,
    wanted: Any,
    *,
    trigger_id: str = "",
    built_in: Mapping[str, str] | None = None,
) -> Any:
    """Begin a build and return its operation. `built_in` are substitutions that a trigger knows."""
    build = copy_of(wanted)
    for field in ("status", "status_detail", "results", "start_time", "finish_time", "source_provenance", "timing"):
        build.ClearField(field)
    project = parent.split("/")[1]
    build.id = str(uuid.UUID(int=cloud.machine.names.getrandbits(128), version=4))
    build.name = f"{parent}/builds/{build.id}"
    build.project_id = project
    build.build_trigger_id = trigger_id
    if not build.steps:
        raise invalid_argument("generic::invalid_argument: invalid build: no build steps were specified", steps="none")
    known = {"PROJECT_ID": project, "PROJECT_NUMBER": "1", "BUILD_ID": build.id, "LOCATION": parent.split("/")[3]}
    substitute(build, {**known, **(built_in or {})}, loose=bool(trigger_id))
    for key, value in (built_in or {}).items():
        if key not in build.substitutions:
            build.substitutions[key] = value
    for image in (*build.images, *build.artifacts.images):
        if _IMAGE.fullmatch(image) is None:
            raise invalid_argument(
                f"generic::invalid_argument: invalid value for 'build.images': invalid image name \"{image}\"",
                images=f"invalid: {image}",
            )
    build.status = Status.QUEUED
    build.create_time.CopyFrom(cloud.now())
    build.log_url = f"https://console.cloud.google.com/cloud-build/builds/{build.id}?project={project}"
    if not build.logs_bucket:
        build.logs_bucket = f"gs://{project}.cloudbuild-logs.googleusercontent.com"
    cloud.store.put("builds", build.name, build)
    operation = operation_name(build)
    work = build_run.carry_out(cloud, build.name, operation)
    return operations.start(cloud, parent, build_run.metadata(build), work, name=operation)


def operation_name(build: Any) -> str:
    return f"operations/build/{build.project_id}/{base64.b64encode(build.id.encode()).decode()}"


def find(cloud: Cloud, request: Any) -> Any:
    """The build that a request names: by its full name, or by project and id in whatever location it is."""
    if request.name:
        found = cloud.store.get("builds", request.name)
        if found is None:
            raise not_found(request.name)
        return found
    for name, build in cloud.store.items("builds"):
        if name.startswith(f"projects/{request.project_id}/") and name.endswith(f"/builds/{request.id}"):
            return build
    raise not_found(f"projects/{request.project_id}/builds/{request.id}")


async def get_build(cloud: Cloud, request: Any) -> Any:
    return find(cloud, request)


async def list_builds(cloud: Cloud, request: Any) -> Any:
    """Newest first. Without a location those of all locations come, as with Google's project-level list."""
    test = compile_filter(request.filter)
    parent = request.parent or f"projects/{request.project_id}/locations/-"
    found: list[Any] = list(cloud.store.list("builds", parent))
    found.sort(key=lambda build: (build.create_time.seconds, build.create_time.nanos), reverse=True)
    response: Any = ListBuildsResponse.pb()()
    matching = [build for build in found if not request.filter or test(json_format.MessageToDict(build))]
    response.builds.extend(page(request, matching, response))
    return response


async def cancel_build(cloud: Cloud, request: Any) -> Any:
    build = find(cloud, request)
    if build.status not in RUNNING:
        raise failed_precondition(
            f"generic::failed_precondition: cannot cancel build {build.id}: its status is {Status(build.status).name}"
        )
    task = cloud.operation_tasks.get(operation_name(build))
    if task is not None:
        await operations.cancel_operation(cloud, CancelOperationRequest(name=operation_name(build)))
        await asyncio.wait([task])
        build = find(cloud, request)
    if build.status in RUNNING:  # planted, or cancelled before its first step: nobody works on it
        build.status = Status.CANCELLED
        build.finish_time.CopyFrom(cloud.now())
        cloud.store.put("builds", build.name, build)
    return build


SERVICE = "google.devtools.cloudbuild.v1.CloudBuild"
METHODS: dict[str, Handler] = {
    f"{SERVICE}/CreateBuild": create_build,
    f"{SERVICE}/GetBuild": get_build,
    f"{SERVICE}/ListBuilds": list_builds,
    f"{SERVICE}/CancelBuild": cancel_build,
}
PARTLY = {
    f"{SERVICE}/CreateBuild": (
        "docker build, tag and push are interpreted, RUN is not executed; other steps are processes of this machine "
        "without their image, and gcloud, kubectl, gsutil and terraform are refused in them; no volumes, secrets, "
        "private pools or approval; sources are git and Cloud Storage"
    ),
}
