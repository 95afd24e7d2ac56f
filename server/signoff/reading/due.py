"""When data is due: the moments of a cron expression, less the days on which none comes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from signoff.model.data import DataCheck, Due, Season
from signoff.model.data_seen import Moments

_FAR = 3_000
"""Moments and days off that are looked through for one that counts: eight years of a daily one."""


class BadCron(ValueError):
    """No cron expression; the text says what is wrong."""


def check_cron(expression: str) -> None:
    """Raises BadCron where the expression is none, or names no moment at all (30 February)."""
    from cronsim import CronSim, CronSimError

    try:
        next(CronSim(expression, datetime(2024, 1, 1)))
    except (CronSimError, StopIteration) as error:
        raise BadCron(str(error) or "it names no moment") from None


def moments(check: DataCheck, now: datetime) -> Moments:
    """The moments around `now` (aware) at which the data of `check` is due, as UTC times."""
    if check.due is None:
        return Moments(now, now, None, None)
    zone, due = ZoneInfo(check.zone), check.due
    past = _counting(due, now.astimezone(zone), back=True)
    last = next(past, None)
    before = next(past, None)
    coming = next(_counting(due, now.astimezone(zone), back=False), None)
    return Moments(last, last + due.grace if last else None, before, coming)


def comes_on(due: Due, day: date) -> bool:
    """Whether data is due on this day at all."""
    if any(first <= day <= last for first, last in due.off):
        return False
    return not due.seasons or any(_within(season, day) for season in due.seasons)


def _within(season: Season, day: date) -> bool:
    at = (day.month, day.day)
    if season.first <= season.last:
        return season.first <= at <= season.last
    return at >= season.first or at <= season.last


def _counting(due: Due, now: datetime, *, back: bool) -> Iterator[datetime]:
    """The moments that count, from `now` (which is one of the past, where it is one) on, as UTC times."""
    from cronsim import CronSim

    start = now.replace(second=0, microsecond=0) + timedelta(minutes=1) if back else now
    steps = CronSim(due.cron, start, reverse=back)
    for _ in range(_FAR):
        moment = next(steps, None)
        if moment is None:
            return
        if comes_on(due, moment.date()):
            yield moment.astimezone(UTC)
        else:  # a whole day at once: an expression of every minute has too many moments out of season
            edge = moment.replace(hour=0, minute=0) if back else moment.replace(hour=23, minute=59)
            steps = CronSim(due.cron, edge, reverse=back)
