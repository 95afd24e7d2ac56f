"""Jobs of Cloud Run v2: create, update, delete, run."""

from __future__ import annotations

import uuid
from typing import Any

from google.api.launch_stage_pb2 import LaunchStage
from google.cloud.run_v2.types import Job

from signoff_sandbox.world import identities, operations, run_executions, run_job_reconciler
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.errors import aborted, already_exists, invalid_argument, not_found
from signoff_sandbox.world.run_conditions import State, set_terminal
from signoff_sandbox.world.run_execution_making import complete, require_bounds
from signoff_sandbox.world.run_names import place_of, project_of, require_id, short
from signoff_sandbox.world.run_written import clear, keep_output, refuse_reserved_keys, without
from signoff_sandbox.world.store import copy_of

MOST_RETRIES = 10
ONE_CONTAINER = "of several containers the first one runs; limits of CPU and memory do not bind"
KEPT = "VPC access, GPUs, encryption and volumes other than secrets are kept, not used"
OUTPUT = (
    "uid",
    "generation",
    "create_time",
    "update_time",
    "delete_time",
    "expire_time",
    "creator",
    "last_modifier",
    "observed_generation",
    "terminal_condition",
    "conditions",
    "execution_count",
    "latest_created_execution",
    "reconciling",
    "satisfies_pzs",
    "etag",
)
#: Whoever changes nothing but these makes no new generation.
DESCRIPTIVE = ("client", "client_version", "launch_stage")


async def create_job(cloud: Cloud, request: Any) -> Any:
    refuse_reserved_keys("job", request.job, Job.pb()())
    return create(cloud, request.parent, request.job_id, request.job, validate_only=request.validate_only)


def create(cloud: Cloud, parent: str, job_id: str, wanted: Any, *, validate_only: bool = False) -> Any:
    """Create a job, whatever its labels; the operation. `wanted` is a v2 Job without a name."""
    require_id(job_id, "job_id", 63)
    name = f"{parent}/jobs/{job_id}"
    if cloud.store.get("jobs", name) is not None:
        raise already_exists(name)
    job = copy_of(wanted)
    clear(job, OUTPUT)
    job.name = name
    job.uid = str(uuid.uuid4())
    job.create_time.CopyFrom(cloud.now())
    job.creator = identities.current(cloud)
    return _write(cloud, job, None, validate_only=validate_only)


async def update_job(cloud: Cloud, request: Any) -> Any:
    current = cloud.store.get("jobs", request.job.name)
    refuse_reserved_keys("job", request.job, current or Job.pb()())
    if current is None and request.allow_missing:
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
    keep_output(job, current, OUTPUT)
    return _write(cloud, job, current, validate_only=validate_only)


async def delete_job(cloud: Cloud, request: Any) -> Any:
    """What runs is stopped and goes away with its job."""
    job: Any = cloud.store.get("jobs", request.name)
    if job is None:
        raise not_found(request.name)
    if request.etag and request.etag != job.etag:
        raise aborted(request.name)
    job.delete_time.CopyFrom(cloud.now())
    if request.validate_only:
        return operations.finished(cloud, place_of(request.name), job, job)
    cloud.store.delete("jobs", request.name)
    cloud.iam_policies.pop(request.name, None)
    executions = cloud.store.list("executions", request.name)

    async def remove() -> Any:
        for execution in executions:
            await run_executions.remove(cloud, execution)
        return job

    return operations.start(cloud, place_of(request.name), job, remove())


async def run_job(cloud: Cloud, request: Any) -> Any:
    """Start an execution; the operation is done when that is completed, whatever its outcome."""
    job: Any = cloud.store.get("jobs", request.name)
    if job is None:
        raise not_found(request.name)
    if request.etag and request.etag != job.etag:
        raise aborted(request.name)
    return run_executions.start(cloud, job, request.overrides, validate_only=request.validate_only)


def _write(cloud: Cloud, job: Any, current: Any | None, *, validate_only: bool) -> Any:
    """Store the new desired state and begin to reconcile it; an execution token that is new starts an execution."""
    place = place_of(job.name)
    _complete(job)
    _require_valid(job)
    if validate_only:
        return operations.finished(cloud, place, job, job)
    now = cloud.now()
    job.update_time.CopyFrom(now)
    job.last_modifier = identities.current(cloud)
    job.etag = f'"{uuid.uuid4().hex[:16]}"'
    if current is not None and without(job, *OUTPUT, *DESCRIPTIVE) == without(current, *OUTPUT, *DESCRIPTIVE):
        cloud.store.put("jobs", job.name, job)
        return operations.finished(cloud, place, job, job)
    job.generation += 1
    job.reconciling = True
    set_terminal(job, "Ready", State.CONDITION_RECONCILING, now)
    cloud.store.put("jobs", job.name, job)
    renewed = current is None or _token(job) != _token(current)
    work = run_job_reconciler.reconcile(cloud, job.name, job.generation, _token(job) if renewed else ("", ""))
    return operations.start(cloud, place, job, work)


def _token(job: Any) -> tuple[str, str]:
    """Which of the two tokens is set, and its value."""
    kind = job.WhichOneof("create_execution") or ""
    return kind, getattr(job, kind) if kind else ""


def _complete(job: Any) -> None:
    """The defaults that Google fills in."""
    job.launch_stage = job.launch_stage or LaunchStage.GA
    job.template.task_count = job.template.task_count or 1
    complete(job.template.template, project_of(job.name))


def _require_valid(job: Any) -> None:
    """https://cloud.google.com/run/quotas, https://cloud.google.com/run/docs/configuring/task-timeout"""
    task = job.template.template
    if not task.containers or not task.containers[0].image:
        raise invalid_argument(
            "template.template.containers: at least one container with an image is required.", template="no container"
        )
    require_bounds(job.template.task_count, task.timeout)
    if job.template.parallelism < 0:
        raise invalid_argument("template.parallelism must not be negative.", **{"template.parallelism": "negative"})
    if not 0 <= task.max_retries <= MOST_RETRIES:
        raise invalid_argument(f"template.template.max_retries must be between 0 and {MOST_RETRIES}.", template="max")
    token = _token(job)[1]
    if token and len(short(job.name)) + len(token) >= 63:
        raise invalid_argument("The job's name and its execution token must be shorter than 63 characters together.")


METHODS: dict[str, Handler] = {
    "google.cloud.run.v2.Jobs/CreateJob": create_job,
    "google.cloud.run.v2.Jobs/UpdateJob": update_job,
    "google.cloud.run.v2.Jobs/DeleteJob": delete_job,
    "google.cloud.run.v2.Jobs/RunJob": run_job,
}
PARTLY: dict[str, str] = {
    "google.cloud.run.v2.Jobs/CreateJob": KEPT,
    "google.cloud.run.v2.Jobs/UpdateJob": KEPT,
    "google.cloud.run.v2.Jobs/DeleteJob": "gone at once: nothing is kept for show_deleted",
    "google.cloud.run.v2.Jobs/RunJob": ONE_CONTAINER,
}
