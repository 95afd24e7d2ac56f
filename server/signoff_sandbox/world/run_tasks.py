"""Tasks of an execution: each tried until it succeeds, its retries are used up, or the execution is cancelled."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import grpc
from google.cloud.run_v2.types import Task

from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.run_attempts import Attempt, attempt
from signoff_sandbox.world.run_conditions import Failure, OfExecution, State, set_condition, took
from signoff_sandbox.world.run_execution_making import log_uri, new_etag
from signoff_sandbox.world.run_names import short

CANCELLED = "Cancelled by user."


async def run_all(cloud: Cloud, execution_name: str) -> Failure | None:
    """Run every task, `parallelism` at a time; one that fails does not stop the others. The first failure, or None."""
    execution: Any = cloud.store.get("executions", execution_name)
    failures: list[Failure] = []
    slots = asyncio.Semaphore(execution.parallelism)
    tasks = [_new_task(cloud, execution, index) for index in range(execution.task_count)]

    async def one(name: str) -> None:
        async with slots:
            failure = await _run(cloud, execution_name, name)
            if failure is not None:
                failures.append(failure)

    async with asyncio.TaskGroup() as group:
        for name in tasks:
            group.create_task(one(name))
    return failures[0] if failures else None


def _new_task(cloud: Cloud, execution: Any, index: int) -> str:
    template = execution.template
    now = cloud.now()
    job = execution.name.partition("/executions/")[0]
    labels = {"run.googleapis.com/execution_name": short(execution.name), "run.googleapis.com/task_index": str(index)}
    task = Task.pb()(
        name=f"{execution.name}/tasks/{short(execution.name)}-task{index}",
        uid=str(uuid.uuid4()),
        generation=1,
        labels=execution.labels,
        annotations=execution.annotations,
        create_time=now,
        scheduled_time=now,
        update_time=now,
        job=execution.job,
        execution=short(execution.name),
        containers=template.containers,
        volumes=template.volumes,
        max_retries=template.max_retries,
        timeout=template.timeout,
        service_account=template.service_account,
        execution_environment=template.execution_environment,
        reconciling=True,
        index=index,
        log_uri=log_uri(job, labels),
        etag=new_etag(),
    )
    for kind in ("Completed", "Started"):
        set_condition(task.conditions, kind, State.CONDITION_RECONCILING, now)
    cloud.store.put("tasks", task.name, task)
    return str(task.name)


async def _run(cloud: Cloud, execution_name: str, name: str) -> Failure | None:
    """One task to its end; why it failed, or None."""
    task: Any = cloud.store.get("tasks", name)
    now = cloud.now()
    task.start_time.CopyFrom(now)
    set_condition(task.conditions, "Started", State.CONDITION_SUCCEEDED, now)
    cloud.store.put("tasks", name, task)
    _count(cloud, execution_name, running_count=1)
    _note_start(cloud, execution_name)
    outcome = Attempt("not run")
    try:
        for number in range(task.max_retries + 1):
            if number:
                task.retried = number
                _count(cloud, execution_name, retried_count=1 if number == 1 else 0)
            outcome = await attempt(cloud, execution_name, task, number)
            _note_result(task, outcome)
            cloud.store.put("tasks", name, task)
            if not outcome.message:
                break
    except asyncio.CancelledError:
        _note_result(task, Attempt(CANCELLED, code=grpc.StatusCode.CANCELLED))
        _end(cloud, task, CANCELLED, OfExecution.CANCELLED)
        _count(cloud, execution_name, running_count=-1, cancelled_count=1)
        raise
    reason = OfExecution.NON_ZERO_EXIT_CODE if outcome.exit_code else None
    _end(cloud, task, outcome.message, reason)
    _count(cloud, execution_name, running_count=-1, **{"failed_count" if outcome.message else "succeeded_count": 1})
    if not outcome.message:
        return None
    text = f"Task {short(name)} failed with exit code: {outcome.exit_code} and message: {outcome.message}"
    return Failure(text, outcome.code, execution_reason=reason)


def interrupt(cloud: Cloud, execution_name: str, why: str) -> None:
    """The tasks of an execution that nobody carries out any more are over; those that ran have failed."""
    execution: Any = cloud.store.get("executions", execution_name)
    _count(cloud, execution_name, failed_count=execution.running_count, running_count=-execution.running_count)
    for item in cloud.store.list("tasks", execution_name):
        task: Any = item
        if not task.HasField("completion_time"):
            _end(cloud, task, why, None)


def abandon(cloud: Cloud, execution_name: str) -> None:
    """The tasks of a cancelled execution that had not begun are over; they count as nothing."""
    for item in cloud.store.list("tasks", execution_name):
        task: Any = item
        if not task.HasField("completion_time"):
            _end(cloud, task, CANCELLED, OfExecution.CANCELLED)


def _count(cloud: Cloud, execution_name: str, **changes: int) -> None:
    """Add to the counts of the execution, all of which count tasks."""
    execution: Any = cloud.store.get("executions", execution_name)
    if execution is None:
        return  # deleted while the task was being stopped
    for field, change in changes.items():
        setattr(execution, field, getattr(execution, field) + change)
    cloud.store.put("executions", execution_name, execution)


def _note_start(cloud: Cloud, execution_name: str) -> None:
    """The execution has started with its first task."""
    execution: Any = cloud.store.get("executions", execution_name)
    now = cloud.now()
    started = f"Started deployed execution in {took(execution.create_time, now)}."
    if not any(one.type_ == "Started" and one.state == State.CONDITION_SUCCEEDED for one in execution.conditions):
        set_condition(execution.conditions, "Started", State.CONDITION_SUCCEEDED, now, message=started)
        cloud.store.put("executions", execution_name, execution)


def _note_result(task: Any, outcome: Attempt) -> None:
    result = task.last_attempt_result
    result.exit_code, result.term_signal = outcome.exit_code, outcome.signal
    result.status.code = outcome.code.value[0]
    result.status.message = outcome.message


def _end(cloud: Cloud, task: Any, message: str, reason: int | None) -> None:
    state = State.CONDITION_FAILED if message else State.CONDITION_SUCCEEDED
    now = cloud.now()
    set_condition(task.conditions, "Completed", state, now, message=message, execution_reason=reason)
    task.completion_time.CopyFrom(now)
    task.update_time.CopyFrom(now)
    task.reconciling = False
    task.observed_generation = task.generation
    if cloud.store.get("tasks", task.name) is not None:  # its execution may have been deleted
        cloud.store.put("tasks", task.name, task)
