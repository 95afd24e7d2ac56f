"""Jobs: what they are made from, when they are ready, and what goes away with them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import run_v2

from support.cloudrun import IMAGE, PLACE, Lab, lab
from support.jobs import DOCKERFILE, JOB, begun, condition, described, make, run

State = run_v2.Condition.State
Common = run_v2.Condition.CommonReason


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path) as made:
        yield made


async def created(cloud: Lab, job: run_v2.Job) -> Any:
    return await cloud.finish(await cloud.jobs.create_job(parent=PLACE, job=job, job_id="nightly"))


async def test_a_job_is_completed_with_the_defaults_of_cloud_run(cloud: Lab) -> None:
    await make(cloud, "pass")
    job = await cloud.jobs.get_job(name=JOB)
    task = job.template.template
    assert (job.template.task_count, task.max_retries, task.timeout.seconds) == (1, 3, 600)
    assert dict(task.containers[0].resources.limits) == {"cpu": "1000m", "memory": "512Mi"}
    assert task.execution_environment == run_v2.ExecutionEnvironment.EXECUTION_ENVIRONMENT_GEN2
    assert (job.generation, job.observed_generation, job.reconciling) == (1, 1, False)
    assert (job.terminal_condition.type_, job.terminal_condition.state) == ("Ready", State.CONDITION_SUCCEEDED)


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


async def test_an_update_that_changes_nothing_makes_no_generation(cloud: Lab) -> None:
    await make(cloud, "pass")
    job = await cloud.jobs.get_job(name=JOB)
    job.client_version = "2"
    updated = await cloud.finish(await cloud.jobs.update_job(job=job))
    assert (updated.generation, updated.client_version) == (1, "2")


async def test_what_v1_clients_wrote_may_be_written_back_and_nothing_else_of_the_kind(cloud: Lab) -> None:
    await make(cloud, "pass")
    stored: Any = cloud.cloud.store.get("jobs", JOB)
    stored.template.annotations["run.googleapis.com/client-name"] = "gcloud"
    cloud.cloud.store.put("jobs", JOB, stored)
    job = await cloud.jobs.get_job(name=JOB)
    job.template.task_count = 2
    updated = await cloud.finish(await cloud.jobs.update_job(job=job))
    assert updated.template.annotations == {"run.googleapis.com/client-name": "gcloud"}
    updated.template.annotations["run.googleapis.com/client-version"] = "1"
    with pytest.raises(exceptions.InvalidArgument, match="system labels and annotations"):
        await cloud.jobs.update_job(job=updated)


async def test_an_update_may_create_the_job_that_is_missing(cloud: Lab) -> None:
    await cloud.build({"Dockerfile": DOCKERFILE, "main.py": "pass"})
    job = described()
    job.name = JOB
    with pytest.raises(exceptions.NotFound):
        await cloud.jobs.update_job(job=job)
    await cloud.finish(await cloud.jobs.update_job(request={"job": job, "allow_missing": True}))
    assert (await cloud.jobs.get_job(name=JOB)).generation == 1


async def test_a_job_whose_image_does_not_exist_is_not_ready(cloud: Lab) -> None:
    with pytest.raises(exceptions.GoogleAPICallError, match=f"Image '{IMAGE}:none' not found") as failed:
        await created(cloud, described(image=f"{IMAGE}:none"))
    assert failed.value.errors[0].code == 5  # NOT_FOUND
    job = await cloud.jobs.get_job(name=JOB)
    assert job.terminal_condition.state == State.CONDITION_FAILED
    assert job.terminal_condition.reason == Common.CONTAINER_MISSING
    await cloud.build({"Dockerfile": DOCKERFILE, "main.py": "pass"})
    job.template.template.containers[0].image = f"{IMAGE}:latest"
    mended = await cloud.finish(await cloud.jobs.update_job(job=job))
    assert mended.terminal_condition.state == State.CONDITION_SUCCEEDED


async def test_a_job_that_names_a_secret_which_cannot_be_read_is_not_ready(cloud: Lab) -> None:
    await cloud.build({"Dockerfile": DOCKERFILE, "main.py": "pass"})
    job = described()
    source = {"secret_key_ref": {"secret": "missing", "version": "7"}}
    job.template.template.containers[0].env = [{"name": "KEY", "value_source": source}]
    with pytest.raises(exceptions.GoogleAPICallError, match="secrets/missing/versions/7"):
        await created(cloud, job)
    stored = await cloud.jobs.get_job(name=JOB)
    assert stored.terminal_condition.reason == Common.SECRETS_ACCESS_CHECK_FAILED
    assert condition(await run(cloud)).reason == Common.SECRETS_ACCESS_CHECK_FAILED


async def test_a_new_execution_token_runs_the_job_once(cloud: Lab) -> None:
    await make(cloud, "print('ran')")
    job = await cloud.jobs.get_job(name=JOB)
    job.run_execution_token = "release-7"
    job = await cloud.finish(await cloud.jobs.update_job(job=job))
    assert job.latest_created_execution.name == "nightly-release-7"
    assert job.latest_created_execution.completion_time
    job.labels["team"] = "data"
    job = await cloud.finish(await cloud.jobs.update_job(job=job))
    assert job.execution_count == 1


async def test_a_start_token_is_done_when_the_execution_runs(cloud: Lab) -> None:
    await make(cloud, "import time\ntime.sleep(60)")
    job = await cloud.jobs.get_job(name=JOB)
    job.start_execution_token = "go"
    job = await cloud.finish(await cloud.jobs.update_job(job=job))
    execution = await cloud.executions.get_execution(name=f"{JOB}/executions/nightly-go")
    assert execution.running_count == 1
    assert job.latest_created_execution.name == "nightly-go"


async def test_deleting_a_job_ends_what_runs(cloud: Lab) -> None:
    await make(cloud, "import time\ntime.sleep(60)")
    await begun(cloud)
    await cloud.finish(await cloud.jobs.delete_job(name=JOB))
    assert not list(cloud.cloud.store.items("executions"))
    assert not list(cloud.cloud.store.items("tasks"))
    assert not cloud.cloud.machine.executions
    with pytest.raises(exceptions.NotFound):
        await cloud.jobs.get_job(name=JOB)


async def test_a_planted_fault_fails_the_job_and_not_the_executions_after_it(cloud: Lab) -> None:
    await cloud.build({"Dockerfile": DOCKERFILE, "main.py": "pass"})
    fault = {"method": "sandbox.Reconciler/nightly", "code": "INTERNAL", "message": "try later", "times": 1}
    cloud.cloud.faults.planter(fault)()
    with pytest.raises(exceptions.GoogleAPICallError, match="try later"):
        await created(cloud, described())
    assert (await cloud.jobs.get_job(name=JOB)).terminal_condition.message == "try later"
    assert condition(await run(cloud)).state == State.CONDITION_SUCCEEDED


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (run_v2.Job(), "at least one container"),
        (described(task_count=10_001), "task_count"),
        (described(max_retries=11), "max_retries"),
        (described(timeout={"seconds": 700_000}), "timeout"),
        (described(parallelism=-1), "parallelism"),
    ],
)
async def test_a_job_that_makes_no_sense_is_refused(cloud: Lab, job: run_v2.Job, words: str) -> None:
    with pytest.raises(exceptions.InvalidArgument, match=words):
        await cloud.jobs.create_job(parent=PLACE, job=job, job_id="nightly")
    assert not list(cloud.cloud.store.items("jobs"))
