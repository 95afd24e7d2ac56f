"""What the logs said before what serves now: errors of the same workloads, and how often requests failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signoff.gather.placements import execution_history, revision_history
from signoff.gather.served import HISTORY, Unit, Units, known, names, units
from signoff.model.facts import Known, Unknown
from signoff.model.health import Before, Route
from signoff.model.logs import ErrorSeen, LogEntry
from signoff.model.subject import Kind, Workload
from signoff.survey import Survey
from signoff.systems.google.log_filters import Names, Resources

if TYPE_CHECKING:
    from signoff.reading.logs.errors import ErrorLog


@dataclass(slots=True)
class _Reading:
    log: ErrorLog
    failing: set[Route]
    older: ErrorLog | None = None
    """Of units that were there before the session alone, where it made some."""

    def add(self, entry: LogEntry, *, of_session: bool) -> None:
        self.log.add(entry)
        if self.older is not None and not of_session:
            self.older.add(entry)
        if entry.request:
            self.failing.add((entry.request.method, entry.request.path))

    def past(self, *, whole: bool) -> Past:
        errors = self.log.found()
        older = {error.signature for error in (errors if self.older is None else self.older.found())}
        made = frozenset(error for error in errors if error.signature not in older)
        return Past(errors, frozenset(self.failing), whole, made)


@dataclass(frozen=True, slots=True)
class Past:
    """Of one workload. `failing`: requests that were answered with 5xx. `whole`: a bound cut nothing off.

    `of_session`: those of the errors that only revisions and executions met that were made since the session began.
    """

    errors: tuple[ErrorSeen, ...] = ()
    failing: frozenset[Route] = frozenset()
    whole: bool = True
    of_session: frozenset[ErrorSeen] = frozenset()


async def past(survey: Survey, workload: Workload) -> Past | Unknown:
    """What the workload showed before what serves now; asked for alone where the list of all was cut short."""
    every = await survey.get(everybody)
    if isinstance(every, Unknown):
        return every
    found = every.get((workload.kind, workload.resource), Past())
    if found.whole and all(one.whole for one in every.values()):
        return found
    alone = await survey.get(_past, (workload,))
    return alone if isinstance(alone, Unknown) else alone.get((workload.kind, workload.resource), Past())


async def everybody(survey: Survey) -> Mapping[tuple[Kind, str], Past] | Unknown:
    """All workloads of the subject in as few lists as a filter can name; what a bound may have cut off is missing."""
    serving = await survey.get(units)
    found: dict[tuple[Kind, str], Past] = {}
    for some in _batches(survey.subject.workloads, serving):
        read = await _past(survey, some)
        if isinstance(read, Unknown):
            return read
        found |= read
    return found


_MOST_NAMES = 15_000
"""Characters of names in one filter, which may have 20,000: https://cloud.google.com/logging/quotas"""


def _batches(workloads: Iterable[Workload], serving: Units) -> Iterator[tuple[Workload, ...]]:
    batch: list[Workload] = []
    length = 0
    for workload in workloads:
        own = sum(len(name) + len('"" OR ') for name in (workload.resource, *names(_own(workload, serving)).every))
        if batch and length + own > _MOST_NAMES:
            yield tuple(batch)
            batch, length = [], 0
        batch.append(workload)
        length += own
    if batch:
        yield tuple(batch)


def _own(workload: Workload, serving: Units) -> list[Unit]:
    return known({name: found for name, found in serving.items() if name == workload.name})


async def _past(survey: Survey, workloads: tuple[Workload, ...]) -> Mapping[tuple[Kind, str], Past] | Unknown:
    """By kind and name, of those that had any."""
    serving = [unit for workload in workloads for unit in _own(workload, await survey.get(units))]
    of = Resources(*(_resources(workloads, kind) for kind in ("service", "job", "worker-pool")))
    project, oldest = survey.subject.target.project, survey.now - HISTORY
    listed = await survey.systems.logs.before(project, of, names(serving), oldest)
    if isinstance(listed, Unknown):
        return listed
    made = await _made_in_session(survey, workloads)
    read: dict[tuple[Kind, str], _Reading] = {}
    if listed.value.items:
        from signoff.reading.logs.errors import ErrorLog  # its readers of every language: most workloads are quiet
    for entry in listed.value.items:
        place = (entry.kind, entry.workload)
        if place not in read:
            read[place] = _Reading(ErrorLog(), set(), ErrorLog() if made else None)
        read[place].add(entry, of_session=(entry.workload, entry.unit) in made)
    return {place: one.past(whole=listed.value.whole) for place, one in read.items()}


async def _made_in_session(survey: Survey, workloads: tuple[Workload, ...]) -> frozenset[tuple[str, str]]:
    """Revisions and executions, by the name of their service or job, that were made since the session began."""
    session = survey.subject.session
    if session is None:
        return frozenset()
    kinds = {workload.kind for workload in workloads}
    histories = [
        await survey.get(history, region)
        for kind, history in (("service", revision_history), ("job", execution_history))
        for region in survey.subject.target.regions
        if kind in kinds
    ]
    return frozenset(
        place
        for history in histories
        if not isinstance(history, Unknown)
        for place, one in history.entries.items()
        if one.created >= session.began
    )


async def served_before(survey: Survey, unit: Unit) -> Before | Unknown | None:
    """How the newest requests went that were answered before the revision served, by the one that answered the last of
    them; None where nothing answered any.
    """
    project, oldest = survey.subject.target.project, survey.now - HISTORY
    listed = await survey.systems.logs.requests_before(
        project, unit.resource, Names((unit.name,)), oldest, until=unit.since
    )
    if isinstance(listed, Unknown):
        return listed
    answered = [entry for entry in listed.value.items if _answered(entry) and entry.region in {unit.region, ""}]
    if not answered:
        return None
    name = answered[-1].unit
    own = [entry for entry in answered if entry.unit == name]
    failed = sum(1 for entry in own if entry.request and entry.request.status >= 500)
    shown = Known(None, listed.ref).shows(f"{name}: failed of answered", (failed, len(own)))
    return Before(name, len(own), failed, shown)


def _answered(entry: LogEntry) -> bool:
    return entry.request is not None and not entry.request.refused


def _resources(workloads: tuple[Workload, ...], kind: Kind) -> tuple[str, ...]:
    return tuple(sorted({workload.resource for workload in workloads if workload.kind == kind}))
