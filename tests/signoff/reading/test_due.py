from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.model.data import DataCheck, Due, Rows, Season, SqliteFile
from signoff.reading.due import BadCron, check_cron, comes_on, moments

NEW_YORK = "America/New_York"
NBA = Season((10, 20), (6, 20))


def check(due: Due | None, zone: str = NEW_YORK) -> DataCheck:
    return DataCheck("games", SqliteFile("x"), Rows(table="games"), "at", timedelta(hours=26), zone=zone, due=due)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(NEW_YORK)).astimezone(UTC)


def test_without_a_schedule_data_is_due_now() -> None:
    now = at("2026-11-21 09:00")
    found = moments(check(None), now)
    assert (found.due, found.settled, found.before, found.next) == (now, now, None, None)


def test_a_moment_counts_from_its_own_minute_on() -> None:
    daily = check(Due("0 7 * * *", timedelta(hours=2)))
    assert moments(daily, at("2026-11-21 06:59")).due == at("2026-11-20 07:00")
    found = moments(daily, at("2026-11-21 07:00"))
    assert found.due == at("2026-11-21 07:00")
    assert found.settled == at("2026-11-21 09:00")
    assert found.before == at("2026-11-20 07:00")
    assert found.next == at("2026-11-22 07:00")


def test_no_data_is_due_on_days_off_and_out_of_season() -> None:
    due = Due("0 7 * * *", off=((date(2026, 12, 24), date(2026, 12, 26)),), seasons=(NBA,))
    assert moments(check(due), at("2026-12-26 12:00")).due == at("2026-12-23 07:00")
    summer = moments(check(due), at("2026-08-01 12:00"))
    assert (summer.due, summer.next) == (at("2026-06-20 07:00"), at("2026-10-20 07:00"))


@pytest.mark.parametrize("cron", ["* * * * *", "*/5 * * * *", "0 * * * *"])
def test_out_of_season_the_last_moment_of_it_counts_however_often_data_is_due(cron: str) -> None:
    found = moments(check(Due(cron, seasons=(NBA,))), at("2026-09-01 12:00"))
    assert found.due is not None
    assert found.due.astimezone(ZoneInfo(NEW_YORK)).date() == date(2026, 6, 20)
    assert found.next == at("2026-10-20 00:00")


@pytest.mark.parametrize("zone", ["Africa/Cairo", "Asia/Beirut", "America/Santiago"])
def test_a_day_off_that_begins_an_hour_late_is_passed_over_as_well(zone: str) -> None:
    for month in range(1, 13):
        off = (date(2025, month, 1), date(2025, month, 28))
        due = Due("*/10 * * * *", off=(off,))
        now = datetime(2025, month, 15, 12, tzinfo=ZoneInfo(zone))
        found = moments(check(due, zone), now)
        assert found.due is not None
        assert found.next is not None
        assert now.astimezone(UTC) - found.due < timedelta(days=16)
        assert found.next.astimezone(ZoneInfo(zone)).date() == date(2025, month, 28) + timedelta(days=1)


def test_the_clock_of_the_zone_decides_also_when_it_is_put_forward() -> None:
    daily = check(Due("0 7 * * *"))
    before, after = moments(daily, at("2026-03-07 08:00")).due, moments(daily, at("2026-03-08 08:00")).due
    assert before is not None
    assert after is not None
    assert after - before == timedelta(hours=23)


@pytest.mark.parametrize("wrong", ["", "7", "0 7 * *", "0 25 * * *", "0 0 30 2 *", "every day"])
def test_what_names_no_moment_is_told(wrong: str) -> None:
    with pytest.raises(BadCron):
        check_cron(wrong)


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)),
    st.sampled_from(["0 7 * * *", "30 */6 * * *", "0 22 * * 1-5", "15 3 1 * *"]),
    st.sampled_from([(), (NBA,), (Season((3, 1), (9, 30)),)]),
    st.dates(date(2020, 1, 1), date(2035, 1, 1)),
)
def test_the_last_moment_is_past_and_the_next_to_come_and_both_are_on_days_that_count(
    naive: datetime, cron: str, seasons: tuple[Season, ...], first: date
) -> None:
    due = Due(cron, off=((first, first + timedelta(days=9)),), seasons=seasons)
    now = naive.replace(tzinfo=UTC)
    found = moments(check(due), now)
    assert found.due is not None
    assert found.before is not None
    assert found.next is not None
    assert found.before < found.due <= now < found.next
    for moment in (found.before, found.due, found.next):
        assert comes_on(due, moment.astimezone(ZoneInfo(NEW_YORK)).date())
