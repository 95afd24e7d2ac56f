"""Executions: processes with exit codes, retries, timeouts and a way to be cancelled."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from google.api_core import exceptions
from google.cloud import run_v2

from support.cloudrun import IMAGE, Lab, lab
from support.jobs import JOB, begun, condition, counts, make, run

SUCCEEDED, FAILED = run_v2.Condition.State.CONDITION_SUCCEEDED, run_v2.Condition.State.CONDITION_FAILED
Reason = run_v2.Condition.ExecutionReason
Common = run_v2.Condition.CommonReason
Outcome = run_v2.ExecutionReference.CompletionStatus
WAIT = "import time\nprint('up', flush=True)\ntime.sleep(60)"


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path) as made:
        yield made


async def tasks_of(cloud: Lab, execution: str) -> list[run_v2.Task]:
    return sorted([task async for task in await cloud.tasks.list_tasks(parent=execution)], key=lambda task: task.index)


def system_log(cloud: Lab) -> list[tuple[str, Any]]:
    entries = [e for e in cloud.entries("varlog%2Fsystem") if e.resource.type == "cloud_run_job"]
    return [(entry.text_payload, dict(entry.labels)["run.googleapis.com/task_attempt"]) for entry in entries]


async def test_a_job_runs_with_the_environment_of_cloud_run(cloud: Lab) -> None:
    digest = await make(
        cloud, "import os\nfor k in sorted(os.environ):\n  if k[:5] == 'CLOUD': print(k, os.environ[k])", task_count=2
    )
    execution = await run(cloud)
    name = execution.name.rpartition("/")[2]
    assert condition(execution).state == SUCCEEDED
    assert counts(execution) == {"succeeded": 2}
    assert execution.template.containers[0].image == f"{IMAGE}@{digest}"
    assert execution.template.max_retries == 3
    entries = [
        e for e in cloud.entries("stdout", job_name="nightly") if e.labels["run.googleapis.com/task_index"] == "1"
    ]
    assert [entry.text_payload for entry in entries] == [
        f"CLOUD_RUN_EXECUTION {name}",
        "CLOUD_RUN_JOB nightly",
        "CLOUD_RUN_TASK_ATTEMPT 0",
        "CLOUD_RUN_TASK_COUNT 2",
        "CLOUD_RUN_TASK_INDEX 1",
    ]
    assert entries[0].resource.type == "cloud_run_job"
    assert entries[0].labels["run.googleapis.com/execution_name"] == name
    job = await cloud.jobs.get_job(name=JOB)
    assert (job.execution_count, job.latest_created_execution.name) == (1, name)
    assert job.latest_created_execution.completion_status == Outcome.EXECUTION_SUCCEEDED
    assert system_log(cloud) == [("Container called exit(0).", "0")] * 2


async def test_conditions_tell_the_story_of_an_execution(cloud: Lab) -> None:
    await make(cloud, "pass")
    execution = await run(cloud)
    told = {one.type_: (one.state, re.sub(r"[\d.]+s\b", "Ns", one.message)) for one in execution.conditions}
    assert told == {
        "Completed": (SUCCEEDED, "Execution completed successfully in Ns."),
        "ResourcesAvailable": (SUCCEEDED, "Provisioned imported containers."),
        "Started": (SUCCEEDED, "Started deployed execution in Ns."),
        "ContainerReady": (SUCCEEDED, "Imported container image in Ns."),
    }


async def test_the_log_address_of_an_execution_names_it(cloud: Lab) -> None:
    await make(cloud, "pass")
    execution = await run(cloud)
    name = execution.name.rpartition("/")[2]
    assert f'labels."run.googleapis.com/execution_name"="{name}"' in unquote(execution.log_uri)
    (task,) = await tasks_of(cloud, execution.name)
    assert 'labels."run.googleapis.com/task_index"="0"' in unquote(task.log_uri)


async def test_a_failing_task_is_retried_and_then_fails_the_execution(cloud: Lab) -> None:
    await make(cloud, "import sys\nsys.exit(3)", max_retries=2)
    operation = await cloud.jobs.run_job(name=JOB)
    with pytest.raises(exceptions.GoogleAPICallError, match="failed with exit code: 3") as failed:
        await cloud.finish(operation)
    assert failed.value.errors[0].code == 10  # ABORTED
    execution = await cloud.executions.get_execution(name=operation.metadata.name)
    name = execution.name.rpartition("/")[2]
    assert condition(execution).state == FAILED
    assert condition(execution).execution_reason == Reason.NON_ZERO_EXIT_CODE
    assert condition(execution).message == (
        f"Task {name}-task0 failed with exit code: 3 and message: The container exited with an error."
    )
    assert counts(execution) == {"failed": 1, "retried": 1}
    (task,) = await tasks_of(cloud, execution.name)
    assert (task.retried, task.last_attempt_result.exit_code) == (2, 3)
    assert await cloud.tasks.get_task(name=task.name) == task
    assert system_log(cloud) == [("Container called exit(3).", attempt) for attempt in "012"]
    reference = (await cloud.jobs.get_job(name=JOB)).latest_created_execution
    assert reference.completion_status == Outcome.EXECUTION_FAILED
    assert reference.completion_time == execution.completion_time


async def test_a_retry_that_succeeds_makes_the_execution_succeed(cloud: Lab) -> None:
    await make(cloud, "import os, sys\nsys.exit(int(os.environ['CLOUD_RUN_TASK_ATTEMPT']) < 1)")
    execution = await run(cloud)
    assert condition(execution).state == SUCCEEDED
    assert counts(execution) == {"succeeded": 1, "retried": 1}


async def test_no_retries_can_be_asked_for(cloud: Lab) -> None:
    await make(cloud, "import sys\nsys.exit(1)", max_retries=0)
    assert counts(await run(cloud)) == {"failed": 1}


async def test_one_failed_task_does_not_hide_the_others(cloud: Lab) -> None:
    await make(cloud, "import os, sys\nsys.exit(os.environ['CLOUD_RUN_TASK_INDEX'] == '1')", 3, max_retries=0)
    execution = await run(cloud)
    assert condition(execution).state == FAILED
    assert counts(execution) == {"succeeded": 2, "failed": 1}


async def test_no_more_tasks_run_at_a_time_than_parallelism_allows(cloud: Lab) -> None:
    await make(cloud, "import os\nprint('a', flush=True)\nprint('z')", 3, parallelism=1)
    assert (await run(cloud)).parallelism == 1
    assert [entry.text_payload for entry in cloud.entries("stdout")] == ["a", "z"] * 3


async def test_without_a_limit_all_tasks_run_at_once(cloud: Lab) -> None:
    await make(cloud, WAIT, 3)
    _, name = await begun(cloud, tasks=3)
    assert (await cloud.executions.get_execution(name=name)).parallelism == 3


async def test_a_task_that_takes_too_long_is_ended(cloud: Lab) -> None:
    await make(cloud, "import time\ntime.sleep(60)", max_retries=0, timeout={"nanos": 300_000_000})
    operation = await cloud.jobs.run_job(name=JOB)
    with pytest.raises(exceptions.GoogleAPICallError, match="The configured timeout was reached") as failed:
        await cloud.finish(operation)
    assert failed.value.errors[0].code == 4  # DEADLINE_EXCEEDED
    execution = await cloud.executions.get_execution(name=operation.metadata.name)
    assert condition(execution).execution_reason == Reason.EXECUTION_REASON_UNDEFINED
    (task,) = await tasks_of(cloud, execution.name)
    assert task.last_attempt_result.status.message == "The configured timeout was reached."
    ((text, _),) = system_log(cloud)
    assert text.startswith("Terminating task because it has reached the maximum timeout of 0.3 seconds.")


async def test_a_task_ended_by_a_signal_says_which(cloud: Lab) -> None:
    await make(cloud, "import os\nos.kill(os.getpid(), 9)", max_retries=0)
    execution = await run(cloud)
    (task,) = await tasks_of(cloud, execution.name)
    assert task.last_attempt_result.term_signal == 9
    assert system_log(cloud) == [("Container terminated on signal 9.", "0")]


async def test_a_running_execution_can_be_cancelled(cloud: Lab) -> None:
    await make(cloud, WAIT)
    operation, name = await begun(cloud)
    cancelled = await cloud.finish(await cloud.executions.cancel_execution(name=name))
    assert condition(cancelled).state == FAILED
    assert condition(cancelled).execution_reason == Reason.CANCELLED
    assert condition(cancelled).message == "Cancelled by user."
    assert counts(cancelled) == {"cancelled": 1}
    # Its own operation ends without an error: whoever waits on that alone takes it for a success.
    assert await cloud.finish(operation) == cancelled
    reference = (await cloud.jobs.get_job(name=JOB)).latest_created_execution
    assert reference.completion_status == Outcome.EXECUTION_CANCELLED
    with pytest.raises(exceptions.FailedPrecondition, match="it is not running"):
        await cloud.executions.cancel_execution(name=name)


async def test_tasks_that_had_not_begun_never_do_when_their_execution_is_cancelled(cloud: Lab) -> None:
    await make(cloud, WAIT, 2, parallelism=1)
    _, name = await begun(cloud)
    cancelled = await cloud.finish(await cloud.executions.cancel_execution(name=name))
    assert counts(cancelled) == {"cancelled": 1}
    ran, abandoned = await tasks_of(cloud, name)
    assert ran.start_time and not abandoned.start_time
    assert ran.last_attempt_result.status.code == 1  # CANCELLED
    for task in (ran, abandoned):
        assert condition(task).execution_reason == Reason.CANCELLED
        assert task.completion_time


async def test_overrides_hold_for_one_execution(cloud: Lab) -> None:
    await make(cloud, "import os, sys\nprint(sys.argv[1:], os.environ.get('MODE'))")
    override = {"args": ["--day", "7"], "env": [{"name": "MODE", "value": "backfill"}]}
    execution = await run(cloud, container_overrides=[override], task_count=2, timeout={"seconds": 77})
    assert execution.task_count == 2
    assert execution.template.timeout.seconds == 77
    assert {e.text_payload for e in cloud.entries("stdout")} == {"['--day', '7'] backfill"}
    again = await run(cloud)
    assert (again.task_count, again.template.timeout.seconds) == (1, 600)
    assert cloud.entries("stdout")[-1].text_payload == "[] None"


async def test_overrides_that_fit_no_container_are_refused(cloud: Lab) -> None:
    await make(cloud, "pass")
    job = await cloud.jobs.get_job(name=JOB)
    job.template.template.containers.append(run_v2.Container(name="sidecar", image=f"{IMAGE}:latest"))
    await cloud.finish(await cloud.jobs.update_job(job=job))
    with pytest.raises(exceptions.InvalidArgument, match="no container 'else'"):
        await run(cloud, container_overrides=[{"name": "else", "args": ["x"]}])
    with pytest.raises(exceptions.InvalidArgument, match="clear_args"):
        await run(cloud, container_overrides=[{"name": "sidecar", "args": ["x"], "clear_args": True}])
    with pytest.raises(exceptions.InvalidArgument, match="task_count"):
        await run(cloud, task_count=10_001)


async def test_to_override_needs_a_permission_of_its_own(cloud: Lab) -> None:
    await make(cloud, "pass")
    cloud.cloud.denied_permissions.add("run.jobs.runWithOverrides")
    with pytest.raises(exceptions.PermissionDenied, match=r"run\.jobs\.runWithOverrides"):
        await run(cloud, task_count=2)
    assert condition(await run(cloud)).state == SUCCEEDED


async def test_an_execution_keeps_the_image_that_its_tag_meant(cloud: Lab) -> None:
    first = await make(cloud, "print(1)")
    execution = await run(cloud)
    second = await cloud.build({"main.py": "print(2)"})
    assert (await run(cloud)).template.containers[0].image.endswith(second)
    again = await cloud.executions.get_execution(name=execution.name)
    assert again.template.containers[0].image.endswith(first)
    listed = [e.name async for e in await cloud.executions.list_executions(parent=JOB)]
    assert len(listed) == 2 and listed[1] == execution.name


async def test_an_image_that_went_away_fails_the_execution_before_any_task(cloud: Lab) -> None:
    await make(cloud, "pass")
    for name, _ in list(cloud.cloud.store.items("dockerImages")):
        cloud.cloud.store.delete("dockerImages", name)
    operation = await cloud.jobs.run_job(name=JOB)
    with pytest.raises(exceptions.GoogleAPICallError, match=f"Image '{IMAGE}:latest' not found") as failed:
        await cloud.finish(operation)
    assert failed.value.errors[0].code == 5  # NOT_FOUND
    execution = await cloud.executions.get_execution(name=operation.metadata.name)
    assert {kind: condition(execution, kind).reason for kind in ("Completed", "ContainerReady")} == {
        "Completed": Common.CONTAINER_MISSING,
        "ContainerReady": Common.CONTAINER_MISSING,
    }
    assert await tasks_of(cloud, execution.name) == []


async def test_a_planted_fault_fails_an_execution_in_its_words(cloud: Lab) -> None:
    await make(cloud, "pass")
    cloud.cloud.faults.planter(
        {"method": "sandbox.Execution/nightly", "code": "RESOURCE_EXHAUSTED", "message": "no room", "times": 1}
    )()
    with pytest.raises(exceptions.GoogleAPICallError, match="no room"):
        await cloud.finish(await cloud.jobs.run_job(name=JOB))
    assert condition(await run(cloud)).state == SUCCEEDED


async def test_a_running_execution_is_stopped_when_it_is_deleted(cloud: Lab) -> None:
    await make(cloud, WAIT)
    _, name = await begun(cloud)
    execution = await cloud.executions.get_execution(name=name)
    with pytest.raises(exceptions.Aborted):
        await cloud.executions.delete_execution(request={"name": name, "etag": '"stale"'})
    deleted = await cloud.finish(
        await cloud.executions.delete_execution(request={"name": name, "etag": execution.etag})
    )
    assert (deleted.name, bool(deleted.delete_time)) == (name, True)
    assert not cloud.cloud.machine.executions
    assert not list(cloud.cloud.store.items("tasks"))
    with pytest.raises(exceptions.NotFound):
        await cloud.executions.get_execution(name=name)
