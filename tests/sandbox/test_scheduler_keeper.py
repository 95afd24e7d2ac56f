"""Time of Cloud Scheduler: executions when they are due, one at a time, with retries. The clock is the test's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.cloud import scheduler_v1
from google.cloud.scheduler_v1.types import Job, RetryConfig

from signoff_sandbox import state
from signoff_sandbox.world.scheduler_keeper import Execution, backoff, retry_at
from support.cloudrun import PLACE, Lab, lab
from support.endpoint import Endpoint, endpoint

NAME = f"{PLACE}/jobs/hourly"
START = datetime(2026, 1, 14, 10, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Clocked:
    """A lab whose time stands still until the test moves it."""

    def __init__(self, made: Lab, target: Endpoint) -> None:
        self.lab, self.target, self.now = made, target, START
        made.cloud.clock = lambda: self.now
        self.client = made._client(scheduler_v1.CloudSchedulerAsyncClient)

    async def make(self, **fields: Any) -> None:
        job = Job({"name": NAME, "schedule": "0 * * * *", "http_target": {"uri": self.target.url}, **fields})
        await self.client.create_job(parent=PLACE, job=job)

    @property
    def job(self) -> Any:
        return self.lab.cloud.store.get("schedulerJobs", NAME)

    async def until(self, moment: datetime, requests: int) -> None:
        """Move the time, and wait until the attempt that is due then has ended; fails if there is another."""
        self.now = moment
        self.lab.cloud.keeper.tick()
        await self.lab.until(lambda: self.finished() == requests)
        assert len(self.target.requests) == requests

    def finished(self) -> int:
        return sum("AttemptFinished" in str(entry.json_payload) for entry in self.lab.cloud.logbook.everything())


@pytest.fixture
async def clocked(tmp_path: Path) -> AsyncIterator[Clocked]:
    async with lab(tmp_path) as made, endpoint() as target:
        yield Clocked(made, target)


async def test_a_job_is_executed_at_each_time_of_its_schedule(clocked: Clocked) -> None:
    await clocked.make()
    await clocked.until(START + timedelta(minutes=29), 0)
    await clocked.until(START + timedelta(minutes=30), 1)
    assert clocked.job.last_attempt_time.ToDatetime(tzinfo=UTC) == START + timedelta(minutes=30)
    assert clocked.job.schedule_time.ToDatetime(tzinfo=UTC) == START + timedelta(minutes=90)
    assert (clocked.job.HasField("status"), clocked.job.status.code) == (True, 0)
    await clocked.until(START + timedelta(minutes=90), 2)


async def test_times_that_passed_at_once_are_one_execution(clocked: Clocked) -> None:
    await clocked.make()
    await clocked.until(START + 5 * HOUR, 1)
    assert clocked.job.schedule_time.ToDatetime(tzinfo=UTC) == START + timedelta(hours=5, minutes=30)


async def test_a_paused_job_is_not_executed_and_can_be_run(clocked: Clocked) -> None:
    await clocked.make()
    await clocked.client.pause_job(name=NAME)
    await clocked.until(START + 2 * HOUR, 0)
    await clocked.client.run_job(name=NAME)
    await clocked.until(clocked.now, 1)
    assert clocked.job.state == Job.State.PAUSED


async def test_a_run_does_not_change_when_the_job_is_due(clocked: Clocked) -> None:
    await clocked.make()
    await clocked.client.run_job(name=NAME)
    await clocked.until(START, 1)
    assert clocked.job.schedule_time.ToDatetime(tzinfo=UTC) == START + timedelta(minutes=30)


async def test_a_failed_attempt_is_retried_with_backoff_until_one_succeeds(clocked: Clocked) -> None:
    clocked.target.answers = [500, 503, 200]
    await clocked.make(retry_config={"retry_count": 3, "min_backoff_duration": timedelta(seconds=10)})
    at = START + timedelta(minutes=30)
    await clocked.until(at, 1)
    assert clocked.job.status.code == 13
    assert clocked.job.schedule_time.ToDatetime(tzinfo=UTC) == at + timedelta(seconds=10), "the time of the retry"
    await clocked.until(at + timedelta(seconds=9), 1)
    await clocked.until(at + timedelta(seconds=10), 2)
    assert clocked.job.status.code == 14
    await clocked.until(at + timedelta(seconds=29), 2)
    await clocked.until(at + timedelta(seconds=30), 3)
    assert (clocked.job.status.code, clocked.job.schedule_time.ToDatetime(tzinfo=UTC)) == (0, at + HOUR)
    times = {headers["x-cloudscheduler-scheduletime"] for _, headers, _ in clocked.target.requests}
    assert times == {"2026-01-14T11:00:00Z"}, "a retry belongs to the time that its execution was scheduled for"


async def test_after_the_last_retry_the_job_waits_for_its_schedule(clocked: Clocked) -> None:
    clocked.target.answers = [500]
    await clocked.make(retry_config={"retry_count": 1})
    at = START + timedelta(minutes=30)
    await clocked.until(at, 1)
    await clocked.until(at + timedelta(seconds=5), 2)
    assert clocked.job.schedule_time.ToDatetime(tzinfo=UTC) == at + HOUR


async def test_a_job_that_was_paused_before_its_retry_begins_anew(clocked: Clocked) -> None:
    clocked.target.answers = [500]
    await clocked.make(retry_config={"retry_count": 1})
    await clocked.until(START + timedelta(minutes=30), 1)
    await clocked.client.pause_job(name=NAME)
    await clocked.until(START + HOUR, 1)
    await clocked.client.resume_job(name=NAME)
    await clocked.until(START + timedelta(minutes=90), 2)
    assert clocked.target.requests[-1][1]["x-cloudscheduler-scheduletime"] == "2026-01-14T12:00:00Z"
    await clocked.until(START + timedelta(minutes=90, seconds=5), 3)


async def test_a_retry_never_comes_after_the_next_scheduled_time(clocked: Clocked) -> None:
    clocked.target.answers = [500]
    await clocked.make(
        schedule="* * * * *", retry_config={"retry_count": 5, "min_backoff_duration": timedelta(minutes=2)}
    )
    await clocked.until(START + timedelta(minutes=1), 1)
    assert clocked.job.schedule_time.ToDatetime(tzinfo=UTC) == START + timedelta(minutes=2)


async def test_an_execution_does_not_begin_while_another_runs(clocked: Clocked) -> None:
    clocked.target.answers = [0]
    await clocked.make()
    clocked.now = START + timedelta(minutes=30)
    clocked.lab.cloud.keeper.tick()
    await asyncio.wait_for(clocked.target.asked.wait(), 10)
    clocked.now += HOUR
    clocked.lab.cloud.keeper.tick()
    clocked.target.asked.clear()
    await clocked.client.run_job(name=NAME)
    await asyncio.wait_for(clocked.target.asked.wait(), 10)
    assert len(clocked.target.requests) == 2, "what a user runs does not wait; what is due does"
    await clocked.client.delete_job(name=NAME)


async def test_a_job_deleted_while_it_runs_stays_deleted(clocked: Clocked) -> None:
    await clocked.make()
    await clocked.client.run_job(name=NAME)
    await clocked.client.delete_job(name=NAME)
    await clocked.lab.until(lambda: clocked.finished() == 1)
    assert clocked.job is None


async def test_a_planted_job_that_is_overdue_waits_until_its_schedule_comes_round(clocked: Clocked) -> None:
    planted = {
        "name": NAME,
        "schedule": "0 * * * *",
        "state": "ENABLED",
        "scheduleTime": "2026-01-01T00:00:00Z",
        "httpTarget": {"uri": clocked.target.url, "httpMethod": "POST"},
    }
    state.merge(clocked.lab.cloud, {"schedulerJobs": [planted]})
    await clocked.until(START + timedelta(minutes=29), 0)
    assert state.dump(clocked.lab.cloud)["schedulerJobs"] == [planted]
    await clocked.until(START + timedelta(minutes=30), 1)
    assert clocked.job.schedule_time.ToDatetime(tzinfo=UTC) == START + timedelta(minutes=90)


async def test_a_planted_job_without_a_time_gets_one_and_one_without_a_schedule_does_not(clocked: Clocked) -> None:
    other = {"name": f"{PLACE}/jobs/odd", "schedule": "soon", "state": "ENABLED"}
    planted = {"name": NAME, "schedule": "0 * * * *", "state": "ENABLED"}
    state.merge(clocked.lab.cloud, {"schedulerJobs": [planted, other]})
    await clocked.until(START, 0)
    assert clocked.job.schedule_time.ToDatetime(tzinfo=UTC) == START + timedelta(minutes=30)
    assert other in state.dump(clocked.lab.cloud)["schedulerJobs"]


async def test_a_planted_time_without_a_schedule_is_kept_once(clocked: Clocked) -> None:
    planted = {
        "name": NAME,
        "schedule": "soon",
        "state": "ENABLED",
        "scheduleTime": "2026-01-14T11:00:00Z",
        "httpTarget": {"uri": clocked.target.url, "httpMethod": "POST"},
    }
    state.merge(clocked.lab.cloud, {"schedulerJobs": [planted]})
    await clocked.until(START, 0)
    await clocked.until(START + HOUR, 1)
    assert not clocked.job.HasField("schedule_time")
    await clocked.until(START + 2 * HOUR, 1)


async def test_the_clock_of_the_sandbox_itself_executes_what_is_due(clocked: Clocked) -> None:
    await clocked.make()
    clocked.now = START + timedelta(minutes=30)
    state.merge(clocked.lab.cloud, {"jobs": [{"name": f"{PLACE}/jobs/any"}]})  # any change makes it look at the time
    await clocked.lab.until(lambda: clocked.finished() == 1)


def test_the_backoff_doubles_then_grows_evenly_up_to_its_maximum() -> None:
    config = RetryConfig.pb(
        RetryConfig(
            min_backoff_duration=timedelta(seconds=10), max_backoff_duration=timedelta(seconds=300), max_doublings=3
        )
    )
    seconds = [backoff(config, retries).total_seconds() for retries in range(8)]
    assert seconds == [10, 20, 40, 80, 160, 240, 300, 300], "the example of Scheduler's own reference"


@pytest.mark.parametrize(
    ("count", "minutes", "retries", "passed", "tried"),
    [
        (0, 0, 0, 0, False),
        (2, 0, 1, 0, True),
        (2, 0, 2, 0, False),
        (0, 10, 9, 9, True),
        (0, 10, 1, 10, False),
        (2, 10, 5, 5, True),
        (2, 10, 1, 11, True),
        (2, 10, 2, 11, False),
    ],
)
def test_retries_end_when_count_and_duration_are_used_up(
    count: int, minutes: int, retries: int, passed: int, tried: bool
) -> None:
    config = RetryConfig.pb(RetryConfig(retry_count=count, max_retry_duration=timedelta(minutes=minutes)))
    now = START + timedelta(minutes=passed)
    assert (retry_at(config, Execution(START, START, retries), now) is not None) is tried
