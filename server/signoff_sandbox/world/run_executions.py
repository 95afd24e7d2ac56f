"""Executions of jobs: started, cancelled, deleted, and what becomes of them.

The words of the conditions are those that `gcloud run jobs executions describe` shows.
"""

from __future__ import annotations

import asyncio
import traceback
from typing import Any

import grpc
from google.cloud.run_v2.types import ExecutionReference

from signoff_sandbox.world import operations, run_tasks
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.errors import ApiError, aborted, failed_precondition, not_found
from signoff_sandbox.world.planted import strike
from signoff_sandbox.world.run_conditions import (
    Common,
    Failure,
    OfExecution,
    State,
    find,
    set_condition,
    took,
)
from signoff_sandbox.world.run_execution_making import made_from, new_etag
from signoff_sandbox.world.run_names import place_of, short
from signoff_sandbox.world.run_prerequisites import lacks

Outcome = ExecutionReference.CompletionStatus
#: An execution that goes on beside the requests; its result says why it failed, None if it did not.
Work = asyncio.Task[Failure | None]


def start(cloud: Cloud, job: Any, overrides: Any, *, validate_only: bool = False) -> Any:
    """Begin an execution of the job; the operation, whose response is the completed execution.

    Like with Google, the operation of an execution that fails ends with an error in the words of its condition, and
    that of one that was cancelled with the execution.
    """
    place = place_of(job.name)
    if validate_only:
        execution = made_from(cloud, job, overrides)
        return operations.finished(cloud, place, execution, execution)
    execution, work = begin(cloud, job, overrides)
    return operations.start(cloud, place, execution, completed(cloud, execution.name, work))


def begin(cloud: Cloud, job: Any, overrides: Any, *, suffix: str = "") -> tuple[Any, Work]:
    """Create an execution, named `JOB-SUFFIX` if a suffix is given, and let it run; answers it as it was created."""
    execution = made_from(cloud, job, overrides, suffix)
    cloud.store.put("executions", execution.name, execution)
    job.execution_count += 1
    _refer(job, execution, Outcome.EXECUTION_RUNNING)
    cloud.store.put("jobs", job.name, job)
    work = cloud.spawn(_carry_out(cloud, execution.name))
    cloud.machine.executions[execution.name] = work
    work.add_done_callback(lambda _: cloud.machine.executions.pop(execution.name, None))
    return execution, work


async def _carry_out(cloud: Cloud, name: str) -> Failure | None:
    """Run the tasks and note the end. What is cancelled ends as cancelled, whoever cancelled it."""
    try:
        await cloud.pace.sleep(cloud.settings.reconcile_seconds)
        try:
            await strike(cloud, f"sandbox.Execution/{short(job_of(name))}")
            failure = await _import(cloud, name)
            if failure is None:
                failure = await run_tasks.run_all(cloud, name)
        except ApiError as planted:
            failure = Failure(planted.message, planted.code, reason=Common.INTERNAL)
        except Exception as bug:  # whoever waits must learn of it: an execution that never ends tells nothing
            traceback.print_exc()
            failure = Failure(f"sandbox bug: {type(bug).__name__}: {bug}", grpc.StatusCode.INTERNAL)
        _complete(cloud, name, failure)
    except asyncio.CancelledError:
        _cancelled(cloud, name)
        raise
    return failure


async def _import(cloud: Cloud, name: str) -> Failure | None:
    """Get what the containers need; where something is not there, no task begins."""
    failure = lacks(cloud, job_of(name), _stored(cloud, name).template)
    execution = _stored(cloud, name)
    now = cloud.now()
    if failure is None:
        execution.start_time.CopyFrom(now)
        imported = f"Imported container image in {took(execution.create_time, now)}."
        for kind, text in (("ContainerReady", imported), ("ResourcesAvailable", "Provisioned imported containers.")):
            set_condition(execution.conditions, kind, State.CONDITION_SUCCEEDED, now, message=text)
    else:
        for kind in ("ContainerReady", "ResourcesAvailable"):
            failure.note(execution.conditions, kind, now)
    cloud.store.put("executions", name, execution)
    return failure


def _complete(cloud: Cloud, name: str, failure: Failure | None) -> None:
    execution = _stored(cloud, name)
    now = cloud.now()
    if failure is None:
        text = f"Execution completed successfully in {took(execution.create_time, now)}."
        set_condition(execution.conditions, "Completed", State.CONDITION_SUCCEEDED, now, message=text)
    else:
        failure.note(execution.conditions, "Completed", now)
    _finish(cloud, execution, Outcome.EXECUTION_FAILED if failure else Outcome.EXECUTION_SUCCEEDED)


def _cancelled(cloud: Cloud, name: str) -> None:
    """The tasks that ran were stopped; those that had not begun never will."""
    if cloud.store.get("executions", name) is None:
        return  # deleted while it ran
    run_tasks.abandon(cloud, name)
    execution = _stored(cloud, name)
    set_condition(
        execution.conditions,
        "Completed",
        State.CONDITION_FAILED,
        cloud.now(),
        message=run_tasks.CANCELLED,
        execution_reason=OfExecution.CANCELLED,
    )
    _finish(cloud, execution, Outcome.EXECUTION_CANCELLED)


def _finish(cloud: Cloud, execution: Any, outcome: int) -> None:
    now = cloud.now()
    execution.completion_time.CopyFrom(now)
    execution.update_time.CopyFrom(now)
    execution.reconciling = False
    execution.observed_generation = execution.generation
    execution.etag = new_etag()
    job: Any = cloud.store.get("jobs", job_of(execution.name))
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


def job_of(execution: str) -> str:
    """The full name of an execution's job."""
    return execution.partition("/executions/")[0]


def _stored(cloud: Cloud, name: str) -> Any:
    return cloud.store.get("executions", name)


def interrupt(cloud: Cloud, name: str, why: str) -> None:
    """End an execution that nobody carries out any more, if it is not complete."""
    if not is_complete(cloud, name):
        run_tasks.interrupt(cloud, name, why)
        _complete(cloud, name, Failure(why, grpc.StatusCode.ABORTED, reason=Common.INTERNAL))


def is_complete(cloud: Cloud, name: str) -> bool:
    execution = _stored(cloud, name)
    return execution is None or execution.HasField("completion_time")


async def started(cloud: Cloud, name: str) -> None:
    """Wait until a task of the execution runs, or none will."""

    def has_begun() -> bool:
        condition = None if is_complete(cloud, name) else find(_stored(cloud, name).conditions, "Started")
        return condition is None or condition.state == State.CONDITION_SUCCEEDED

    await cloud.store.wait_until(has_begun)


async def completed(cloud: Cloud, name: str, work: Work) -> Any:
    """The execution at its end. Raises ApiError if it failed, or is gone with its job."""
    await asyncio.wait([work])
    if not work.cancelled() and (failure := work.result()) is not None:
        raise failure.error()
    execution = _stored(cloud, name)
    if execution is None:
        raise not_found(name)
    return execution


async def cancel_execution(cloud: Cloud, request: Any) -> Any:
    execution = _named(cloud, request)
    if is_complete(cloud, request.name):
        raise failed_precondition(f"Execution '{short(request.name)}' cannot be cancelled because it is not running.")
    if request.validate_only:
        return operations.finished(cloud, place_of(request.name), execution, execution)
    set_condition(
        execution.conditions,
        "Completed",
        State.CONDITION_RECONCILING,
        cloud.now(),
        message="Cancelling execution.",
        execution_reason=OfExecution.CANCELLING,
    )
    cloud.store.put("executions", request.name, execution)

    async def stop() -> Any:
        await _stop(cloud, request.name)
        return _stored(cloud, request.name)

    return operations.start(cloud, place_of(request.name), execution, stop())


async def _stop(cloud: Cloud, name: str) -> None:
    work = cloud.machine.executions.get(name)
    if work is not None:
        work.cancel()
        await asyncio.wait([work])
    if not is_complete(cloud, name):  # cancelled before its first step, or planted and run by nobody
        _cancelled(cloud, name)


async def delete_execution(cloud: Cloud, request: Any) -> Any:
    execution = _named(cloud, request)
    execution.delete_time.CopyFrom(cloud.now())
    if request.validate_only:
        return operations.finished(cloud, place_of(request.name), execution, execution)

    async def away() -> Any:
        await remove(cloud, execution)
        return execution

    return operations.start(cloud, place_of(request.name), execution, away())


async def remove(cloud: Cloud, execution: Any) -> None:
    """Stop an execution if it runs, and forget it with its tasks."""
    await _stop(cloud, execution.name)
    cloud.store.delete("executions", execution.name)
    for task in list(cloud.store.list("tasks", execution.name)):
        cloud.store.delete("tasks", task.name)  # type: ignore[attr-defined]


def _named(cloud: Cloud, request: Any) -> Any:
    execution = _stored(cloud, request.name)
    if execution is None:
        raise not_found(request.name)
    if request.etag and request.etag != execution.etag:
        raise aborted(request.name)
    return execution


METHODS: dict[str, Handler] = {
    "google.cloud.run.v2.Executions/CancelExecution": cancel_execution,
    "google.cloud.run.v2.Executions/DeleteExecution": delete_execution,
}
PARTLY: dict[str, str] = {
    "google.cloud.run.v2.Executions/DeleteExecution": "gone at once: nothing is kept for show_deleted",
}
