"""Tasks of an execution: processes with exit codes, retries and timeouts."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.cloud.run_v2.types import Task
from google.rpc import code_pb2

from signoff_sandbox.runtime.containers import NoCommand, program, unpack_image
from signoff_sandbox.world import run_logs
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.image_refs import digest_of
from signoff_sandbox.world.run_conditions import OfExecution, State, set_condition
from signoff_sandbox.world.run_environment import SecretUnreadable, environment_of
from signoff_sandbox.world.run_names import short

EXITED = "The container exited with an error."
TIMED_OUT = "The configured timeout was reached."


@dataclass
class Counts:
    """How the tasks ended. `exited`: a container ended with a code that is not 0."""

    first_failure: str = ""
    exited: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of a task's container; `message` is empty if it succeeded. A signal ends with code 0 and its number."""

    message: str
    exit_code: int = 0
    signal: int = 0


async def run_all(cloud: Cloud, execution_name: str) -> Counts:
    """Run every task, `parallelism` at a time; one that fails does not stop the others."""
    execution: Any = cloud.store.get("executions", execution_name)
    counts = Counts()
    slots = asyncio.Semaphore(execution.parallelism)
    tasks = [_new_task(cloud, execution, index) for index in range(execution.task_count)]

    async def one(name: str) -> None:
        async with slots:
            await _run(cloud, execution_name, name, counts)

    async with asyncio.TaskGroup() as group:
        for name in tasks:
            group.create_task(one(name))
    return counts


def _new_task(cloud: Cloud, execution: Any, index: int) -> str:
    template = execution.template
    now = cloud.now()
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
        log_uri=execution.log_uri,
        etag=f'"{uuid.uuid4().hex[:16]}"',
    )
    for kind in ("ResourcesAvailable", "Started", "Completed"):
        set_condition(task.conditions, kind, State.CONDITION_RECONCILING, now)
    cloud.store.put("tasks", task.name, task)
    return str(task.name)


def _count(cloud: Cloud, execution_name: str, **changes: int) -> None:
    """Add to the counts of the execution, all of which count tasks."""
    execution: Any = cloud.store.get("executions", execution_name)
    for field, change in changes.items():
        setattr(execution, field, getattr(execution, field) + change)
    cloud.store.put("executions", execution_name, execution)


async def _run(cloud: Cloud, execution_name: str, name: str, counts: Counts) -> None:
    task: Any = cloud.store.get("tasks", name)
    task.start_time.CopyFrom(cloud.now())
    for kind in ("ResourcesAvailable", "Started"):
        set_condition(task.conditions, kind, State.CONDITION_SUCCEEDED, cloud.now())
    cloud.store.put("tasks", name, task)
    _count(cloud, execution_name, running_count=1)
    try:
        attempt = Attempt("not run")
        for number in range(task.max_retries + 1):
            if number:
                task.retried = number
                _count(cloud, execution_name, retried_count=1 if number == 1 else 0)
            attempt = await _attempt(cloud, execution_name, task, number)
            task.last_attempt_result.exit_code = attempt.exit_code
            task.last_attempt_result.term_signal = attempt.signal
            task.last_attempt_result.status.code = code_pb2.UNKNOWN if attempt.message else code_pb2.OK
            task.last_attempt_result.status.message = attempt.message
            cloud.store.put("tasks", name, task)
            if not attempt.message:
                break
    except asyncio.CancelledError:
        _end(cloud, task, "The task was cancelled.", OfExecution.CANCELLED)
        raise
    reason = OfExecution.NON_ZERO_EXIT_CODE if attempt.exit_code else None
    _end(cloud, task, attempt.message, reason)
    if attempt.message:
        counts.first_failure = counts.first_failure or f"Task {short(name)} failed with message: {attempt.message}"
        counts.exited = counts.exited or attempt.exit_code != 0
    _count(cloud, execution_name, running_count=-1, **{"failed_count" if attempt.message else "succeeded_count": 1})


def _end(cloud: Cloud, task: Any, message: str, reason: int | None) -> None:
    state = State.CONDITION_FAILED if message else State.CONDITION_SUCCEEDED
    set_condition(task.conditions, "Completed", state, cloud.now(), message=message, execution_reason=reason)
    task.completion_time.CopyFrom(cloud.now())
    task.update_time.CopyFrom(cloud.now())
    task.reconciling = False
    task.observed_generation = task.generation
    if cloud.store.get("tasks", task.name) is not None:  # its execution may have been deleted
        cloud.store.put("tasks", task.name, task)


async def _attempt(cloud: Cloud, execution_name: str, task: Any, number: int) -> Attempt:
    """Run the first container once. More containers of a task are not modelled."""
    job = execution_name.partition("/executions/")[0]
    container = task.containers[0]
    labels = {
        "run.googleapis.com/execution_name": short(execution_name),
        "run.googleapis.com/task_index": str(task.index),
        "run.googleapis.com/task_attempt": str(number),
    }
    resource = run_logs.job_resource(job)
    image = cloud.machine.images.get(digest_of(cloud, container.image) or "")
    if image is None:
        return Attempt(f"Image '{container.image}' not found.")
    environment = {
        "CLOUD_RUN_JOB": short(job),
        "CLOUD_RUN_EXECUTION": short(execution_name),
        "CLOUD_RUN_TASK_INDEX": str(task.index),
        "CLOUD_RUN_TASK_ATTEMPT": str(number),
        "CLOUD_RUN_TASK_COUNT": str(cloud.store.get("executions", execution_name).task_count),  # type: ignore[union-attr]
    }
    folder = Path(tempfile.mkdtemp(prefix="task-", dir=cloud.machine.folder))
    try:
        root = await asyncio.to_thread(unpack_image, image, folder)
        what = program(
            image,
            root,
            command=container.command,
            arguments=container.args,
            workdir=container.working_dir,
            environment=await environment_of(cloud, job, container) | environment,
        )
        child = await cloud.machine.processes.start(
            what.argv,
            environment=what.environment,
            folder=what.folder,
            on_line=run_logs.output(cloud, resource, labels),
        )
        async with asyncio.timeout(task.timeout.ToTimedelta().total_seconds() or None):
            code = await child.finish(cloud.settings.instance_grace_seconds)
    except TimeoutError:
        run_logs.system(cloud, resource, TIMED_OUT, "ERROR", labels)
        return Attempt(TIMED_OUT)
    except (NoCommand, SecretUnreadable) as error:
        return Attempt(str(error))
    finally:
        await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))
    if code == 0:
        return Attempt("")
    run_logs.system(cloud, resource, f"Container called exit({code}).", "WARNING", labels)
    return Attempt(EXITED, exit_code=code) if code > 0 else Attempt(EXITED, signal=-code)
