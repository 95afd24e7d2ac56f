"""Entries that signoff.toml expects of each revision or run: there, still to come, or missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from signoff.model.finding import Advice, Finding, Location
from signoff.model.health import Appeared, Health, UnitLog
from signoff.model.subject import Workload
from signoff.model.text import Text, text

MISSING = "healthy/expected-missing"


@dataclass(frozen=True, slots=True)
class Awaited:
    """Entries that may still come, up to a moment."""

    says: Text
    until: datetime


def missing(workload: Workload, health: Health, unit: UnitLog) -> tuple[list[Finding], list[Awaited]]:
    """What is missing of one unit, and what may still come; nothing of either where all is there."""
    findings, awaited = [], []
    for one in unit.appeared:
        if one.count >= one.rule.at_least or not unit.exercises:
            continue
        until = _until(health, unit, one)
        if until > health.now:
            awaited.append(Awaited(_says(unit, one), until))
        else:
            place = Location(workload.logs.place, one.rule.line)
            fix = Advice(text("see why it does not get so far; where its words changed, change them in signoff.toml"))
            findings.append(Finding(MISSING, _says(unit, one), (one.proof,), fix, location=place))
    return findings, awaited


def worked(unit: UnitLog) -> bool:
    """Whether something was expected and all of it was written."""
    return bool(unit.appeared) and all(one.count >= one.rule.at_least for one in unit.appeared)


def _until(health: Health, unit: UnitLog, one: Appeared) -> datetime:
    """A run writes before it ends; what goes on gets its time from when it serves and was first used."""
    first = unit.exercises[0].at
    if health.kind == "job":
        return first + health.lag
    return max(unit.began, first if health.kind == "service" else unit.began) + one.rule.within + health.lag


def _says(unit: UnitLog, one: Appeared) -> Text:
    wrote = "never" if not one.count else "once" if one.count == 1 else f"{one.count} times"
    return text('{} wrote "{}" {}: at least {} expected', unit.unit, one.rule.text, wrote, one.rule.at_least)
