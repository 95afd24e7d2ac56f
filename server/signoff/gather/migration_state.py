"""The migrations of a workload's database: in the repository, as the database records them, and who still needs what
they take away.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any

from signoff.gather.code import LARGEST, SUFFIXES, code, code_of
from signoff.gather.inputs import inputs_of
from signoff.gather.live_schema import live
from signoff.gather.parts import files
from signoff.gather.placements import placements
from signoff.gather.source import reference
from signoff.gather.trace import lineage_of
from signoff.model.database_use import Database, Migrations, Replayed, TeamCommand
from signoff.model.facts import Unknown
from signoff.model.migration_state import MigrationState
from signoff.model.quoted import Quoted
from signoff.model.sql_use import Needs
from signoff.model.subject import Commit, Workload
from signoff.reading.migrations import migration_order
from signoff.reading.pending_migrations import losses, pending
from signoff.reading.source.shipped import is_migration
from signoff.reading.sql_needs import needs_of
from signoff.survey import Survey
from signoff.systems.git.tree import GITLINK

_HEADS = re.compile(rb"\bupgrade[\"',\s]+heads\b|\bupgrade\([^)\n]*[\"']heads[\"']")
_INSTALLED = re.compile(rb"\bINSTALLED_APPS\b\s*(?::[^=\n]*)?\+?=\s*[\[(](.*?)[\])]", re.DOTALL)
_APP = re.compile(rb"[\"'](?:[\w.]+\.)?(\w+?)(?:\.apps\.\w+)?[\"']")
_JOURNAL = b"/meta/_journal.json"


async def migration_state(survey: Survey, workload: Workload, database: Database) -> MigrationState | Unknown | None:
    """None: the repository has no migrations for it. The database is asked only where it has."""
    texts = await _texts(survey, workload, database)
    if isinstance(texts, Unknown):
        return texts
    expected = database.expected.how if isinstance(database.expected, Replayed) else None
    order = await asyncio.to_thread(migration_order, texts, alone=isinstance(expected, Migrations))
    if not (order.migrations or order.unread):
        return None
    whole = await survey.get(code)
    if isinstance(whole, Unknown):
        return whole
    applied = await survey.systems.postgres.applied(database)
    by_design = (isinstance(expected, TeamCommand) and "heads" in expected.argv) or any(
        _HEADS.search(data) for data in whole.value.values()
    )
    whens = await _whens(survey)
    if isinstance(whens, Unknown):
        return whens
    state = MigrationState(order, applied, by_design, whens, _installed(whole.value))
    there = await survey.get(live, database)
    if isinstance(there, Unknown) or not losses(state, pending(state), there.value):
        return state
    serving = await _serving(survey, workload)
    return MigrationState(order, applied, by_design, state.whens, state.installed, serving)


async def _texts(survey: Survey, workload: Workload, database: Database) -> Mapping[str, bytes] | Unknown:
    """Of the folder or the whole commit that `expected` is made from, else of the workload's own files. Where these
    have no migrations and there is no other database: of all files that no workload without it is made from.
    """
    how = database.expected.how if isinstance(database.expected, Replayed) else None
    own, whole = await survey.get(code_of, workload), await survey.get(code)
    if isinstance(own, Unknown):
        return own
    if isinstance(whole, Unknown):
        return whole
    if isinstance(how, Migrations):
        return {path: data for path, data in whole.value.items() if how.holds(path)}
    if how is not None:
        return whole.value
    others = [one for one in survey.subject.workloads if one.database != database]
    if any(map(is_migration, own.value)) or any(isinstance(one.database, Database) for one in others):
        return own.value
    theirs = [inputs_of(survey.subject, one) for one in others]
    return {
        path: data
        for path, data in whole.value.items()
        if not any(one.matches(path.encode("utf-8", "surrogateescape")) for one in theirs)
    }


async def _whens(survey: Survey) -> Mapping[str, int] | Unknown:
    """When each of Drizzle's migrations was written, as its journals say."""
    known = await survey.get(files)
    if isinstance(known, Unknown):
        return known
    journals = [entry.object_id for entry in known.value if entry.path.endswith(_JOURNAL)]
    if not journals:
        return {}
    texts = await survey.systems.git.history().small_blobs(journals, LARGEST)
    if isinstance(texts, Unknown):
        return texts
    found: dict[str, int] = {}
    for data in texts.value.values():
        try:
            read: Any = json.loads(data)
            found.update({f"{one['tag']}.sql": int(one["when"]) for one in read["entries"]})
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return found


def _installed(texts: Mapping[str, bytes]) -> frozenset[str]:
    return frozenset(
        app[1].decode("utf-8", "replace")
        for path, data in texts.items()
        if path.endswith(".py")
        for listed in _INSTALLED.finditer(data)
        for app in _APP.finditer(listed[1])
    )


async def _serving(survey: Survey, workload: Workload) -> Mapping[Commit, Needs] | Unknown:
    """What the code that serves now needs, by its commit."""
    placed, known = (await survey.get(placements))[workload.name], await survey.get(reference)
    if isinstance(placed, Unknown):
        return placed
    if isinstance(known, Unknown):
        return known
    found: dict[Commit, Needs] = {}
    for placement in placed:
        for revision in placement.serving:
            lineage = await lineage_of(survey, workload, revision.template.main.image)
            if isinstance(lineage, Unknown):
                return lineage
            if lineage.commit is None:
                return Unknown("incomplete", placement.ref, Quoted("nothing proves which commit serves"))
            if lineage.commit not in found:
                needs = await _needs_at(survey, workload, lineage.commit)
                if isinstance(needs, Unknown):
                    return needs
                found[lineage.commit] = needs
    return found


async def _needs_at(survey: Survey, workload: Workload, commit: Commit) -> Needs | Unknown:
    known = await survey.get(reference)
    if isinstance(known, Unknown):
        return known
    history = survey.systems.git.history(known.value.objects)
    tree = await history.tree(commit)
    if isinstance(tree, Unknown):
        return tree
    inputs = inputs_of(survey.subject, workload)
    named = ((entry.path.decode("utf-8", "surrogateescape"), entry) for entry in tree.value)
    wanted = {
        path: entry.object_id
        for path, entry in named
        if entry.mode != GITLINK and path.lower().endswith(SUFFIXES) and inputs.matches(entry.path)
    }
    texts = await history.small_blobs(list(wanted.values()), LARGEST)
    if isinstance(texts, Unknown):
        return texts
    read = {path: texts.value[oid] for path, oid in wanted.items() if oid in texts.value}
    return await asyncio.to_thread(needs_of, read)
