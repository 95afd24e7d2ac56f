"""What a database is to hold: one way a kind of `[databases.NAME] expected`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signoff.model.database_use import Database
from signoff.model.facts import Known, Unknown
from signoff.survey import Survey

if TYPE_CHECKING:
    from signoff.model.database import Snapshot


async def expected(survey: Survey, database: Database) -> Known[Snapshot] | Unknown | None:
    """None: nothing is declared."""
    if database.expected is None:
        return None
    reference = Database(
        name=f"{database.name} (expected)",
        source=database.expected.source,
        role=database.role,
        allow_superuser=True,  # of a database that nobody lives on; a developer's own role mostly is one
        search_path=database.search_path,
    )
    return await survey.systems.postgres.snapshot(reference)
