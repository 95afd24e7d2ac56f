"""A build is made of what somebody asks for: checked, completed, and given to the queue."""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Mapping
from typing import Any

from google.cloud.devtools.cloudbuild_v1.types import BuildOptions
from google.protobuf.duration_pb2 import Duration

from signoff_sandbox.world import build_log, build_queue, build_run, operations
from signoff_sandbox.world.build_substitutions import substitute
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import invalid_argument
from signoff_sandbox.world.identities import default_service_account
from signoff_sandbox.world.projects import number_of
from signoff_sandbox.world.run_names import location_of
from signoff_sandbox.world.store import copy_of

TIMEOUT, QUEUE_TTL = Duration(seconds=3600), Duration(seconds=3600)
#: What only the platform writes; whatever a request says about it does not count.
OUTPUT = (
    *("status", "status_detail", "failure_info", "results", "create_time", "start_time", "finish_time"),
    *("source_provenance", "timing", "approval", "log_url", "warnings"),
)
OUTPUT_OF_STEP = ("status", "timing", "pull_timing", "exit_code")
_IMAGE = re.compile(
    r"[a-z0-9]+(?:[._-][a-z0-9]+)*(?::\d+)?(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?"
    r"(?:@sha256:[0-9a-f]{64})?"
)


def start(
    cloud: Cloud,
    parent: str,
    wanted: Any,
    *,
    trigger_id: str = "",
    built_in: Mapping[str, str] | None = None,
    approval_required: bool = False,
) -> Any:
    """Begin a build and return its operation. `built_in` are substitutions that a trigger knows."""
    build = _blank(cloud, parent, wanted)
    build.build_trigger_id = trigger_id
    if not build.steps:
        raise invalid_argument("generic::invalid_argument: invalid build: no build steps were specified", steps="none")
    _require_a_place_for_logs(build)
    _complete(build)
    known = {
        "PROJECT_ID": build.project_id,
        "PROJECT_NUMBER": number_of(build.project_id),
        "BUILD_ID": build.id,
        "LOCATION": location_of(parent),
        "SERVICE_ACCOUNT": build.service_account,
        "SERVICE_ACCOUNT_EMAIL": build.service_account.rpartition("/")[2],
    }
    substitute(build, {**known, **(built_in or {})}, of_trigger=bool(trigger_id))
    for key, value in (built_in or {}).items():
        if key not in build.substitutions:
            build.substitutions[key] = value
    images = list(dict.fromkeys([*build.images, *build.artifacts.images]))
    for image in images:
        if _IMAGE.fullmatch(image) is None:
            raise invalid_argument(
                f"generic::invalid_argument: invalid value for 'build.images': invalid image name \"{image}\"",
                images=f"invalid: {image}",
            )
    if images:  # Google answers both fields, whichever was filled
        build.images[:] = build.artifacts.images[:] = images
    return _enqueue(cloud, build, approval_required=approval_required)


def start_again(cloud: Cloud, build: Any) -> Any:
    """The same build once more under a new id, with its substitutions as they were made; its operation."""
    again = _blank(cloud, build.name.partition("/builds/")[0], build)
    return _enqueue(cloud, again, approval_required=False)


def work_on(cloud: Cloud, build: Any) -> Any:
    """Store a build and see to it; its operation."""
    _complete(build)
    cloud.store.put("builds", build.name, build)
    name = operation_name(build)
    work = build_run.carry_out(cloud, build.name, name)
    return operations.start(cloud, build.name.partition("/builds/")[0], build_run.metadata(build), work, name=name)


def operation_name(build: Any) -> str:
    """Operations of a region are named like those of other services; the global ones are older."""
    if location_of(build.name) != "global":
        return f"{build.name.partition('/builds/')[0]}/operations/{build.id}"
    return f"operations/build/{build.project_id}/{base64.b64encode(build.id.encode()).decode()}"


def _blank(cloud: Cloud, parent: str, wanted: Any) -> Any:
    """A copy with a name of its own and without anything that only the platform writes."""
    build: Any = copy_of(wanted)
    for field in OUTPUT:
        build.ClearField(field)
    for step in build.steps:
        for field in OUTPUT_OF_STEP:
            step.ClearField(field)
    build.name = ""
    while not build.name or cloud.store.get("builds", build.name) is not None:  # chance begins anew with each start
        build.id = str(uuid.UUID(int=cloud.machine.names.getrandbits(128), version=4))
        build.name = f"{parent}/builds/{build.id}"
    build.project_id = parent.split("/")[1]
    return build


def _enqueue(cloud: Cloud, build: Any, *, approval_required: bool) -> Any:
    location = location_of(build.name)
    region = "" if location == "global" else f";region={location}"
    build.log_url = (
        f"https://console.cloud.google.com/cloud-build/builds{region}/{build.id}?project={number_of(build.project_id)}"
    )
    build_queue.begin(cloud, build, approval_required=approval_required)
    return work_on(cloud, build)


def _complete(build: Any) -> None:
    """The defaults that Google fills in and answers."""
    project = build.project_id
    build.service_account = (
        build.service_account or f"projects/{project}/serviceAccounts/{default_service_account(project)}"
    )
    if not build.timeout.ToTimedelta():
        build.timeout.CopyFrom(TIMEOUT)
    if not build.queue_ttl.ToTimedelta():
        build.queue_ttl.CopyFrom(QUEUE_TTL)
    build.options.logging = build.options.logging or BuildOptions.LoggingMode.LEGACY
    if not build.logs_bucket and build.options.logging in build_log.TO_BUCKET:
        build.logs_bucket = f"gs://{number_of(project)}.cloudbuild-logs.googleusercontent.com"


def _require_a_place_for_logs(build: Any) -> None:
    """A build that names its service account must say where its log goes.

    https://cloud.google.com/build/docs/securing-builds/configure-user-specified-service-accounts
    """
    options = build.options
    undecided = not build.logs_bucket and not options.default_logs_bucket_behavior and options.logging in build_log.BOTH
    if build.service_account and undecided:
        raise invalid_argument(
            "generic::invalid_argument: if 'build.service_account' is specified, the build must either (a) specify "
            "'build.logs_bucket', (b) use the REGIONAL_USER_OWNED_BUCKET build.options.default_logs_bucket_behavior "
            "option, or (c) use either CLOUD_LOGGING_ONLY / NONE logging options",
            service_account="needs a place for logs",
        )
