"""Findings of link `healthy` about errors that were seen: still there, new, moved, known, let be as noise."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from signoff.model.evidence import Evidence
from signoff.model.finding import Action, Advice, Finding, Fix, Location
from signoff.model.health import Health, NoiseSeen, UnitLog
from signoff.model.logs import ErrorSeen
from signoff.model.quoted import Quoted
from signoff.model.subject import Workload
from signoff.model.text import text

STILL_THERE = "healthy/still-there"
NEW_ERROR = "healthy/new-error"
MOVED = "healthy/moved"
KNOWN_ERROR = "healthy/known-error"
NOISE = "healthy/noise"
NOISE_RAN_OUT = "healthy/noise-ran-out"


def seen(workload: Workload, health: Health, unit: UnitLog) -> list[Finding]:
    """Every error of one unit as the finding that it is."""
    claimed = {error for claim in health.claimed for error in claim.means}
    let_be = {error: one for one in health.noise if not _ran_out(health, one) for error in one.means}
    found = []
    for error in unit.errors:
        if error in claimed:
            found.append(_still_there(workload, health, unit, error))
        elif error in let_be:
            found.append(_noise(unit, error, let_be[error]))
        elif _was_there(health, unit, error):
            found.append(_known(unit, error))
        else:
            found.append(_new(health, unit, error))
    return found


def ran_out(workload: Workload, health: Health) -> tuple[Finding, ...]:
    """Known noise whose end date is over."""
    return tuple(
        Finding(
            NOISE_RAN_OUT,
            text('"{}" was let be until {} ({}): it is judged again', one.rule.called, *_until(one)),
            fix=Advice(text("mend it and take the entry out, or write a new end date with its reason")),
            severity="warning",
            location=Location(workload.logs.place, one.rule.line),
        )
        for one in health.noise
        if _ran_out(health, one)
    )


def moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _ran_out(health: Health, one: NoiseSeen) -> bool:
    return health.now.date() > one.rule.until


def _was_there(health: Health, unit: UnitLog, error: ErrorSeen) -> bool:
    """Before what serves now, or on another revision that serves for longer.

    What came with an earlier attempt of the same session was not: a second deploy, or run, makes no error an old one.
    """
    longer = (e for other in health.units if other.began < unit.began for e in other.errors)
    before = (e for e in health.earlier if e not in health.of_session)
    return any(error.same_error(one) for one in (*before, *longer))


def _still_there(workload: Workload, health: Health, unit: UnitLog, error: ErrorSeen) -> Finding:
    mend: Fix = Action("deploy", (workload.name,))
    if health.current is not False:
        again = " (it runs already, another deploy mends nothing)" if health.current else ""
        mend = Advice(text("read these log lines and mend the code again{}", again))
    return _finding(STILL_THERE, "{} is still in the logs of {} (seen: {}, last at {})", unit, error, mend)


def _new(health: Health, unit: UnitLog, error: ErrorSeen) -> Finding:
    moved = next((name for name, before in health.elsewhere if error.same_error(before)), None)
    if moved is not None:
        says = f"{{}} was in the logs of {moved} before and is in those of {{}} now (seen: {{}}, last at {{}})"
        return _finding(MOVED, says, unit, error, Advice(text("the cause is still there: look at what both share")))
    advice = Advice(text("read these log lines; roll back if users meet it"))
    new = "new" if health.read_back else "not in what can be read of before, and"
    return _finding(NEW_ERROR, f"{{}} is {new} in the logs of {{}} (seen: {{}}, last at {{}})", unit, error, advice)


def _known(unit: UnitLog, error: ErrorSeen) -> Finding:
    says = "{} goes on in {} as before (seen: {}, last at {})"
    return Finding(KNOWN_ERROR, text(says, *_of(error, unit)), (_shown(unit, error),), severity="warning")


def _noise(unit: UnitLog, error: ErrorSeen, one: NoiseSeen) -> Finding:
    says = text("{} in {} (seen: {}, last at {}) is let be until {}: {}", *_of(error, unit), *_until(one))
    return Finding(NOISE, says, (_shown(unit, error),), severity="note")


def _finding(code: str, says: str, unit: UnitLog, error: ErrorSeen, fix: Fix) -> Finding:
    return Finding(code, text(says, *_of(error, unit)), (_shown(unit, error),), fix)


def _of(error: ErrorSeen, unit: UnitLog) -> tuple[Quoted, str, int, str]:
    return error.says, unit.unit, error.count, moment(error.last)


def _shown(unit: UnitLog, error: ErrorSeen) -> Evidence:
    return Evidence("logging", unit.proof.resource, "error", error.says, unit.proof.at, look=unit.proof.look)


def _until(one: NoiseSeen) -> tuple[str, str]:
    return one.rule.until.isoformat(), one.rule.why


def severe(findings: Iterable[Finding]) -> bool:
    return any(finding.severity == "error" for finding in findings)
