"""Cloud Scheduler's API over Google's client: jobs, their defaults, limits and states."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import httpx2
import pytest
from google.api_core import exceptions
from google.cloud import scheduler_v1
from google.cloud.scheduler_v1.types import Job

from signoff_sandbox import state
from signoff_sandbox.server import RunningSandbox
from support.google_clients import over_grpc
from support.planted import PLACE, SCHEDULE, STATE

NAME = f"{PLACE}/jobs/hourly"
START = datetime(2026, 1, 14, 10, 30, tzinfo=UTC)
HTTP = {"uri": "https://web.example.com/run"}


@pytest.fixture
def client(connected: grpc.aio.Channel, running: RunningSandbox) -> Any:
    running.cloud.clock = lambda: START
    return over_grpc(scheduler_v1.CloudSchedulerAsyncClient, connected)


async def make(client: Any, name: str = NAME, **fields: Any) -> Job:
    job = Job({"name": name, "schedule": "0 * * * *", "http_target": HTTP, **fields})
    return await client.create_job(parent=PLACE, job=job)


async def test_a_job_is_created_with_schedulers_defaults(client: Any) -> None:
    made = await make(client, http_target={**HTTP, "body": b"{}", "oidc_token": {"service_account_email": "a@b.c"}})
    assert (made.schedule_time, made.status.code) == (None, 0), "the first answer is without them, as Google's is"
    job = await client.get_job(name=NAME)
    assert (job.state, job.time_zone, job.attempt_deadline) == (Job.State.ENABLED, "UTC", timedelta(minutes=3))
    assert job.schedule_time == START.replace(hour=11, minute=0)
    assert job.status.code == -1, "never attempted"
    assert job.http_target.http_method == scheduler_v1.HttpMethod.POST
    assert dict(job.http_target.headers) == {
        "User-Agent": "Google-Cloud-Scheduler",
        "Content-Type": "application/octet-stream",
    }
    assert job.http_target.oidc_token.audience == HTTP["uri"]
    retry = job.retry_config
    assert (retry.retry_count, retry.max_doublings) == (0, 5)
    assert (retry.min_backoff_duration, retry.max_backoff_duration) == (timedelta(seconds=5), timedelta(hours=1))


async def test_jobs_are_listed_page_by_page_and_deleted(client: Any) -> None:
    for name in ("b", "a", "c"):
        await make(client, f"{PLACE}/jobs/{name}")
    pager = await client.list_jobs(request={"parent": PLACE, "page_size": 2})
    assert [job.name[-1] async for job in pager] == ["a", "b", "c"]
    await client.delete_job(name=f"{PLACE}/jobs/a")
    with pytest.raises(exceptions.NotFound, match=r"Job not found\."):
        await client.get_job(name=f"{PLACE}/jobs/a")


async def test_pausing_stops_and_resuming_starts_from_now(client: Any, running: RunningSandbox) -> None:
    await make(client)
    paused = await client.pause_job(name=NAME)
    assert paused.state == Job.State.PAUSED
    with pytest.raises(exceptions.FailedPrecondition, match="must be ENABLED"):
        await client.pause_job(name=NAME)
    running.cloud.clock = lambda: START + timedelta(days=2)
    resumed = await client.resume_job(name=NAME)
    assert (resumed.state, resumed.schedule_time.day) == (Job.State.ENABLED, 16)
    with pytest.raises(exceptions.FailedPrecondition, match="must be PAUSED"):
        await client.resume_job(name=NAME)


async def test_an_update_changes_what_its_mask_names_and_keeps_the_past(client: Any, running: RunningSandbox) -> None:
    await make(client, description="d")
    job = await client.get_job(name=NAME)
    job.schedule, job.description, job.state = "30 4 * * *", "other", Job.State.PAUSED
    updated = await client.update_job(job=job, update_mask={"paths": ["schedule"]})
    assert (updated.schedule, updated.description, updated.state) == ("30 4 * * *", "d", Job.State.ENABLED)
    assert updated.schedule_time == datetime(2026, 1, 15, 4, 30, tzinfo=UTC)
    assert updated.status.code == -1


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"schedule": "61 * * * *"}, r"Schedule or time zone is invalid\."),
        ({"schedule": ""}, r"Schedule or time zone is invalid\."),
        ({"time_zone": "Mars"}, r"Schedule or time zone is invalid\."),
        ({"http_target": None}, "A target must be set"),
        ({"http_target": {"uri": "ftp://x"}}, "must begin with either"),
        ({"http_target": {**HTTP, "http_method": "GET", "body": b"x"}}, "A body is allowed only"),
        ({"retry_config": {"retry_count": 6}}, "between 0 and 5"),
        ({"retry_config": {"min_backoff_duration": timedelta(hours=2)}}, "must not exceed"),
        ({"attempt_deadline": timedelta(seconds=5)}, "between 15 seconds and 30 minutes"),
        ({"name": f"{PLACE}/jobs/a.b"}, "Job name"),
        ({"name": "projects/demo/locations/europe-west6/jobs/x"}, "Job name"),
    ],
)
async def test_a_wrong_job_is_refused(client: Any, fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(exceptions.InvalidArgument, match=complaint):
        await make(client, **fields)


async def test_a_job_of_that_name_exists_already(client: Any) -> None:
    await make(client)
    with pytest.raises(exceptions.AlreadyExists, match="hourly already exists"):
        await make(client)
    assert (await make(client, "")).name.startswith(f"{PLACE}/jobs/")


async def test_what_is_not_modelled_says_so(client: Any) -> None:
    with pytest.raises(exceptions.MethodNotImplemented, match="pubsub_target"):
        await make(client, http_target=None, pubsub_target={"topic_name": "projects/demo/topics/t"})
    with pytest.raises(exceptions.MethodNotImplemented, match="English-like"):
        await make(client, schedule="every 5 minutes")


async def test_acting_as_an_account_needs_its_permission(client: Any, running: RunningSandbox) -> None:
    running.cloud.denied_permissions.add("iam.serviceAccounts.actAs")
    await make(client)
    with pytest.raises(exceptions.PermissionDenied, match=r'lacks IAM permission "iam\.serviceAccounts\.actAs"'):
        await make(client, f"{PLACE}/jobs/x", http_target={**HTTP, "oauth_token": {"service_account_email": "a@b.c"}})


async def test_a_planted_job_is_served_as_it_stands(
    client: Any, running: RunningSandbox, http: httpx2.AsyncClient
) -> None:
    state.merge(running.cloud, {"schedulerJobs": STATE["schedulerJobs"]})
    assert (await http.get(f"/v1/{SCHEDULE}")).json() == STATE["schedulerJobs"][0]
    assert state.dump(running.cloud)["schedulerJobs"] == STATE["schedulerJobs"]
