"""Schedules: unix-cron as Cloud Scheduler has it, in a time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff_sandbox.world.errors import ApiError
from signoff_sandbox.world.scheduler_cron import next_time

AFTER = datetime(2026, 1, 14, 10, 30, 15, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("schedule", "zone", "expected"),
    [
        ("* * * * *", "", "2026-01-14 10:31"),
        ("30 10 * * *", "UTC", "2026-01-15 10:30"),
        ("*/15 * * * *", "utc", "2026-01-14 10:45"),
        ("0 9 * * MON", "Etc/UTC", "2026-01-19 09:00"),
        ("0 9 * * mon-fri", "UTC", "2026-01-15 09:00"),
        ("0 9 * * 7", "UTC", "2026-01-18 09:00"),
        ("0 0 1 JAN,JUL *", "UTC", "2026-07-01 00:00"),
        ("0 0 1 * SAT", "UTC", "2026-01-17 00:00"),
        ("0 9 * * *", "Europe/Zurich", "2026-01-15 08:00"),
        ("0 9 * 7 *", "Europe/Zurich", "2026-07-01 07:00"),
        ("0 9 * * *", "America/New_York", "2026-01-14 14:00"),
        ("0  9-17/4   * * *", "UTC", "2026-01-14 13:00"),
        ("0 0 29 2 *", "UTC", "2028-02-29 00:00"),
    ],
)
def test_the_next_time_is_what_cron_says_in_the_zone(schedule: str, zone: str, expected: str) -> None:
    assert next_time(schedule, zone, AFTER) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "zone"),
    [
        ("", "UTC"),
        ("* * * *", "UTC"),
        ("0 * * * * *", "UTC"),
        ("61 * * * *", "UTC"),
        ("* 24 * * *", "UTC"),
        ("0 0 31 2 *", "UTC"),
        ("0 0 L * *", "UTC"),
        ("0 0 * * 5L", "UTC"),
        ("0 0 * * 5#2", "UTC"),
        ("@daily", "UTC"),
        ("soon", "UTC"),
        ("* * * * *", "Mars/Olympus"),
        ("* * * * *", "../../etc/passwd"),
    ],
)
def test_a_schedule_or_zone_that_is_none_is_refused_in_schedulers_words(schedule: str, zone: str) -> None:
    with pytest.raises(ApiError, match=r"INVALID_ARGUMENT: Schedule or time zone is invalid\."):
        next_time(schedule, zone, AFTER)


@pytest.mark.parametrize("schedule", ["every 5 minutes", "1st,third mon of month 04:00", "Every day 09:00"])
def test_an_english_like_schedule_is_not_modelled_and_says_so(schedule: str) -> None:
    with pytest.raises(ApiError, match="UNIMPLEMENTED: The English-like schedule"):
        next_time(schedule, "UTC", AFTER)


def test_a_daily_job_runs_once_on_each_day_when_clocks_change() -> None:
    zone = ZoneInfo("Europe/Zurich")
    for day in (datetime(2026, 3, 28, 12, tzinfo=zone), datetime(2026, 10, 24, 12, tzinfo=zone)):
        first = next_time("30 2 * * *", "Europe/Zurich", day)
        second = next_time("30 2 * * *", "Europe/Zurich", first)
        assert first.astimezone(zone).date() == (day + timedelta(days=1)).date()
        assert second.astimezone(zone).date() == (day + timedelta(days=2)).date()


DAY = st.sampled_from(["*", "0", "MON-FRI", "2,4"])
FIELD = st.sampled_from(["*", "*/2", "0", "5,10", "1-5"])


@given(st.tuples(FIELD, FIELD, st.sampled_from(["*", "1", "15"]), st.just("*"), DAY), st.datetimes(
    min_value=datetime(2020, 1, 1), max_value=datetime(2035, 1, 1), timezones=st.just(UTC)
), st.sampled_from(["UTC", "Europe/Zurich", "America/New_York", "Asia/Kolkata"]))  # fmt: skip
def test_the_next_time_is_later_on_a_whole_minute_and_none_is_between(
    fields: tuple[str, ...], after: datetime, zone: str
) -> None:
    schedule = " ".join(fields)
    found = next_time(schedule, zone, after)
    assert found > after
    assert (found.second, found.microsecond) == (0, 0)
    assert next_time(schedule, zone, found - timedelta(seconds=1)) == found
