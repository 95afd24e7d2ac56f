"""When a schedule of Cloud Scheduler comes round: unix-cron in a time zone.

https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from signoff_sandbox.world.errors import invalid_argument, unimplemented
from signoff_sandbox.world.packages import load

INVALID = "Schedule or time zone is invalid."
_FIELDS = re.compile(r"[\d*/,\-A-Za-z]+(?:\s+[\d*/,\-A-Za-z]+){4}")
#: What other crons have and Scheduler has not: the last day of a month, the nearest or the nth weekday.
_FOREIGN = re.compile(r"(?:^|[\s,\d])(?:L|W|LW)(?:$|[\s,/])", re.IGNORECASE)
_ENGLISH = re.compile(r"every\s|\d+(?:st|nd|rd|th)\b|(?:first|second|third|fourth|fifth)\b", re.IGNORECASE)


def next_time(schedule: str, time_zone: str, after: datetime) -> datetime:
    """The first moment after `after` (aware) that the schedule names, in UTC; to the minute.

    What happens when clocks change is as with Debian's cron. Raises INVALID_ARGUMENT in Scheduler's words;
    UNIMPLEMENTED for the English-like schedules of App Engine.
    """
    if _ENGLISH.match(schedule.strip()):
        raise unimplemented(f"The English-like schedule '{schedule}' of google.cloud.scheduler.v1.Job")
    cronsim = load("cronsim", "The schedule of google.cloud.scheduler.v1.Job")
    if _FIELDS.fullmatch(schedule.strip()) is None or _FOREIGN.search(schedule):
        raise invalid_argument(INVALID)
    try:
        zone = UTC if time_zone.lower() in ("", "utc") else ZoneInfo(time_zone)
        found: datetime = next(cronsim.CronSim(schedule, after.astimezone(zone)))
    except (cronsim.CronSimError, StopIteration, OSError, KeyError, ValueError) as error:
        raise invalid_argument(INVALID) from error
    return found.astimezone(UTC)
