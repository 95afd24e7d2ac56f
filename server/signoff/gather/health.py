"""The facts of link `healthy` and of the claims: what serves now, what served before, and what signoff.toml says of it.

What serves is read in lists for all workloads; history is read only where something is wrong, silent or claimed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from signoff.gather.log_past import Past, everybody, past, served_before
from signoff.gather.log_present import errors_of, exercises_of, is_of, requests_to
from signoff.gather.served import Unit, names, units
from signoff.gather.standing import standing
from signoff.model.facts import Known, Unknown
from signoff.model.health import Appeared, Claimed, Health, NoiseSeen, UnitLog
from signoff.model.log_rules import Expected
from signoff.model.logs import ErrorSeen, LogEntry
from signoff.model.quoted import Quoted
from signoff.model.subject import Workload
from signoff.reading.meant import Meant, meant
from signoff.survey import Survey

_COUNTED = {"service": "answered requests", "job": "completed runs", "worker-pool": "lines written"}


async def health(survey: Survey, workload: Workload) -> Health | Unknown:
    """What the logs say of the workload's serving revisions, or of its newest execution."""
    return await survey.get(_health, workload)


async def _health(survey: Survey, workload: Workload) -> Health | Unknown:
    own = (await survey.get(units))[workload.name]
    if isinstance(own, Unknown):
        return own
    claimed = tuple(claim.gone for claim in survey.subject.claims if claim.workload in {None, workload.name})
    logs: list[UnitLog] = []
    for unit in own:
        log = await _unit_log(survey, unit, claimed=bool(claimed))
        if isinstance(log, Unknown):
            return log
        logs.append(log)
    if not claimed and all(log.exercises and not log.errors for log in logs):
        facts = Health(survey.now, survey.subject.log_lag, tuple(logs), kind=workload.kind)
    else:
        before = await survey.get(past, workload)
        if isinstance(before, Unknown):
            return before
        every = await survey.get(everybody)
        if isinstance(every, Unknown):
            return every
        elsewhere = (
            (str(other.name), error)
            for other in survey.subject.workloads
            if other.name != workload.name
            for error in every.get((other.kind, other.resource), Past()).errors
        )
        facts = Health(
            *(survey.now, survey.subject.log_lag, tuple(logs), before.errors),
            elsewhere=tuple(elsewhere),
            failing=before.failing,
            of_session=before.of_session,
            read_back=before.whole,
            kind=workload.kind,
        )
    return await _with_rules(survey, workload, own, facts, claimed)


async def _unit_log(survey: Survey, unit: Unit, *, claimed: bool) -> UnitLog | Unknown:
    said = await errors_of(survey, unit)
    if isinstance(said, Unknown):
        return said
    errors = said.errors.get(unit, ())
    found = await exercises_of(survey, unit, alone=claimed or bool(errors))
    if isinstance(found, Unknown):
        return found
    before = await survey.get(served_before, unit) if unit.kind == "service" and _any_failed(found.entries) else None
    if isinstance(before, Unknown):
        return before
    return UnitLog(
        unit=unit.name,
        region=unit.region,
        since=unit.since,
        began=unit.began,
        exercises=found.entries,
        errors=errors,
        proof=Known(None, found.ref).shows(f"{unit.name}: {_COUNTED[unit.kind]}", len(found.entries)),
        whole=said.whole,
        cut=found.cut,
        running=unit.kind == "job" and unit.ended is None,
        outcome=unit.outcome,
        before=before,
    )


def _any_failed(entries: Iterable[LogEntry]) -> bool:
    return any(entry.request is not None and entry.request.status >= 500 for entry in entries)


async def _with_rules(
    survey: Survey, workload: Workload, own: Sequence[Unit], facts: Health, claimed: Sequence[str]
) -> Health | Unknown:
    """With what the claims, the known noise and the expectations come to."""
    now = tuple(dict.fromkeys(error for log in facts.units for error in log.errors))
    claims: list[Claimed] = []
    for gone in claimed:
        means = await _means(survey, meant(gone), tuple(dict.fromkeys([*now, *facts.earlier])))
        if isinstance(means, Unknown):
            return means
        claims.append(Claimed(gone, means))
    noise: list[NoiseSeen] = []
    for rule in workload.logs.noise:
        of = Meant(rule.text) if rule.text else Meant("", rule.pattern)
        means = await _means(survey, of, now)
        if isinstance(means, Unknown):
            return means
        noise.append(NoiseSeen(rule, means))
    units_with = await _with_expected(survey, workload, own, facts.units)
    if isinstance(units_with, Unknown):
        return units_with
    tried = await _with_tried(survey, own, units_with, [e for c in claims for e in facts.earlier if e in c.means])
    if isinstance(tried, Unknown):
        return tried
    return replace(
        facts,
        units=tried,
        claimed=tuple(claims),
        noise=tuple(noise),
        current=await _is_current(survey, workload) if any(claim.means for claim in claims) else None,
    )


async def _means(survey: Survey, of: Meant, errors: Sequence[ErrorSeen]) -> frozenset[ErrorSeen] | Unknown:
    """Which of the errors are meant."""
    if of.pattern is None or not errors:
        return frozenset(error for error in errors if of.is_plainly(error))
    found = await survey.systems.patterns.found(of.pattern, [error.says for error in errors])
    if isinstance(found, Unknown):
        return found
    return frozenset(error for error, hit in zip(errors, found.value, strict=True) if hit)


async def _with_expected(
    survey: Survey, workload: Workload, own: Sequence[Unit], logs: tuple[UnitLog, ...]
) -> tuple[UnitLog, ...] | Unknown:
    """One question for each expectation."""
    found: dict[str, list[Appeared]] = {}
    for rule in workload.logs.expect:
        since = min((unit.since for unit in own), default=survey.now)
        listed = await survey.systems.logs.saying(survey.subject.target.project, names(own), rule.text, since)
        if isinstance(listed, Unknown):
            return listed
        for unit in own:
            count = sum(1 for entry in listed.value.items if is_of(entry, unit) and _says(entry, rule))
            if count < rule.at_least and not listed.value.whole:
                return Unknown("incomplete", listed.ref, Quoted(f"too many entries to count those with {rule.text!r}"))
            shown = Known(None, listed.ref).shows(f"{unit.name}: entries with {rule.text!r}", count)
            found.setdefault(_key(unit.name, unit.region), []).append(Appeared(rule, count, shown))
    return tuple(replace(log, appeared=tuple(found.get(_key(log.unit, log.region), ()))) for log in logs)


def _key(name: str, region: str) -> str:
    return f"{region}/{name}"


def _says(entry: LogEntry, rule: Expected) -> bool:
    if entry.message.contains(rule.text):
        return True
    within = json.dumps(rule.text, ensure_ascii=False)[1:-1]  # as a payload's JSON text has it
    return entry.payload is not None and entry.payload.contains(within)


async def _with_tried(
    survey: Survey, own: Sequence[Unit], logs: tuple[UnitLog, ...], claimed: Sequence[ErrorSeen]
) -> tuple[UnitLog, ...] | Unknown:
    """Where not all requests were read: those to the paths that raised a claimed error."""
    paths = tuple(sorted({path for error in claimed for path in error.paths}))[:_MOST_PATHS]
    found = []
    for unit, log in zip(own, logs, strict=True):
        if paths and log.cut and unit.kind == "service":
            asked = await survey.get(requests_to, unit, paths)
            if isinstance(asked, Unknown):
                return asked
            log = replace(log, tried=asked.entries)
        found.append(log)
    return tuple(found)


_MOST_PATHS = 20
"""In one question: a filter holds 20,000 characters."""
_LACKS = frozenset({"behind", "diverged", "differs"})
"""Content without the commit in question."""


async def _is_current(survey: Survey, workload: Workload) -> bool | None:
    """Whether what serves holds the commit in question, and the mend with it; None where nothing proves either."""
    facts = await standing(survey, workload)
    if isinstance(facts, Unknown):
        return None
    running = [revision.template for placement in facts.placements for revision in placement.serving]
    running += [placement.execution.template for placement in facts.placements if placement.execution]
    digests = {template.main.image.digest for template in running}
    if digests and digests <= facts.good:
        return True
    lineages = facts.trace.lineages if facts.trace else {}
    lacks = any(digest in lineages and lineages[digest].content.state in _LACKS for digest in digests)
    return False if lacks else None
