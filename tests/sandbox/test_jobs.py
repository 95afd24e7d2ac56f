"""Jobs: an execution is processes with exit codes, retries, timeouts and a way to be cancelled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import run_v2

from support.cloudrun import IMAGE, PLACE, Lab, lab

SUCCEEDED, FAILED = run_v2.Condition.State.CONDITION_SUCCEEDED, run_v2.Condition.State.CONDITION_FAILED
Reason = run_v2.Condition.ExecutionReason
JOB = f"{PLACE}/jobs/nightly"
DOCKERFILE = 'FROM python:3.12\nWORKDIR /job\nCOPY . .\nENTRYPOINT ["python", "main.py"]\n'


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path) as made:
        yield made


async def make(cloud: Lab, program: str, task_count: int = 1, **template: Any) -> str:
    """Build a program and make it the job `nightly`; the image's digest."""
    digest = await cloud.build({"Dockerfile": DOCKERFILE, "main.py": program})
    job = run_v2.Job(
        template={"task_count": task_count, "template": {"containers": [{"image": f"{IMAGE}:latest"}], **template}}
    )
    await cloud.finish(await cloud.jobs.create_job(parent=PLACE, job=job, job_id="nightly"))
    return digest


async def run(cloud: Lab, **overrides: Any) -> run_v2.Execution:
    """Run the job to its end, whatever that is."""
    operation = await cloud.jobs.run_job(run_v2.RunJobRequest(name=JOB, overrides=overrides or None))
    try:
        return await cloud.finish(operation)
    except exceptions.GoogleAPICallError:
        return await cloud.executions.get_execution(name=operation.metadata.name)


def completed(resource: Any) -> run_v2.Condition:
    return {condition.type_: condition for condition in resource.conditions}["Completed"]


def counts(execution: run_v2.Execution) -> dict[str, int]:
    names = ("running", "succeeded", "failed", "cancelled", "retried")
    return {name: number for name in names if (number := getattr(execution, f"{name}_count"))}


async def test_a_job_runs_with_the_environment_of_cloud_run(cloud: Lab) -> None:
    digest = await make(
        cloud, "import os\nfor k in sorted(os.environ):\n  if k[:5] == 'CLOUD': print(k, os.environ[k])", task_count=2
    )
    execution = await run(cloud)
    name = execution.name.rpartition("/")[2]
    assert completed(execution).state == SUCCEEDED
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
    assert (
        job.latest_created_execution.completion_status == run_v2.ExecutionReference.CompletionStatus.EXECUTION_SUCCEEDED
    )


async def test_a_failing_task_is_retried_and_then_fails_the_execution(cloud: Lab) -> None:
    await make(cloud, "import sys\nsys.exit(3)", max_retries=2)
    execution = await run(cloud)
    name = execution.name.rpartition("/")[2]
    assert completed(execution).state == FAILED
    assert completed(execution).execution_reason == Reason.NON_ZERO_EXIT_CODE
    assert completed(execution).message == f"Task {name}-task0 failed with message: The container exited with an error."
    assert counts(execution) == {"failed": 1, "retried": 1}
    task = await anext(aiter(await cloud.tasks.list_tasks(parent=execution.name)))
    assert (task.retried, task.last_attempt_result.exit_code) == (2, 3)
    assert await cloud.tasks.get_task(name=task.name) == task


async def test_a_retry_that_succeeds_makes_the_execution_succeed(cloud: Lab) -> None:
    await make(cloud, "import os, sys\nsys.exit(int(os.environ['CLOUD_RUN_TASK_ATTEMPT']) < 1)")
    execution = await run(cloud)
    assert completed(execution).state == SUCCEEDED
    assert counts(execution) == {"succeeded": 1, "retried": 1}


async def test_no_retries_can_be_asked_for(cloud: Lab) -> None:
    await make(cloud, "import sys\nsys.exit(1)", max_retries=0)
    assert counts(await run(cloud)) == {"failed": 1}


async def test_one_failed_task_does_not_hide_the_others(cloud: Lab) -> None:
    await make(cloud, "import os, sys\nsys.exit(os.environ['CLOUD_RUN_TASK_INDEX'] == '1')", 3, max_retries=0)
    execution = await run(cloud)
    assert completed(execution).state == FAILED
    assert counts(execution) == {"succeeded": 2, "failed": 1}


async def test_a_task_that_takes_too_long_is_ended(cloud: Lab) -> None:
    await make(cloud, "import time\ntime.sleep(60)", max_retries=0, timeout={"nanos": 300_000_000})
    execution = await run(cloud)
    assert "The configured timeout was reached." in completed(execution).message
    assert completed(execution).execution_reason == Reason.EXECUTION_REASON_UNDEFINED


async def test_a_task_ended_by_a_signal_says_which(cloud: Lab) -> None:
    await make(cloud, "import os\nos.kill(os.getpid(), 9)", max_retries=0)
    execution = await run(cloud)
    task = await anext(aiter(await cloud.tasks.list_tasks(parent=execution.name)))
    assert task.last_attempt_result.term_signal == 9


async def test_a_running_execution_can_be_cancelled(cloud: Lab) -> None:
    await make(cloud, "import time\nprint('up', flush=True)\ntime.sleep(60)")
    operation = await cloud.jobs.run_job(name=JOB)
    name = operation.metadata.name
    await cloud.until(lambda: cloud.cloud.store.get("executions", name).running_count == 1)
    cancelled = await cloud.finish(await cloud.executions.cancel_execution(name=name))
    assert completed(cancelled).state == FAILED
    assert completed(cancelled).execution_reason == Reason.CANCELLED
    assert counts(cancelled) == {"cancelled": 1}
    with pytest.raises(exceptions.GoogleAPICallError, match="was cancelled"):
        await cloud.finish(operation)
    with pytest.raises(exceptions.FailedPrecondition, match="already completed"):
        await cloud.executions.cancel_execution(name=name)


async def test_overrides_hold_for_one_execution(cloud: Lab) -> None:
    await make(cloud, "import os, sys\nprint(sys.argv[1:], os.environ.get('MODE'))")
    override = {"args": ["--day", "7"], "env": [{"name": "MODE", "value": "backfill"}]}
    execution = await run(cloud, container_overrides=[override], task_count=2)
    assert execution.task_count == 2
    assert {e.text_payload for e in cloud.entries("stdout")} == {"['--day', '7'] backfill"}
    await run(cloud)
    assert cloud.entries("stdout")[-1].text_payload == "[] None"


async def test_an_execution_keeps_the_image_that_its_tag_meant(cloud: Lab) -> None:
    first = await make(cloud, "print(1)")
    execution = await run(cloud)
    second = await cloud.build({"main.py": "print(2)"})
    assert (await run(cloud)).template.containers[0].image.endswith(second)
    again = await cloud.executions.get_execution(name=execution.name)
    assert again.template.containers[0].image.endswith(first)
    assert len([e async for e in await cloud.executions.list_executions(parent=JOB)]) == 2


async def test_an_update_changes_the_next_execution_and_a_stale_etag_is_refused(cloud: Lab) -> None:
    await make(cloud, "import os\nprint(os.environ.get('A'))")
    job = await cloud.jobs.get_job(name=JOB)
    job.template.template.containers[0].env.append(run_v2.EnvVar(name="A", value="b"))
    updated = await cloud.finish(await cloud.jobs.update_job(job=job))
    assert updated.generation == 2
    await run(cloud)
    assert cloud.entries("stdout")[-1].text_payload == "b"
    with pytest.raises(exceptions.Aborted):
        await cloud.jobs.update_job(job=job)


async def test_deleting_a_job_ends_what_runs(cloud: Lab) -> None:
    await make(cloud, "import time\ntime.sleep(60)")
    operation = await cloud.jobs.run_job(name=JOB)
    await cloud.until(lambda: cloud.cloud.store.get("executions", operation.metadata.name).running_count == 1)
    await cloud.finish(await cloud.jobs.delete_job(name=JOB))
    assert not list(cloud.cloud.store.items("executions"))
    assert not list(cloud.cloud.store.items("tasks"))
    assert not cloud.cloud.machine.executions
    with pytest.raises(exceptions.NotFound):
        await cloud.jobs.get_job(name=JOB)


async def test_a_job_without_an_image_is_refused(cloud: Lab) -> None:
    with pytest.raises(exceptions.InvalidArgument, match="at least one container"):
        await cloud.jobs.create_job(parent=PLACE, job=run_v2.Job(), job_id="nightly")
