"""The rows that a workload has to produce, its trackers, and which code wrote them: the facts of link `fresh`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from signoff.gather.content import contents
from signoff.gather.overview import wanted
from signoff.gather.source import reference
from signoff.model.data import DataCheck, FirestoreDocument, Tracker
from signoff.model.data_seen import DataFacts, DataSeen, Moments, Tracked, Writers, WrittenBy
from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.model.source import Reference
from signoff.model.subject import Workload
from signoff.survey import Survey


async def data(survey: Survey, workload: Workload) -> DataFacts:
    """What became known of each declared check; what did not is told in its place, so that the others still count."""
    seen = await asyncio.gather(*(_seen(survey, workload, check) for check in workload.data))
    return DataFacts(survey.now, tuple(seen))


async def _seen(survey: Survey, workload: Workload, check: DataCheck) -> DataSeen:
    from signoff.reading.due import moments

    when = moments(check, survey.now)
    groups, tracked, writers = await asyncio.gather(
        survey.systems.tables.groups(check, when, survey.now),
        _tracked(survey, check, when),
        _writers(survey, workload, check),
    )
    return DataSeen(check, when, groups, tracked, writers)


async def _tracked(survey: Survey, check: DataCheck, when: Moments) -> Known[Tracked] | Unknown | None:
    tracker = check.tracker
    if tracker is None:
        return None
    names = [name for name, _ in tracker.complete]
    if isinstance(tracker.source, FirestoreDocument):
        from zoneinfo import ZoneInfo

        day = (when.due or survey.now).astimezone(ZoneInfo(check.zone)).date()
        document = replace(tracker.source, path=tracker.source.path.replace("{date}", day.isoformat()))
        found: Known[Any] | Unknown = await survey.systems.firestore.fields(document, names)
    else:
        found = await survey.systems.tables.first_row(tracker.tables or check.tables, tracker.source, names)
    return found if isinstance(found, Unknown) else Known(_read(tracker, found.value), found.ref)


def _read(tracker: Tracker, found: Mapping[str, Any] | None) -> Tracked:
    if found is None:
        return Tracked(None, complete=False)
    fields = tuple((name, _shown(found[name])) for name, _ in tracker.complete)
    return Tracked(fields, all(_equal(found[name], value) for name, value in tracker.complete))


def _shown(value: object) -> Quoted | None:
    if value is None:
        return None
    return Quoted(value.isoformat() if isinstance(value, datetime | date) else str(value))


def _equal(stored: object, wanted: str | int | bool) -> bool:
    """SQLite has no booleans: it stores 1 and 0."""
    if isinstance(wanted, bool):
        return stored in (wanted, int(wanted)) and not isinstance(stored, str)
    return stored == wanted and not isinstance(stored, bool)


async def _writers(survey: Survey, workload: Workload, check: DataCheck) -> Known[Writers] | Unknown | None:
    if check.commit is None:
        return None
    known = await survey.get(reference)
    if isinstance(known, Unknown):
        return known
    changed = await _changed(survey, workload, known.value)
    if isinstance(changed, Unknown):
        return changed
    found = await survey.systems.tables.writers(check, min(changed, survey.now - check.max_age))
    if isinstance(found, Unknown):
        return found
    commits = await survey.systems.git.history(known.value.objects).named([says for says, _, _ in found.value])
    if isinstance(commits, Unknown):
        return commits
    pairs = [(workload.name, commit) for commit in commits.value.values()]
    held = await contents(survey, known.value, pairs)
    if isinstance(held, Unknown):
        return held
    by: list[WrittenBy] = []
    for says, last, rows in found.value:
        commit = commits.value.get(says)
        by.append(WrittenBy(says, last, rows, commit, held[workload.name, commit] if commit else None))
    return Known(Writers(changed, tuple(by)), found.ref)


async def _changed(survey: Survey, workload: Workload, known: Reference) -> datetime | Unknown:
    """When the newest commit that touches the inputs was made."""
    commit = (await survey.get(wanted)).get(workload.name, known.commit)
    lines = await survey.systems.git.history(known.objects).lines([commit])
    if isinstance(lines, Unknown):
        return lines
    return lines.value[0].at.astimezone(UTC)
