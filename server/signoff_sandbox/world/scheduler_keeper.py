"""The clock of Cloud Scheduler: jobs are executed when they are due, one execution of each at a time, with retries."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc

from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError
from signoff_sandbox.world.scheduler_attempts import Outcome, attempt
from signoff_sandbox.world.scheduler_cron import next_time

log = logging.getLogger(__name__)
COLLECTION = "schedulerJobs"
ENABLED = 1  # Job.State, whose package need not be installed to keep time for no jobs
#: What Scheduler says of a job that it never tried.
NEVER = -1
MIN_BACKOFF, MAX_BACKOFF, DOUBLINGS = timedelta(seconds=5), timedelta(hours=1), 5


@dataclass
class Execution:
    """One execution of a job: it runs, or waits for its next retry at the job's scheduleTime."""

    scheduled: datetime
    first_attempt: datetime
    retries: int = 0


class Keeper:
    """Keeps the time for one cloud. All it knows of retries is lost with it: a restart waits for the schedule."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._retries: dict[str, tuple[datetime, Execution]] = {}  # when, of which execution
        self._running: Counter[str] = Counter()
        self._overdue: dict[str, tuple[datetime, datetime]] = {}
        self._known: set[str] = set()

    async def keep(self) -> None:
        """For ever: do what is due, then wait for the next time or for a change."""
        store = self._cloud.store
        while True:
            version = store.version
            due = self.tick()
            seconds = None if due is None else max(0.0, (due - self._cloud.clock()).total_seconds())
            try:
                await store.wait_changed(version, seconds)
            except TimeoutError:
                continue

    def tick(self) -> datetime | None:
        """Start the executions that are due; when the next is, or None."""
        now = self._cloud.clock()
        times = []
        names = set()
        for name, message in self._cloud.store.items(COLLECTION):
            job: Any = message
            names.add(name)
            if job.state != ENABLED or self._running[name]:
                continue
            due = self._due(name, job, now)
            if due is None:
                continue
            if due <= now:
                when, execution = self._retries.pop(name, (due, Execution(due, now)))
                # a job that was paused or changed since begins anew
                self._start(name, execution if when == due else Execution(due, now))
            else:
                times.append(due)
        self._known = names
        for gone in self._retries.keys() - names:
            del self._retries[gone]
        return min(times, default=None)

    def run(self, name: str) -> None:
        """Execute a job now, whatever its schedule and state."""
        now = self._cloud.clock()
        self._start(name, Execution(now, now))

    def _due(self, name: str, job: Any, now: datetime) -> datetime | None:
        """When the job is to be executed next.

        One that a state brought with a scheduleTime long past stays as it is until its schedule comes round again.
        """
        if not job.HasField("schedule_time"):
            return _set_schedule_time(self._cloud, name, now)
        at: datetime = job.schedule_time.ToDatetime(tzinfo=UTC)
        if name not in self._known and at <= now:
            try:
                self._overdue[name] = at, next_time(job.schedule, job.time_zone, now)
            except ApiError:
                return None  # planted with a schedule that is none
        was, instead = self._overdue.get(name, (None, at))
        return instead if was == at else at

    def _start(self, name: str, execution: Execution) -> None:
        self._running[name] += 1
        self._cloud.spawn(self._carry_out(name, execution))

    async def _carry_out(self, name: str, execution: Execution) -> None:
        try:
            await self._execute(name, execution)
        except Exception:  # nobody waits for it: a bug of the sandbox would pass unseen
            log.exception("executing %s", name)
        finally:
            self._running[name] -= 1

    async def _execute(self, name: str, execution: Execution) -> None:
        cloud = self._cloud
        job: Any = cloud.store.get(COLLECTION, name)
        if job is None:
            return  # deleted a moment ago
        job.last_attempt_time.CopyFrom(cloud.now())
        cloud.store.put(COLLECTION, name, job)
        outcome = await attempt(cloud, job, execution.scheduled)
        job = cloud.store.get(COLLECTION, name)
        if job is None:
            return  # deleted meanwhile
        job.status.Clear()
        job.status.SetInParent()
        job.status.code = outcome.code.value[0]
        if job.state == ENABLED:
            self._reschedule(name, job, execution, outcome)
        cloud.store.put(COLLECTION, name, job)

    def _reschedule(self, name: str, job: Any, execution: Execution, outcome: Outcome) -> None:
        """The job's next time: a retry if one is left and comes before the schedule does."""
        now = self._cloud.clock()
        try:
            regular = next_time(job.schedule, job.time_zone, now)
        except ApiError:  # planted with a schedule that is none: it was executed once, and never will be again
            job.ClearField("schedule_time")
            return
        retry = None if outcome.code is grpc.StatusCode.OK else retry_at(job.retry_config, execution, now)
        if retry is not None and retry < regular:
            again = Execution(execution.scheduled, execution.first_attempt, execution.retries + 1)
            self._retries[name] = retry, again
            job.schedule_time.FromDatetime(retry)
        else:
            job.schedule_time.FromDatetime(regular)


def retry_at(config: Any, execution: Execution, now: datetime) -> datetime | None:
    """When an execution that failed at `now` is tried again; None if that was its last attempt.

    https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#RetryConfig: with a count and a
    duration, until both are used up.
    """
    longest = config.max_retry_duration.ToTimedelta()
    counted = execution.retries < config.retry_count
    timed = bool(longest) and now - execution.first_attempt < longest
    return now + backoff(config, execution.retries) if counted or timed else None


def backoff(config: Any, retries: int) -> timedelta:
    """How long to wait before the next retry, after `retries` of them: doubling, then linear, up to a maximum."""
    shortest: timedelta = config.min_backoff_duration.ToTimedelta() or MIN_BACKOFF
    longest: timedelta = config.max_backoff_duration.ToTimedelta() or MAX_BACKOFF
    step = shortest * 2 ** min(retries, config.max_doublings)
    wait: timedelta = step * max(1, retries - config.max_doublings + 1)
    return min(longest, wait)


def _set_schedule_time(cloud: Cloud, name: str, now: datetime) -> datetime | None:
    """Fill in the next time of a job that a state brought without."""
    job: Any = cloud.store.get(COLLECTION, name)
    try:
        due = next_time(job.schedule, job.time_zone, now)
    except ApiError:
        return None
    job.schedule_time.FromDatetime(due)
    cloud.store.put(COLLECTION, name, job)
    return due
