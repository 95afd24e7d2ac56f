"""Link `healthy`: on the revision that serves the error is gone, and no new one came.

Silence is not health: a revision that answered no request, a job that never ran on the new image, prove nothing
(incident I1). Entries may come late, so an exercise counts once it is older than the ingestion lag (incident I4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from signoff.model.evidence import Evidence
from signoff.model.finding import Action, Advice, Finding
from signoff.model.judgement import Judgement, Status, failed, passed, unknown, waiting
from signoff.model.logs import ErrorSeen, Health, UnitLog
from signoff.model.quoted import Quoted
from signoff.model.subject import Workload
from signoff.model.text import Text, text

STILL_THERE = "healthy/still-there"
NEW_ERROR = "healthy/new-error"
KNOWN_ERROR = "healthy/known-error"
NOT_EXERCISED = "healthy/not-exercised"

CODES: Mapping[str, str] = {
    STILL_THERE: "an error that the session says is gone is in the logs of what serves now",
    NEW_ERROR: "an error is in the logs of what serves now that was not there before",
    KNOWN_ERROR: "an error that nobody claimed to mend goes on as before",
    NOT_EXERCISED: "no request, or no run, reached what serves now, so its silence proves nothing",
}


def judge(workload: Workload, health: Health) -> Judgement:
    """Every unit that serves has to be exercised and free of claimed and of new errors."""
    judged = [_judge_unit(workload, health, unit) for unit in health.units]
    if not judged:
        return unknown(text("nothing of {} serves, so there is no log to judge", workload.name))
    order = list(Status)
    worst = max(judged, key=lambda judgement: order.index(judgement.status))
    if worst.status is not Status.PASS:
        return worst
    proofs = [unit.proof for unit in health.units]
    return passed(
        proofs[0],
        *proofs[1:],
        says=_says(workload, health),
        notes=tuple(note for judgement in judged for note in judgement.findings),
    )


def claim(health: Mapping[str, Health], gone: str) -> tuple[Status, Text]:
    """Whether a claimed error is gone, over all workloads: proven only where what raised it was exercised since."""
    for facts in health.values():
        for unit in facts.units:
            if any(_is(error, gone) for error in unit.errors):
                return Status.FAIL, text("{} is still in the logs of {}", Quoted(gone), unit.unit)
    earlier = {name: [error for error in facts.earlier if _is(error, gone)] for name, facts in health.items()}
    if not any(earlier.values()):
        return Status.UNKNOWN, text("{} is not in the logs before either: its absence proves nothing", Quoted(gone))
    for name, errors in earlier.items():
        if errors and (missing := _not_exercised(health[name], errors)):
            if _not_exercised(health[name], errors, lag=timedelta(0)) is None:
                return Status.WAITING, text("{} is not seen on {}; logs may still be on their way", Quoted(gone), name)
            return Status.UNKNOWN, text("{} is not seen on {}, but {}", Quoted(gone), name, missing)
    return Status.PASS, text("{} is gone: what raised it was exercised since", Quoted(gone))


def _judge_unit(workload: Workload, health: Health, unit: UnitLog) -> Judgement:
    claimed = [error for error in unit.errors if any(_is(error, gone) for gone in health.claimed)]
    if claimed:
        return failed(*(_still_there(workload, unit, error) for error in claimed))
    before = {error.signature for error in health.earlier}
    new = [error for error in unit.errors if error.signature not in before]
    if new:
        return failed(*(_new(unit, error) for error in new))
    if not unit.exercises:
        return unknown(
            text("{} answered nothing since {}: silence is not health", unit.unit, _moment(unit.since)),
            Finding(
                NOT_EXERCISED,
                text("nothing reached {} since it serves", unit.unit),
                (unit.proof,),
                fix=_exercise(workload, health.earlier),
                severity="warning",
            ),
        )
    settled = min(entry.at for entry in unit.exercises) + health.lag
    if settled > health.now:
        return waiting("time", text("the logs of {} may still be on their way", unit.unit), until=settled)
    return passed(unit.proof, notes=tuple(_known(unit, error) for error in unit.errors))


def _is(error: ErrorSeen, gone: str) -> bool:
    return error.says.contains(gone) or error.signature == gone


def _not_exercised(health: Health, errors: Sequence[ErrorSeen], *, lag: timedelta | None = None) -> Text | None:
    """What of the errors' paths was not answered since, by what serves now and before the lag; None: all was."""
    late = health.lag if lag is None else lag
    settled = [
        entry.request.path if entry.request else None
        for unit in health.units
        for entry in unit.exercises
        if entry.at + late <= health.now and (entry.request is None or entry.request.status < 500)
    ]
    if not settled:
        return text("nothing exercised it since")
    paths = {path for error in errors for path in error.paths}
    if None not in settled and not paths:
        return text("which request raised it is not known, so none is known to have tried it since")
    for path in sorted(paths):
        if path not in settled and None not in settled:
            return text("{} was not requested since", path)
    return None


def _still_there(workload: Workload, unit: UnitLog, error: ErrorSeen) -> Finding:
    return Finding(
        STILL_THERE,
        text("{} is still in the logs of {} (seen: {}, last at {})", *_of(error, unit)),
        (_shown(unit, error),),
        fix=Action("deploy", (workload.name,)),
    )


def _new(unit: UnitLog, error: ErrorSeen) -> Finding:
    return Finding(
        NEW_ERROR,
        text("{} is new in the logs of {} (seen: {}, last at {})", *_of(error, unit)),
        (_shown(unit, error),),
        fix=Advice(text("read these log lines; roll back if users meet it")),
    )


def _known(unit: UnitLog, error: ErrorSeen) -> Finding:
    return Finding(
        KNOWN_ERROR,
        text("{} goes on in {} as before (seen: {}, last at {})", *_of(error, unit)),
        (_shown(unit, error),),
        severity="warning",
    )


def _of(error: ErrorSeen, unit: UnitLog) -> tuple[Quoted, str, int, str]:
    return error.says, unit.unit, error.count, _moment(error.last)


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _shown(unit: UnitLog, error: ErrorSeen) -> Evidence:
    return Evidence("logging", unit.proof.resource, "error", error.says, unit.proof.at, look=unit.proof.look)


def _exercise(workload: Workload, earlier: Sequence[ErrorSeen]) -> Advice:
    if workload.kind == "job":
        return Advice(text("run job {} once, then ask again", workload.resource))
    paths = sorted({path for error in earlier for path in error.paths})
    if paths:
        return Advice(text("request {} once, then ask again", paths[0]))
    return Advice(text("send {} a request as a user does, then ask again", workload.name))


def _says(workload: Workload, health: Health) -> Text:
    units = ", ".join(unit.unit for unit in health.units)
    if workload.kind == "job":
        return text("{} ran without a new error", units)
    count = sum(len(unit.exercises) for unit in health.units)
    return text("{} answered {} without a new error", units, "a request" if count == 1 else f"{count} requests")
