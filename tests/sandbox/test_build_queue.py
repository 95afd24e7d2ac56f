"""Builds wait: for a free builder, for no longer than their queueTtl, and where somebody planted a delay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from google.api_core import exceptions
from google.cloud.devtools.cloudbuild_v1 import Build

from signoff_sandbox import state
from signoff_sandbox.world.resumption import resume
from support.builds import built, log_of, run, step
from support.cloudrun import PROJECT, Lab, lab

Status = Build.Status


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path, concurrent_builds=1) as made:
        yield made


async def started(cloud: Lab, build: Build) -> str:
    operation = await cloud.builds.create_build(project_id=PROJECT, build=build)
    return operation.metadata.build.name


def status(cloud: Lab, name: str) -> Status:
    return Status(cloud.cloud.store.get("builds", name).status)


async def test_a_build_waits_in_the_queue_until_a_builder_is_free(cloud: Lab) -> None:
    first = await started(cloud, Build(steps=[step("sleep 60")]))
    second = await started(cloud, Build(steps=[step("true")]))
    await cloud.until(lambda: status(cloud, first) == Status.WORKING)
    assert status(cloud, second) == Status.QUEUED
    await cloud.builds.cancel_build(request={"name": first})
    assert (await built(cloud, second)).status == Status.SUCCESS


async def test_a_build_that_waits_for_too_long_expires_unseen(cloud: Lab) -> None:
    first = await started(cloud, Build(steps=[step("sleep 60")]))
    await cloud.until(lambda: status(cloud, first) == Status.WORKING)
    build = await run(cloud, Build(steps=[step("true")], queue_ttl={"nanos": 50_000_000}))
    assert build.status == Status.EXPIRED
    assert log_of(cloud, build) == []
    await cloud.builds.cancel_build(request={"name": first})
    assert (await run(cloud, Build(steps=[step("true")]))).status == Status.SUCCESS


async def test_a_queued_build_can_be_cancelled(cloud: Lab) -> None:
    first = await started(cloud, Build(steps=[step("sleep 60")]))
    second = await started(cloud, Build(steps=[step("true")]))
    await cloud.until(lambda: status(cloud, first) == Status.WORKING)
    assert (await cloud.builds.cancel_build(request={"name": second})).status == Status.CANCELLED
    await cloud.builds.cancel_build(request={"name": first})


async def test_a_delay_and_an_error_can_be_planted_in_the_queue(cloud: Lab) -> None:
    state.merge(cloud.cloud, {"faults": [{"method": "sandbox.Builder/queue", "code": "INTERNAL", "times": 1}]})
    with pytest.raises(exceptions.GoogleAPICallError, match="planted fault"):
        await cloud.finish(await cloud.builds.create_build(project_id=PROJECT, build=Build(steps=[step("true")])))
    (build,) = [build async for build in await cloud.builds.list_builds(project_id=PROJECT)]
    assert (build.status, build.status_detail) == (Status.INTERNAL_ERROR, "planted fault")
    state.merge(cloud.cloud, {"faults": [{"method": "sandbox.Builder/queue", "latencySeconds": 60}]})
    expired = await run(cloud, Build(steps=[step("true")], queue_ttl={"nanos": 50_000_000}))
    assert expired.status == Status.EXPIRED


async def test_a_build_that_waited_in_a_state_file_is_worked_on_once_it_is_approved(cloud: Lab) -> None:
    name = f"projects/{PROJECT}/locations/global/builds/9"
    waiting = {
        "name": name,
        "id": "9",
        "projectId": PROJECT,
        "status": "PENDING",
        "approval": {"state": "PENDING"},
        "steps": [{"name": "bash", "args": ["true"]}],
    }
    state.merge(cloud.cloud, {"builds": [waiting]})
    operation = await cloud.builds.approve_build({"name": name, "approval_result": {"decision": "APPROVED"}})
    assert (await cloud.finish(operation)).status == Status.SUCCESS


async def test_a_build_that_waited_when_the_sandbox_ended_waits_again(cloud: Lab) -> None:
    name = f"projects/{PROJECT}/locations/us-central1/builds/8"
    operation = f"projects/{PROJECT}/locations/us-central1/operations/8"
    steps = [{"name": "bash", "args": ["true"]}]
    waiting = {"name": name, "id": "8", "projectId": PROJECT, "status": "PENDING", "steps": steps}
    waiting |= {"approval": {"state": "PENDING"}, "timeout": "60s", "queueTtl": "60s", "logsBucket": "gs://logs"}
    kind = "type.googleapis.com/google.devtools.cloudbuild.v1.BuildOperationMetadata"
    held = {"name": operation, "metadata": {"@type": kind, "build": waiting}}
    state.merge(cloud.cloud, {"builds": [waiting], "operations": [held], "unfinished": [operation]})
    resume(cloud.cloud)
    approved = await cloud.builds.approve_build({"name": name, "approval_result": {"decision": "APPROVED"}})
    assert (await cloud.finish(approved)).status == Status.SUCCESS


async def test_a_build_says_what_google_would_have_filled_in(cloud: Lab) -> None:
    build = await run(cloud, Build(steps=[step("true")]))
    assert (build.timeout.seconds, build.queue_ttl.seconds) == (3600, 3600)
    assert build.options.logging == type(build.options).LoggingMode.LEGACY
    assert build.service_account.startswith(f"projects/{PROJECT}/serviceAccounts/")
    assert build.logs_bucket.endswith(".cloudbuild-logs.googleusercontent.com")


async def test_a_build_of_a_service_account_must_say_where_its_log_goes(cloud: Lab) -> None:
    account = f"projects/{PROJECT}/serviceAccounts/ci@{PROJECT}.iam.gserviceaccount.com"
    mine = Build(steps=[step("echo $$ME")], service_account=account)
    with pytest.raises(exceptions.InvalidArgument, match="must either"):
        await started(cloud, mine)
    mine.options.logging = type(mine.options).LoggingMode.CLOUD_LOGGING_ONLY
    assert (await run(cloud, mine)).status == Status.SUCCESS
