"""The logs of what serves now, and of what served before: the facts of link `healthy` and of the claims.

One list of output and one of requests for all workloads; history is read only where something is wrong or claimed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from signoff.gather.current import jobs, services
from signoff.model.facts import Known, Unknown
from signoff.model.logs import ErrorSeen, Health, LogEntry, UnitLog
from signoff.model.quoted import Quoted
from signoff.model.run import Job, Service
from signoff.model.subject import Workload
from signoff.reading.log_errors import errors
from signoff.survey import Survey

HISTORY = timedelta(days=7)
"""How far back an error counts as known before; what is older has to be read by hand."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A revision that carries traffic, or a job's newest execution (`completed`: when it ended, None while it runs)."""

    resource: str
    region: str
    name: str
    job: bool = False
    completed: datetime | None = None


async def health(survey: Survey, workload: Workload) -> Health | Unknown:
    """What the logs say of the workload's serving revisions, or of its newest execution."""
    serving = await survey.get(units)
    if isinstance(serving, Unknown):
        return serving
    own = [unit for unit in serving if unit.resource == workload.resource and unit.job == (workload.kind == "job")]
    said, asked = await asyncio.gather(survey.get(output), survey.get(requests))
    if isinstance(said, Unknown):
        return said
    if isinstance(asked, Unknown):
        return asked
    logs = []
    for unit in own:
        log = await _unit_log(survey, unit, said, asked)
        if isinstance(log, Unknown):
            return log
        logs.append(log)
    claimed = tuple(claim.gone for claim in survey.subject.claims if claim.workload in {None, workload.name})
    earlier: tuple[ErrorSeen, ...] = ()
    if claimed or any(log.errors for log in logs):
        before = await survey.get(history)
        if isinstance(before, Unknown):
            return before
        earlier = errors([entry for entry in before.value if entry.workload == workload.resource])
    return Health(survey.now, survey.subject.log_lag, tuple(logs), earlier, claimed)


async def units(survey: Survey) -> tuple[Unit, ...] | Unknown:
    """What serves now, over all workloads and regions of the target."""
    kinds = {workload.kind for workload in survey.subject.workloads}
    found: list[Unit] = []
    for region in survey.subject.target.regions:
        if "service" in kinds:
            known = await survey.get(services, region)
            if isinstance(known, Unknown):
                return known
            found.extend(unit for service in known.value.values() for unit in _revisions(survey, service))
        if "job" in kinds:
            listed = await survey.get(jobs, region)
            if isinstance(listed, Unknown):
                return listed
            found.extend(unit for job in listed.value.values() for unit in _executions(job))
    return tuple(found)


def _revisions(survey: Survey, service: Service) -> Iterable[Unit]:
    """The revisions that carry traffic; the one under judgement alone, where there is one."""
    workloads = (workload for workload in survey.subject.workloads if workload.resource == service.name)
    candidates = [survey.subject.candidate[w.name] for w in workloads if w.name in survey.subject.candidate]
    if candidates:
        here = [candidate for candidate in candidates if candidate.region in {None, service.region}]
        return [Unit(service.name, service.region, candidate.revision) for candidate in here]
    return [Unit(service.name, service.region, revision) for revision in service.percent() if revision]


def _executions(job: Job) -> Iterable[Unit]:
    newest = job.latest_execution
    return [Unit(job.name, job.region, newest.name, True, newest.completed)] if newest else []


async def output(survey: Survey) -> Known[tuple[LogEntry, ...]] | Unknown:
    """What could tell an error in the output of everything that serves."""
    serving = await survey.get(units)
    if isinstance(serving, Unknown):
        return serving
    revisions = [unit.name for unit in serving if not unit.job]
    executions = [unit.name for unit in serving if unit.job]
    project, since = survey.subject.target.project, survey.now - HISTORY
    return await survey.systems.logs.output(project, revisions, executions, since)


async def requests(survey: Survey) -> Known[tuple[LogEntry, ...]] | Unknown:
    """The newest requests to everything that serves."""
    serving = await survey.get(units)
    if isinstance(serving, Unknown):
        return serving
    revisions = [unit.name for unit in serving if not unit.job]
    return await survey.systems.logs.requests(survey.subject.target.project, revisions, survey.now - HISTORY)


async def requests_of(survey: Survey, revision: str) -> Known[tuple[LogEntry, ...]] | Unknown:
    """The newest requests to one revision: busier ones may have filled the common list."""
    return await survey.systems.logs.requests(survey.subject.target.project, [revision], survey.now - HISTORY)


async def history(survey: Survey) -> Known[tuple[LogEntry, ...]] | Unknown:
    """Output and failed requests of the same workloads before what serves now."""
    serving = await survey.get(units)
    if isinstance(serving, Unknown):
        return serving
    of_kind = {
        job: sorted(w.resource for w in survey.subject.workloads if (w.kind == "job") == job) for job in (False, True)
    }
    return await survey.systems.logs.before(
        survey.subject.target.project,
        services=of_kind[False],
        jobs=of_kind[True],
        without=[unit.name for unit in serving],
        since=survey.now - HISTORY,
    )


async def _unit_log(
    survey: Survey, unit: Unit, said: Known[tuple[LogEntry, ...]], asked: Known[tuple[LogEntry, ...]]
) -> UnitLog | Unknown:
    entries = [entry for entry in asked.value if _is_of(entry, unit)]
    proof = asked
    if not unit.job and not entries:
        # Busier revisions may have filled the common list: silence is only what was asked for by name.
        alone = await survey.get(requests_of, unit.name)
        if isinstance(alone, Unknown):
            return alone
        entries, proof = [entry for entry in alone.value if _is_of(entry, unit)], alone
    if unit.job:
        exercises = [_run(unit)] if unit.completed else []
        proof = said
    else:
        exercises = [entry for entry in entries if entry.request and not entry.request.refused]
    lines = [entry for entry in said.value if _is_of(entry, unit)]
    found = errors(sorted([*lines, *entries], key=lambda entry: entry.at))
    shown = proof.shows(f"{unit.name}: {'completed runs' if unit.job else 'answered requests'}", len(exercises))
    return UnitLog(unit.name, survey.now - HISTORY, tuple(exercises), found, shown)


def _is_of(entry: LogEntry, unit: Unit) -> bool:
    return entry.unit == unit.name and entry.region in {unit.region, ""}


def _run(unit: Unit) -> LogEntry:
    """A completed execution as the one exercise that a job has."""
    at = unit.completed or datetime.min
    return LogEntry(at, unit.resource, unit.region, unit.name, "INFO", "system", Quoted("completed"))
