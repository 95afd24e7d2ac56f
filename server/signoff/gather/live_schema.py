"""What a database holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signoff.model.database_use import Database
from signoff.model.facts import Known, Unknown
from signoff.survey import Survey

if TYPE_CHECKING:
    from signoff.model.database import Snapshot


async def live(survey: Survey, database: Database) -> Known[Snapshot] | Unknown:
    """Read once for all workloads."""
    return await survey.systems.postgres.snapshot(database)


async def live_major(survey: Survey, database: Database) -> int:
    """The version that a shadow of it best has; 0 where it does not answer."""
    found = await survey.get(live, database)
    return found.value.major if isinstance(found, Known) else 0
