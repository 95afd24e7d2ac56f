"""Link `healthy`: on the revision that serves the error is gone, and no new one came.

Silence is not health: a revision that answered no request, a job that never ran on the new image, prove nothing
(incident I1). Entries may come late, so an exercise counts once it is older than the ingestion lag (incident I4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from signoff.checks import expected_logs
from signoff.checks.claimed import called, routes_of
from signoff.checks.error_findings import (
    KNOWN_ERROR,
    MOVED,
    NEW_ERROR,
    NOISE,
    NOISE_RAN_OUT,
    STILL_THERE,
    moment,
    ran_out,
    seen,
    severe,
)
from signoff.checks.expected_logs import MISSING
from signoff.checks.rates import Rate, chance_of_rise, rose
from signoff.model.finding import Action, Advice, Finding, Fix
from signoff.model.health import Health, UnitLog
from signoff.model.judgement import Judgement, Status, failed, passed, unknown, waiting
from signoff.model.logs import LogEntry
from signoff.model.subject import Workload
from signoff.model.text import Text, listed, text

NOT_EXERCISED = "healthy/not-exercised"
RATE_ROSE = "healthy/rate-rose"
RUN_FAILED = "healthy/run-failed"

CODES: Mapping[str, str] = {
    STILL_THERE: "an error that the session says is gone is in the logs of what serves now",
    NEW_ERROR: "an error is in the logs of what serves now that was not there before",
    MOVED: "an error that another workload had before is in the logs of this one now",
    KNOWN_ERROR: "an error that nobody claimed to mend goes on as before",
    RATE_ROSE: "more of the requests fail than before, by more than chance explains",
    RUN_FAILED: "the job's newest execution failed, or was cancelled",
    MISSING: "an entry that signoff.toml expects in the logs is not there",
    NOISE: "an error that signoff.toml declares as known, with a reason and an end date",
    NOISE_RAN_OUT: "the end date of a known error is over: it is judged again",
    NOT_EXERCISED: "no request was answered with success by what serves now, or no run, so its silence proves nothing",
}


def judge(workload: Workload, health: Health) -> Judgement:
    """Every unit that serves has to be exercised and free of claimed and of new errors."""
    judged = [_judge_unit(workload, health, unit) for unit in health.units]
    notes = ran_out(workload, health)
    if not judged and workload.kind == "job":
        never = Finding(NOT_EXERCISED, text("job {} has not run", workload.resource), fix=_exercise(workload, health))
        return unknown(text("silence is not health"), never, *notes)
    if not judged:
        return unknown(text("nothing of {} serves, so there is no log to judge", workload.name), *notes)
    findings = (*(finding for one in judged for finding in one.findings), *notes)
    if any(one.status is Status.FAIL for one in judged):
        first, *more = sorted(findings, key=lambda finding: finding.severity != "error")
        return failed(first, *more)
    order = list(Status)
    worst = max(judged, key=lambda judgement: order.index(judgement.status))
    if worst.status is not Status.PASS:
        return Judgement(worst.status, worst.evidence, findings, worst.reason, worst.waits_on, worst.ask_again_at)
    proofs = [unit.proof for unit in health.units]
    more_proofs = [one.proof for unit in health.units for one in unit.appeared]
    said = listed([_says(health, unit) for unit in health.units])
    return passed(proofs[0], *proofs[1:], *more_proofs, says=said, notes=findings)


def _judge_unit(workload: Workload, health: Health, unit: UnitLog) -> Judgement:
    found = seen(workload, health, unit)
    missing, awaited = expected_logs.missing(workload, health, unit)
    found += [*missing, *_run_failed(workload, unit), *_rate(unit)]
    if severe(found):
        first, *more = sorted(found, key=lambda finding: finding.severity != "error")
        return failed(first, *more)
    if not unit.whole:
        says = text("the logs of {} hold more that could tell an error than can be read", unit.unit)
        return unknown(says, *found, evidence=(unit.proof,))
    if unit.running:
        return waiting("runs", text("execution {} has not ended yet", unit.unit), *found)
    worked = [entry for entry in unit.exercises if entry.request is None or entry.request.status < 400]
    if not worked:
        return unknown(text("silence is not health"), _silent(workload, health, unit), *found)
    if health.kind == "job" and not unit.outcome:
        return unknown(text("Cloud Run does not say how execution {} ended", unit.unit), *found)
    settled = min(entry.at for entry in worked) + health.lag
    if settled > health.now:
        return waiting("time", text("the logs of {} may still be on their way", unit.unit), *found, until=settled)
    if awaited:
        last = max(awaited, key=lambda one: one.until)
        return waiting("time", listed([one.says for one in awaited]), *found, until=last.until)
    return passed(unit.proof, notes=tuple(found))


def _run_failed(workload: Workload, unit: UnitLog) -> list[Finding]:
    if unit.outcome not in {"failed", "cancelled"}:
        return []
    says = text("execution {} {}", unit.unit, "failed" if unit.outcome == "failed" else "was cancelled")
    mend: Fix = Advice(text("read the logs of {}, mend what ended it, and run {} again", unit.unit, workload.resource))
    if unit.outcome == "cancelled":
        mend = Action("run", (workload.name,))
    return [Finding(RUN_FAILED, says, (unit.proof,), mend)]


def _rate(unit: UnitLog) -> list[Finding]:
    """Failed requests against those of the revision before; a rise that chance explains is none."""
    if unit.before is None:
        return []
    new, old = _failing(unit.exercises), Rate(unit.before.failed, unit.before.answered)
    if not rose(new, old):
        return []
    says = text(
        "{} of {} requests fail on {} ({}), {} of {} on {} before ({}): p = {}",
        *(new.hits, new.n, unit.unit, _percent(new.hits / new.n)),
        *(old.hits, old.n, unit.before.unit, _percent(old.hits / old.n)),
        f"{chance_of_rise(new, old):.2g}",
    )
    return [Finding(RATE_ROSE, says, (unit.proof, unit.before.proof), Advice(text("roll back if users meet it")))]


def _silent(workload: Workload, health: Health, unit: UnitLog) -> Finding:
    did = {"service": "answered no request", "job": "has not run", "worker-pool": "wrote nothing"}[health.kind]
    if unit.exercises:
        did = f"answered {_count(len(unit.exercises), 'request')}, none of them with success,"
    says = text("{} {} since {}", unit.unit, did, moment(unit.since))
    return Finding(NOT_EXERCISED, says, (unit.proof,), _exercise(workload, health))


def _exercise(workload: Workload, health: Health) -> Fix:
    if workload.kind == "job":
        return Action("run", (workload.name,))
    if workload.kind == "worker-pool":
        return Advice(text("give {} work to do, then ask again", workload.name))
    routes = routes_of(health, health.earlier)
    if routes:
        return Advice(text("send {} to {} once, then ask again", called(routes[0]), workload.name))
    return Advice(text("send {} a request as a user does, then ask again", workload.name))


def _says(health: Health, unit: UnitLog) -> Text:
    """What a pass proved, with n and with what n observations can not rule out."""
    done = [entry for entry in unit.exercises if entry.at + health.lag <= health.now]
    if health.kind == "job":
        return text("{} ran without a new error (n = 1 run, which bounds nothing)", unit.unit)
    if health.kind == "worker-pool":
        wrote = _count(len(done), "line")
        least = "at least " if unit.cut else ""
        unsaid = "" if unit.appeared else " (no logs.expect says what its normal work looks like)"
        return text("{} wrote {}{} without a new error{}", unit.unit, least, wrote, unsaid)
    rate = _failing(done)
    newest = "the newest " if unit.cut else ""
    bound = f"what none of them met may still meet {_percent(rate.unseen)} of all (3/n)"
    before = unit.before
    against = f", {before.failed} of {before.answered} on {before.unit} before" if before else ""
    own = sum(1 for entry in done if entry.request and entry.request.own)
    turned = sum(1 for entry in done if entry.request and 400 <= entry.request.status < 500)
    less = f"; {turned} of {rate.n} {'was' if turned == 1 else 'were'} turned away (4xx)" if turned else ""
    whose = f"; {own} of {rate.n} {'is' if own == 1 else 'are'} signoff's own smoke" if own else ""
    return text(
        "{} answered {}{} without a new error: n = {}, {} failed{}; {}{}{}",
        *(unit.unit, newest, "a request" if rate.n == 1 else f"{rate.n} requests"),
        *(rate.n, rate.hits, against, bound, less, whose),
    )


def _failing(entries: Sequence[LogEntry]) -> Rate:
    requests = [entry.request for entry in entries if entry.request]
    return Rate(sum(1 for request in requests if request.status >= 500), len(requests))


def _percent(share: float) -> str:
    return f"{share * 100:.2g} %" if share < 0.995 else "100 %"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" + ("" if n == 1 else "s")
