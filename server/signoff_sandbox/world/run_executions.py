"""Executions of jobs: started, cancelled, deleted, and what becomes of them."""

from __future__ import annotations

import asyncio
import traceback
import uuid
from typing import Any

import grpc
from google.cloud.run_v2.types import Execution, ExecutionReference

from signoff_sandbox.world import operations, run_tasks
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.errors import ApiError, aborted, failed_precondition, not_found
from signoff_sandbox.world.identities import current
from signoff_sandbox.world.image_refs import resolve
from signoff_sandbox.world.planted import strike
from signoff_sandbox.world.run_conditions import OfExecution, State, find, set_condition
from signoff_sandbox.world.run_names import place_of, short
from signoff_sandbox.world.run_tasks import Counts

Outcome = ExecutionReference.CompletionStatus


def start(cloud: Cloud, job: Any, overrides: Any, *, validate_only: bool = False) -> Any:
    """Begin an execution of the job; the operation, whose response is the completed execution.

    Like with Google, the operation of an execution that fails ends with an error in the words of its condition.
    """
    execution = _made_from(cloud, job, overrides)
    place = place_of(job.name)
    if validate_only:
        return operations.finished(cloud, place, execution, execution)
    cloud.store.put("executions", execution.name, execution)
    job.execution_count += 1
    _refer(job, execution, Outcome.EXECUTION_RUNNING)
    cloud.store.put("jobs", job.name, job)
    work = cloud.spawn(_carry_out(cloud, execution.name))
    cloud.machine.executions[execution.name] = work
    work.add_done_callback(lambda _: cloud.machine.executions.pop(execution.name, None))
    return operations.start(cloud, place, execution, _wait(cloud, execution.name))


def _made_from(cloud: Cloud, job: Any, overrides: Any) -> Any:
    """The execution as it is created: images become digests here, and overrides hold for this one only."""
    template = job.template
    now = cloud.now()
    execution = Execution.pb()(
        name=f"{job.name}/executions/{short(job.name)}-{cloud.machine.suffix(5)}",
        uid=str(uuid.uuid4()),
        creator=current(cloud),
        generation=1,
        labels=template.labels,
        annotations=template.annotations,
        create_time=now,
        update_time=now,
        launch_stage=job.launch_stage,
        job=short(job.name),
        task_count=overrides.task_count or template.task_count or 1,
        template=template.template,
        reconciling=True,
        etag=f'"{uuid.uuid4().hex[:16]}"',
    )
    execution.parallelism = template.parallelism or execution.task_count
    execution.log_uri = f"https://console.cloud.google.com/logs/viewer?resource=cloud_run_job/{short(execution.name)}"
    if overrides.HasField("timeout"):
        execution.template.timeout.CopyFrom(overrides.timeout)
    for container in execution.template.containers:
        container.image = resolve(cloud, container.image) or container.image
    for wanted in overrides.container_overrides:
        containers = execution.template.containers
        container = next((known for known in containers if known.name == wanted.name), containers[0])
        if wanted.args or wanted.clear_args:
            container.args[:] = wanted.args
        for variable in wanted.env:
            known = next((one for one in container.env if one.name == variable.name), None)
            (known if known is not None else container.env.add()).CopyFrom(variable)
    for kind in ("ResourcesAvailable", "Started", "Completed"):
        set_condition(execution.conditions, kind, State.CONDITION_RECONCILING, now)
    return execution


async def _carry_out(cloud: Cloud, name: str) -> None:
    """Run the tasks and note the end. What is cancelled ends as cancelled, whoever cancelled it."""
    try:
        await asyncio.sleep(cloud.settings.reconcile_seconds)
        message = ""
        try:
            await strike(cloud, f"sandbox.Reconciler/{short(name.partition('/executions/')[0])}")
            _begin(cloud, name)
            counts = await run_tasks.run_all(cloud, name)
        except ApiError as planted:
            counts, message = Counts(), planted.message
        except Exception as bug:  # whoever waits must learn of it: an execution that never ends tells nothing
            traceback.print_exc()
            counts, message = Counts(), f"sandbox bug: {type(bug).__name__}: {bug}"
        _complete(cloud, name, counts, message)
    except asyncio.CancelledError:
        _cancelled(cloud, name)
        raise


def _begin(cloud: Cloud, name: str) -> None:
    execution: Any = cloud.store.get("executions", name)
    now = cloud.now()
    execution.start_time.CopyFrom(now)
    for kind in ("ResourcesAvailable", "Started"):
        set_condition(execution.conditions, kind, State.CONDITION_SUCCEEDED, now)
    cloud.store.put("executions", name, execution)


def _complete(cloud: Cloud, name: str, counts: Counts, message: str) -> None:
    message = message or counts.first_failure
    execution: Any = cloud.store.get("executions", name)
    reason = OfExecution.NON_ZERO_EXIT_CODE if counts.exited else None
    state = State.CONDITION_FAILED if message else State.CONDITION_SUCCEEDED
    set_condition(execution.conditions, "Completed", state, cloud.now(), message=message, execution_reason=reason)
    _finish(cloud, execution, Outcome.EXECUTION_FAILED if message else Outcome.EXECUTION_SUCCEEDED)


def _cancelled(cloud: Cloud, name: str) -> None:
    execution: Any = cloud.store.get("executions", name)
    if execution is None:
        return  # deleted while it ran
    open_tasks = execution.task_count - execution.succeeded_count - execution.failed_count
    execution.cancelled_count, execution.running_count = open_tasks, 0
    set_condition(
        execution.conditions,
        "Completed",
        State.CONDITION_FAILED,
        cloud.now(),
        message=f"Execution {short(name)} was cancelled.",
        execution_reason=OfExecution.CANCELLED,
    )
    _finish(cloud, execution, Outcome.EXECUTION_CANCELLED)


def _finish(cloud: Cloud, execution: Any, outcome: int) -> None:
    now = cloud.now()
    execution.completion_time.CopyFrom(now)
    execution.update_time.CopyFrom(now)
    execution.reconciling = False
    execution.observed_generation = execution.generation
    execution.etag = f'"{uuid.uuid4().hex[:16]}"'
    job: Any = cloud.store.get("jobs", execution.name.partition("/executions/")[0])
    if job is not None and job.latest_created_execution.name == short(execution.name):
        _refer(job, execution, outcome)
        cloud.store.put("jobs", job.name, job)
    cloud.store.put("executions", execution.name, execution)


def _refer(job: Any, execution: Any, outcome: int) -> None:
    """Make the execution the one that its job calls the latest."""
    reference = ExecutionReference.pb()(
        name=short(execution.name), create_time=execution.create_time, completion_status=outcome
    )
    if execution.HasField("completion_time"):
        reference.completion_time.CopyFrom(execution.completion_time)
    job.latest_created_execution.CopyFrom(reference)


def is_complete(cloud: Cloud, name: str) -> bool:
    execution: Any = cloud.store.get("executions", name)
    return execution is None or execution.HasField("completion_time")


async def _wait(cloud: Cloud, name: str) -> Any:
    await cloud.store.wait_until(lambda: is_complete(cloud, name))
    execution: Any = cloud.store.get("executions", name)
    if execution is None:
        raise not_found(name)
    completed = find(execution.conditions, "Completed")
    if completed is not None and completed.state == State.CONDITION_FAILED:
        raise ApiError(grpc.StatusCode.UNKNOWN, completed.message)
    return execution


async def cancel_execution(cloud: Cloud, request: Any) -> Any:
    execution = _named(cloud, request)
    if is_complete(cloud, request.name):
        raise failed_precondition(f"Execution '{short(request.name)}' is already completed and cannot be cancelled.")
    if request.validate_only:
        return operations.finished(cloud, place_of(request.name), execution, execution)

    async def stop() -> Any:
        await _stop(cloud, request.name)
        return cloud.store.get("executions", request.name)

    return operations.start(cloud, place_of(request.name), execution, stop())


async def _stop(cloud: Cloud, name: str) -> None:
    work = cloud.machine.executions.get(name)
    if work is None:  # planted: nobody runs it
        if not is_complete(cloud, name):
            _cancelled(cloud, name)
        return
    work.cancel()
    await asyncio.wait([work])
    if not is_complete(cloud, name):  # cancelled before its first step
        _cancelled(cloud, name)


async def delete_execution(cloud: Cloud, request: Any) -> Any:
    execution = _named(cloud, request)
    if not request.validate_only:
        await remove(cloud, execution)
    execution.delete_time.CopyFrom(cloud.now())
    return operations.finished(cloud, place_of(request.name), execution, execution)


async def remove(cloud: Cloud, execution: Any) -> None:
    """Stop an execution if it runs, and forget it with its tasks."""
    await _stop(cloud, execution.name)
    cloud.store.delete("executions", execution.name)
    for task in list(cloud.store.list("tasks", execution.name)):
        cloud.store.delete("tasks", task.name)  # type: ignore[attr-defined]


def _named(cloud: Cloud, request: Any) -> Any:
    execution: Any = cloud.store.get("executions", request.name)
    if execution is None:
        raise not_found(request.name)
    if request.etag and request.etag != execution.etag:
        raise aborted(request.name)
    return execution


METHODS: dict[str, Handler] = {
    "google.cloud.run.v2.Executions/CancelExecution": cancel_execution,
    "google.cloud.run.v2.Executions/DeleteExecution": delete_execution,
}
