"""What a database is to hold: one way a kind of `[databases.NAME] expected`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signoff.model.database_use import Database, Dump, Migrations, Reference, Replayed, TeamCommand
from signoff.model.facts import Known, Unknown
from signoff.survey import Survey

if TYPE_CHECKING:
    from signoff.model.database import Snapshot
    from signoff.model.replay import Replay


async def expected(survey: Survey, database: Database) -> Known[Snapshot] | Known[Replay] | Unknown | None:
    """None: nothing is declared."""
    how = database.expected
    if how is None:
        return None
    if isinstance(how, Replayed):
        return await _replayed(survey, database, how)
    return await survey.systems.postgres.snapshot(_reference(database, how))


def _reference(database: Database, how: Reference) -> Database:
    return Database(
        name=f"{database.name} (expected)",
        source=how.source,
        role=database.role,
        allow_superuser=True,  # of a database that nobody lives on; a developer's own role mostly is one
        search_path=database.search_path,
    )


async def _replayed(survey: Survey, database: Database, replayed: Replayed) -> Known[Replay] | Unknown:
    how = replayed.how
    if isinstance(how, Migrations | Dump):
        from signoff.gather.scripts_schema import of_scripts

        return await of_scripts(survey, database, how)
    from signoff.gather.migrated import of_command, of_metadata

    if isinstance(how, TeamCommand):
        return await of_command(survey, database, how)
    return await of_metadata(survey, database, how)
