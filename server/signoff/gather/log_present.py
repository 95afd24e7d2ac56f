"""The logs of what serves now: one stream of what could tell an error, one list of what exercised it, for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from signoff.gather.served import HISTORY, Unit, known, names, units
from signoff.model.facts import Known, Ref, Unknown
from signoff.model.logs import ErrorSeen, LogEntry
from signoff.model.quoted import Quoted
from signoff.survey import Survey
from signoff.systems.google.pages import Listing

if TYPE_CHECKING:
    from signoff.reading.logs.errors import ErrorLog


@dataclass(frozen=True, slots=True)
class Output:
    """The errors of each unit. `whole`: a bound cut nothing off."""

    errors: Mapping[Unit, tuple[ErrorSeen, ...]]
    whole: bool
    ref: Ref


@dataclass(frozen=True, slots=True)
class Exercises:
    """What one unit did, oldest first. `cut`: there was more of it, and this is the newest."""

    entries: tuple[LogEntry, ...]
    cut: bool
    ref: Ref


async def errors_of(survey: Survey, unit: Unit) -> Output | Unknown:
    """The unit's errors; asked for alone where the stream of all was cut short."""
    common = await survey.get(_all_output)
    if isinstance(common, Unknown) or common.whole:
        return common
    return await survey.get(_output, (unit,))


async def exercises_of(survey: Survey, unit: Unit, *, alone: bool = False) -> Exercises | Unknown:
    """The unit's exercises. Busier units may have filled the common list: silence, and with `alone` whatever counts,
    is only what was asked for by name.
    """
    if unit.kind == "job":
        return _run(survey, unit)
    common = await survey.get(_requests if unit.kind == "service" else _lines)
    if isinstance(common, Unknown):
        return common
    found = _own(unit, common)
    if found.cut and (alone or not found.entries):
        by_name = await survey.get(_of, unit)
        if isinstance(by_name, Unknown):
            return by_name
        found = _own(unit, by_name)
    return await _with_settled(survey, unit, found)


async def _with_settled(survey: Survey, unit: Unit, found: Exercises) -> Exercises | Unknown:
    """A busy unit's newest page may be all younger than the log's lag: then with the newest ones before that."""
    settled = survey.now - survey.subject.log_lag
    if not found.cut or (found.entries and found.entries[0].at <= settled):
        return found
    older = await survey.get(_of, unit, settled)
    if isinstance(older, Unknown):
        return older
    fresh = tuple(entry for entry in found.entries if entry.at >= settled)
    return Exercises(_own(unit, older).entries + fresh, cut=True, ref=found.ref)


async def requests_to(survey: Survey, unit: Unit, paths: tuple[Quoted, ...]) -> Exercises | Unknown:
    """The unit's answered requests to these paths, however many others there were since."""
    asked = [path.outside for path in paths]
    listed = await survey.systems.logs.requests(_project(survey), [unit.name], unit.since, paths=asked)
    return listed if isinstance(listed, Unknown) else _own(unit, listed)


def is_of(entry: LogEntry, unit: Unit) -> bool:
    """Whether the unit wrote it (answered it) since it serves."""
    same = entry.unit == unit.name and entry.kind == unit.kind
    return same and entry.region in {unit.region, ""} and entry.at >= unit.since


async def _all_output(survey: Survey) -> Output | Unknown:
    return await _output(survey, tuple(known(await survey.get(units))))


async def _output(survey: Survey, serving: tuple[Unit, ...]) -> Output | Unknown:
    logs: dict[Unit, ErrorLog] = {}
    by_name: dict[str, list[Unit]] = {}
    for unit in serving:
        by_name.setdefault(unit.name, []).append(unit)

    def take(entry: LogEntry) -> None:
        for unit in by_name.get(entry.unit, ()):
            if is_of(entry, unit):
                if unit not in logs:
                    logs[unit] = _error_log()
                logs[unit].add(entry)

    read = await survey.systems.logs.output(_project(survey), names(serving), _since(survey, serving), take)
    if isinstance(read, Unknown):
        return read
    errors = {unit: logs[unit].found() if unit in logs else () for unit in serving}
    return Output(errors, read.value, read.ref)


def _error_log() -> ErrorLog:
    from signoff.reading.logs.errors import ErrorLog  # its readers of every language: most revisions say nothing

    return ErrorLog()


async def _requests(survey: Survey) -> Known[Listing[LogEntry]] | Unknown:
    serving = [unit for unit in known(await survey.get(units)) if unit.kind == "service"]
    revisions = names(serving).revisions
    return await survey.systems.logs.requests(_project(survey), revisions, _since(survey, serving))


async def _lines(survey: Survey) -> Known[Listing[LogEntry]] | Unknown:
    pools = [unit for unit in known(await survey.get(units)) if unit.kind == "worker-pool"]
    return await survey.systems.logs.written(_project(survey), names(pools), _since(survey, pools))


async def _of(survey: Survey, unit: Unit, until: datetime | None = None) -> Known[Listing[LogEntry]] | Unknown:
    logs, project = survey.systems.logs, _project(survey)
    if unit.kind == "service":
        return await logs.requests(project, [unit.name], unit.since, until)
    return await logs.written(project, names([unit]), unit.since, until)


def _own(unit: Unit, listed: Known[Listing[LogEntry]]) -> Exercises:
    entries = (entry for entry in listed.value.items if is_of(entry, unit))
    answered = (entry for entry in entries if not (entry.request and entry.request.refused))
    return Exercises(tuple(answered), not listed.value.whole, listed.ref)


def _run(survey: Survey, unit: Unit) -> Exercises:
    """An execution that has ended, as the one exercise that a job has."""
    look = ("gcloud", "run", "jobs", "executions", "describe", unit.name)
    where = (f"--region={unit.region}", f"--project={_project(survey)}")
    name = f"projects/{_project(survey)}/locations/{unit.region}/jobs/{unit.resource}/executions/{unit.name}"
    ref = Ref("run", name, survey.now, (*look, *where))
    if unit.ended is None:
        return Exercises((), cut=False, ref=ref)
    says = Quoted(unit.outcome or "completed")
    run = LogEntry(unit.ended, unit.resource, unit.region, unit.name, "INFO", "system", says, kind="job")
    return Exercises((run,), cut=False, ref=ref)


def _since(survey: Survey, found: Sequence[Unit]) -> datetime:
    return min((unit.since for unit in found), default=survey.now - HISTORY)


def _project(survey: Survey) -> str:
    return survey.subject.target.project
