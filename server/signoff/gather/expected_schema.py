"""What a database is to hold: one way a kind of `[databases.NAME] expected`."""

from __future__ import annotations

from signoff.gather.live_schema import live_major
from signoff.gather.parts import files
from signoff.model.database import Snapshot
from signoff.model.database_use import Database, Dump, Migrations, Reference, Replayed, TeamCommand
from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.model.replay import Replay
from signoff.survey import Survey
from signoff.systems.git.tree import GITLINK, Entry, fingerprint

LARGEST = 16 * 1024 * 1024
"""Bytes of one script."""


async def expected(survey: Survey, database: Database) -> Known[Snapshot] | Known[Replay] | Unknown | None:
    """None: nothing is declared."""
    how = database.expected
    if how is None:
        return None
    if isinstance(how, Reference):
        reference = Database(
            name=f"{database.name} (expected)",
            source=how.source,
            role=database.role,
            allow_superuser=True,  # of a database that nobody lives on; a developer's own role mostly is one
            search_path=database.search_path,
        )
        return await survey.systems.postgres.snapshot(reference)
    return await _replayed(survey, database, how)


async def _replayed(survey: Survey, database: Database, how: Replayed) -> Known[Replay] | Unknown:
    if isinstance(how.how, Migrations | Dump):
        return await _of_scripts(survey, database, how.how)
    from signoff.gather.migrated import of_command, of_metadata

    if isinstance(how.how, TeamCommand):
        return await of_command(survey, database, how.how)
    return await of_metadata(survey, database, how.how)


async def _of_scripts(survey: Survey, database: Database, how: Migrations | Dump) -> Known[Replay] | Unknown:
    from signoff.reading.migrations.scripts import run_of, scripts_in
    from signoff.reading.sql_script import MetaCommand

    known = await survey.get(files)
    if isinstance(known, Unknown):
        return known
    place = how.folder if isinstance(how, Migrations) else how.path
    mine = [entry for entry in known.value if entry.mode != GITLINK and _is_in(entry, place)]
    texts = await survey.systems.git.history().small_blobs([entry.object_id for entry in mine], LARGEST)
    if isinstance(texts, Unknown):
        return texts
    by_path = {_path(entry): texts.value[entry.object_id] for entry in mine if entry.object_id in texts.value}
    scripts = scripts_in(place, by_path) if isinstance(how, Migrations) else tuple(by_path)
    if not scripts:
        return Unknown("incomplete", known.ref, Quoted(f"the commit has no SQL at {place}, which expected names"))
    try:
        statements = run_of(scripts, by_path)
    except MetaCommand as error:
        return Unknown("malformed", texts.ref, Quoted(str(error)))
    major = await live_major(survey, database)
    return await survey.systems.shadows.replay(database, statements, major, fingerprint(mine, place))


def _is_in(entry: Entry, place: str) -> bool:
    path = _path(entry)
    return path == place or path.startswith(place + "/") or place == "."


def _path(entry: Entry) -> str:
    return entry.path.decode("utf-8", "surrogateescape")
