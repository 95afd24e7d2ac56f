"""Cloud Build v1: builds are created, read, listed, cancelled, retried and approved."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from google.cloud.devtools.cloudbuild_v1.types import Build, DefaultServiceAccount, ListBuildsResponse
from google.longrunning.operations_pb2 import CancelOperationRequest

from signoff_sandbox.wire.paging import page
from signoff_sandbox.world import build_making, build_queue, build_run, operations
from signoff_sandbox.world.build_making import operation_name
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.errors import failed_precondition, invalid_argument, not_found
from signoff_sandbox.world.identities import default_service_account
from signoff_sandbox.world.logfilter import Dialect, FilterError, compiled

Status = Build.Status
RUNNING = (Status.PENDING, Status.QUEUED, Status.WORKING)
#: https://cloud.google.com/build/docs/view-build-results#filtering_build_results_using_queries
FILTERS = Dialect({"build_id": "id", "trigger_id": "build_trigger_id"}, exact=True)


def place(request: Any) -> str:
    """`projects/P/locations/L` of a request that names it as parent, or only a project."""
    return str(request.parent) or f"projects/{request.project_id}/locations/global"


async def create_build(cloud: Cloud, request: Any) -> Any:
    return build_making.start(cloud, place(request), request.build)


_IN_A_LOCATION = re.compile(r"projects/[^/]+/locations/[^/]+/")


def find(cloud: Cloud, request: Any) -> Any:
    """The build that a request names: by its full name, or by project and id in whatever location it is."""
    name = request.name
    if name and "/locations/" in name:
        found = cloud.store.get("builds", name)
        if found is None:
            raise not_found(name)
        return found
    # `projects/P/builds/ID`, as gcloud beta builds approve has it, or the two fields.
    if name.count("/") == 3:
        _, project, _, build_id = name.split("/")
    else:
        project, build_id = getattr(request, "project_id", ""), getattr(request, "id", "")
    for stored, build in cloud.store.items("builds"):
        if stored.startswith(f"projects/{project}/") and stored.endswith(f"/builds/{build_id}"):
            return build
    raise not_found(name or f"projects/{project}/builds/{build_id}")


async def get_build(cloud: Cloud, request: Any) -> Any:
    return find(cloud, request)


async def list_builds(cloud: Cloud, request: Any) -> Any:
    """Newest first. Without a location those of all locations come, as with Google's project-level list."""
    try:
        matches = compiled(request.filter, Build.pb(), FILTERS)
    except FilterError as error:
        raise invalid_argument(f"generic::invalid_argument: {error.said(request.filter)}", filter=str(error)) from error
    parent = request.parent or f"projects/{request.project_id}/locations/-"
    found: list[Any] = list(cloud.store.list("builds", parent))
    found.sort(key=lambda build: (build.create_time.seconds, build.create_time.nanos), reverse=True)
    response: Any = ListBuildsResponse.pb()()
    response.builds.extend(page(request, [build for build in found if matches(build)], response))
    return response


async def cancel_build(cloud: Cloud, request: Any) -> Any:
    build = find(cloud, request)
    if build.status not in RUNNING:
        raise _not_in_that_state("cancel", build)
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


async def retry_build(cloud: Cloud, request: Any) -> Any:
    """https://cloud.google.com/build/docs/api/reference/rest/v1/projects.builds/retry"""
    build = find(cloud, request)
    if build.status in RUNNING:
        raise _not_in_that_state("retry", build)
    return build_making.start_again(cloud, build)


async def approve_build(cloud: Cloud, request: Any) -> Any:
    """Approve or reject a build that waits for a person."""
    build = find(cloud, request)
    build_queue.decide(cloud, build, request.approval_result)
    name = operation_name(build)
    if name not in cloud.operation_tasks and build.status == Status.QUEUED:  # it waited in a state file
        return build_making.work_on(cloud, build)
    operations.set_metadata(cloud, name, build_run.metadata(build))
    return cloud.store.get(operations.COLLECTION, name)


async def get_default_service_account(cloud: Cloud, request: Any) -> Any:  # noqa: ARG001 - the shape of every handler
    """As whom a build works that names nobody."""
    if _IN_A_LOCATION.match(request.name) is None:
        raise invalid_argument(f"'{request.name}' is no projects/P/locations/L/defaultServiceAccount.", name="invalid")
    project = request.name.split("/")[1]
    account = f"projects/{project}/serviceAccounts/{default_service_account(project)}"
    return DefaultServiceAccount.pb()(name=request.name, service_account_email=account)


def _not_in_that_state(verb: str, build: Any) -> Exception:
    return failed_precondition(
        f"generic::failed_precondition: cannot {verb} build {build.id}: its status is {Status(build.status).name}"
    )


SERVICE = "google.devtools.cloudbuild.v1.CloudBuild"
METHODS: dict[str, Handler] = {
    f"{SERVICE}/CreateBuild": create_build,
    f"{SERVICE}/GetBuild": get_build,
    f"{SERVICE}/ListBuilds": list_builds,
    f"{SERVICE}/CancelBuild": cancel_build,
    f"{SERVICE}/RetryBuild": retry_build,
    f"{SERVICE}/ApproveBuild": approve_build,
    f"{SERVICE}/GetDefaultServiceAccount": get_default_service_account,
}
PARTLY: dict[str, str] = {
    f"{SERVICE}/CreateBuild": (
        "docker, kaniko and `gcloud run deploy` and its kin are interpreted, RUN is not executed; other steps are "
        "processes of this machine, one after the other, and fail if their image is not known; no volumes, private "
        "pools, KMS secrets or artifacts other than images"
    ),
    f"{SERVICE}/RetryBuild": "the configuration is that of the first build, not read again",
}
