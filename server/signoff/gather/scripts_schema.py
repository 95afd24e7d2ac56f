"""What a folder of SQL migrations, or a dump, makes of an empty database."""

from __future__ import annotations

from signoff.gather.live_schema import live_major
from signoff.gather.parts import files
from signoff.model.database_use import Database, Dump, Migrations
from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.model.replay import Replay
from signoff.reading.migrations.scripts import run_of, scripts_in
from signoff.reading.sql_script import MetaCommand
from signoff.survey import Survey
from signoff.systems.git.tree import GITLINK, Entry, fingerprint

LARGEST = 16 * 1024 * 1024
"""Bytes of one script."""


async def of_scripts(survey: Survey, database: Database, how: Migrations | Dump) -> Known[Replay] | Unknown:
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
