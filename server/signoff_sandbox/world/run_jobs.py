"""Jobs of Cloud Run v2: create, update, delete, run."""

from __future__ import annotations

import uuid
from typing import Any

from google.protobuf.duration_pb2 import Duration

from signoff_sandbox.world import operations, run_executions
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.errors import aborted, already_exists, invalid_argument, not_found
from signoff_sandbox.world.run_conditions import State, set_condition, settle
from signoff_sandbox.world.run_names import place_of, refuse_reserved, require_id
from signoff_sandbox.world.store import copy_of

DEFAULT_RETRIES = 3
DEFAULT_TIMEOUT = Duration(seconds=600)
OUTPUT = (
    "uid",
    "generation",
    "create_time",
    "delete_time",
    "expire_time",
    "creator",
    "observed_generation",
    "terminal_condition",
    "conditions",
    "execution_count",
    "latest_created_execution",
    "reconciling",
    "satisfies_pzs",
    "etag",
)


async def create_job(cloud: Cloud, request: Any) -> Any:
    _refuse_reserved(request.job)
    return create(cloud, request.parent, request.job_id, request.job, validate_only=request.validate_only)


def create(cloud: Cloud, parent: str, job_id: str, wanted: Any, *, validate_only: bool = False) -> Any:
    """Create a job, whatever its labels; the operation. `wanted` is a v2 Job without a name."""
    require_id(job_id, "job_id", 63)
    name = f"{parent}/jobs/{job_id}"
    if cloud.store.get("jobs", name) is not None:
        raise already_exists(name)
    job = copy_of(wanted)
    for field in OUTPUT:
        job.ClearField(field)
    job.name = name
    job.uid = str(uuid.uuid4())
    job.create_time.CopyFrom(cloud.now())
    job.creator = cloud.settings.identity
    _complete(job)
    return _write(cloud, job, validate_only=validate_only)


async def update_job(cloud: Cloud, request: Any) -> Any:
    _refuse_reserved(request.job)
    if cloud.store.get("jobs", request.job.name) is None and request.allow_missing:
        parent, _, job_id = request.job.name.rpartition("/jobs/")
        return create(cloud, parent, job_id, request.job, validate_only=request.validate_only)
    return update(cloud, request.job, validate_only=request.validate_only)


def update(cloud: Cloud, wanted: Any, *, validate_only: bool = False) -> Any:
    """Replace a job, whatever its labels; the operation. There is no mask; executions keep what they were made from."""
    current: Any = cloud.store.get("jobs", wanted.name)
    if current is None:
        raise not_found(wanted.name)
    if wanted.etag and wanted.etag != current.etag:
        raise aborted(wanted.name)
    job = copy_of(wanted)
    for field in OUTPUT:
        job.ClearField(field)
    keep = type(job)()
    keep.CopyFrom(current)
    for descriptor in current.DESCRIPTOR.fields:
        if descriptor.name not in OUTPUT:
            keep.ClearField(descriptor.name)
    job.MergeFrom(keep)
    _complete(job)
    return _write(cloud, job, validate_only=validate_only)


async def delete_job(cloud: Cloud, request: Any) -> Any:
    job: Any = cloud.store.get("jobs", request.name)
    if job is None:
        raise not_found(request.name)
    if request.etag and request.etag != job.etag:
        raise aborted(request.name)
    job.delete_time.CopyFrom(cloud.now())
    if not request.validate_only:
        cloud.store.delete("jobs", request.name)
        for execution in cloud.store.list("executions", request.name):
            await run_executions.remove(cloud, execution)
    return operations.finished(cloud, place_of(request.name), job, job)


async def run_job(cloud: Cloud, request: Any) -> Any:
    """Start an execution; the operation is done when that is completed, whatever its outcome."""
    job: Any = cloud.store.get("jobs", request.name)
    if job is None:
        raise not_found(request.name)
    if request.etag and request.etag != job.etag:
        raise aborted(request.name)
    return run_executions.start(cloud, job, request.overrides, validate_only=request.validate_only)


def _write(cloud: Cloud, job: Any, *, validate_only: bool) -> Any:
    """A job has nothing to reconcile but its description: it is ready at once."""
    place = place_of(job.name)
    _require_valid(job)
    if not validate_only:
        now = cloud.now()
        job.generation += 1
        job.observed_generation = job.generation
        job.update_time.CopyFrom(now)
        job.last_modifier = cloud.settings.identity
        job.etag = f'"{uuid.uuid4().hex[:16]}"'
        set_condition(job.conditions, "ResourcesAvailable", State.CONDITION_SUCCEEDED, now)
        settle(job, "Ready", parts=("ResourcesAvailable",), now=now)
        cloud.store.put("jobs", job.name, job)
    return operations.finished(cloud, place, job, job)


def _complete(job: Any) -> None:
    """The defaults that Google fills in. Zero retries is a wish where the field is set."""
    template = job.template
    template.task_count = template.task_count or 1
    if not template.template.HasField("max_retries"):
        template.template.max_retries = DEFAULT_RETRIES
    if not template.template.HasField("timeout"):
        template.template.timeout.CopyFrom(DEFAULT_TIMEOUT)
    for container in template.template.containers:
        for resource, amount in (("cpu", "1000m"), ("memory", "512Mi")):
            if resource not in container.resources.limits:
                container.resources.limits[resource] = amount


def _require_valid(job: Any) -> None:
    containers = job.template.template.containers
    if not containers or not containers[0].image:
        raise invalid_argument(
            "template.template.containers: at least one container with an image is required.", template="no container"
        )
    if not 0 <= job.template.template.max_retries <= 10:
        raise invalid_argument("template.template.max_retries must be between 0 and 10.", template="max_retries")


def _refuse_reserved(job: Any) -> None:
    refuse_reserved("job.labels", job.labels, job.annotations)
    refuse_reserved("job.template.labels", job.template.labels, job.template.annotations)


METHODS: dict[str, Handler] = {
    "google.cloud.run.v2.Jobs/CreateJob": create_job,
    "google.cloud.run.v2.Jobs/UpdateJob": update_job,
    "google.cloud.run.v2.Jobs/DeleteJob": delete_job,
    "google.cloud.run.v2.Jobs/RunJob": run_job,
}
