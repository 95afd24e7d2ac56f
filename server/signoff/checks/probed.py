"""One request and what became of it, as a judgement: nothing passes that did not provably arrive."""

from __future__ import annotations

from typing import cast

from signoff.checks import stopped
from signoff.model.arrival import Answer, Arrivals, Landed, Probe
from signoff.model.evidence import Evidence
from signoff.model.facts import Known, Unknown
from signoff.model.finding import Finding
from signoff.model.http import Failure
from signoff.model.judgement import Judgement, failed, passed, skipped, unknown, waiting
from signoff.model.subject import Workload
from signoff.model.text import Text, text
from signoff.model.unanswered import not_told


def judged(workload: Workload, facts: Arrivals, probe: Probe) -> Judgement:
    """What one request proved, whatever was expected of it."""
    answer = probe.sent.answer
    if isinstance(answer, Unknown):
        return not_told(answer)
    if answer is None:
        return _never_seen(facts, probe)
    if isinstance(answer.value, Failure):
        finding = stopped.no_answer(probe, cast(Known[Failure], answer))
        if finding.severity == "error" and probe.sent.smoke.expect == "reach":
            return failed(finding)
        return unknown(text("{} got no answer", probe.sent.smoke.called), _warning(finding))
    known = cast(Known[Answer], answer)
    if probe.sent.smoke.expect == "blocked":
        return _blocked(facts, probe, known)
    if isinstance(probe.landed, Landed):
        if probe.landed.refused and probe.landed.entry.workload == workload.resource:
            return _turned_away(facts, probe, known, probe.landed)
        return _arrived(workload, facts, probe, known, probe.landed)
    return _not_seen(workload, facts, probe, known)


def _arrived(workload: Workload, facts: Arrivals, probe: Probe, known: Known[Answer], landed: Landed) -> Judgement:
    answer, smoke = known.value, probe.sent.smoke
    if landed.entry.unit not in facts.revisions or landed.entry.workload != workload.resource:
        return failed(stopped.other_revision(facts, probe, landed, workload.resource))
    if answer.status >= 500 and answer.status not in smoke.status:
        return failed(stopped.server_error(probe, known, landed))
    if smoke.by_default:
        if answer.status >= 400:
            reason = text(
                "{} reached {}, which answered {}: that is no success", smoke.called, landed.entry.unit, answer.status
            )
            return unknown(reason, evidence=(landed.proof, known.shows("status", answer.status)))
    elif answer.unmet:
        found = answer.wall if answer.wall is not None and answer.wall.kind == "login-redirect" else None
        return failed(stopped.wall(facts, probe, known, found) if found else stopped.unexpected(probe, known, landed))
    says = text("{} was answered by {} with {}", smoke.called, landed.entry.unit, answer.status)
    return passed(landed.proof, known.shows("status", answer.status), says=says)


def _turned_away(facts: Arrivals, probe: Probe, known: Known[Answer], landed: Landed) -> Judgement:
    """The platform's own answer is in the request log too: it never was at a container."""
    answer = known.value
    if answer.wall is not None and answer.wall.guards:
        return _walled(facts, probe, known)
    if answer.status >= 500:
        return failed(stopped.no_instance(probe, landed))
    reason = text(
        "{} was turned away by Cloud Run with {}: {}", probe.sent.smoke.called, answer.status, landed.entry.message
    )
    return unknown(reason, evidence=(landed.proof,))


def _not_seen(workload: Workload, facts: Arrivals, probe: Probe, known: Known[Answer]) -> Judgement:
    answer, smoke = known.value, probe.sent.smoke
    if answer.stopped or (answer.wall is not None and answer.wall.kind == "moved"):
        return _walled(facts, probe, known)
    if answer.cached is not None:
        return _out_of_a_cache(facts, probe, known)
    as_expected = answer.status < 400 if smoke.by_default else not answer.unmet
    if workload.revision_header and as_expected and _names_one(answer, facts):
        stated = known.shows(f"header {workload.revision_header}", answer.named, "stated")
        return passed(stated, says=text("{} was answered by {}, as its header says", smoke.called, _serving(facts)))
    if answer.status >= 500 and answer.status not in smoke.status:
        return failed(stopped.server_error(probe, known, None))
    page = answer.html and answer.status < 300
    if smoke.found and (early := _too_early(facts, probe)) is not None:  # the container may be who refuses it
        return early
    if answer.unmet and not smoke.by_default:
        if answer.wall is not None:
            return _walled(facts, probe, known)
        return failed(stopped.other_backend(probe, known) if page else stopped.unexpected(probe, known, None))
    early = _too_early(facts, probe)
    if early is not None:  # a container may send to a sign-in too
        return early
    if answer.wall is not None:
        return _walled(facts, probe, known)
    seen = not isinstance(facts.users, Unknown) and facts.users.seen
    if page and seen:
        surely = not smoke.by_default and not (smoke.content_type or "").lower().startswith("text/html")
        finding = stopped.other_backend(probe, known, "error" if surely else "warning")
        return failed(finding) if surely else unknown(_no_trace(probe, known), finding)
    return unknown(_no_trace(probe, known), evidence=(known.shows("status", answer.status),))


def _names_one(answer: Answer, facts: Arrivals) -> bool:
    return answer.named is not None and any(answer.named.same_as(name) for name in facts.revisions)


def _serving(facts: Arrivals) -> str:
    return " or ".join(sorted(facts.revisions))


def _too_early(facts: Arrivals, probe: Probe) -> Judgement | None:
    """While the log may still get the entry, or can not be read, nothing follows from its absence."""
    if isinstance(probe.landed, Unknown):
        return not_told(probe.landed)
    settled = probe.sent.at + facts.lag
    if probe.looked < settled:
        return waiting("time", text("the log entry of {} may still come", probe.sent.smoke.called), until=settled)
    return None


def _no_trace(probe: Probe, known: Known[Answer]) -> Text:
    called, status = probe.sent.smoke.called, known.value.status
    return text("{} got {}, and no revision shows it in the request log: who answered is not known", called, status)


def _walled(facts: Arrivals, probe: Probe, known: Known[Answer]) -> Judgement:
    found = known.value.wall
    if found is None:
        raise ValueError("there is a wall")
    if found.kind in {"bot-challenge", "moved"}:
        finding = stopped.wall(facts, probe, known, found, "warning")
        return unknown(text("{} never came to the workload", probe.sent.smoke.called), finding)
    return failed(stopped.wall(facts, probe, known, found))


def _out_of_a_cache(facts: Arrivals, probe: Probe, known: Known[Answer]) -> Judgement:
    """Incident H5: an answer from before the deploy, or a kept 404. What may be kept for good proves nothing."""
    answer, smoke, found = known.value, probe.sent.smoke, known.value.cached
    if found is None:
        raise ValueError("it is out of a cache")
    if answer.unmet and not smoke.by_default:
        return failed(stopped.cached(probe, known, found, facts.since, "error"))
    if found.lasting:
        return skipped(text("{} may be kept by caches for good", smoke.called))
    if found.age is not None and probe.sent.at - found.age < facts.since:
        return failed(stopped.cached(probe, known, found, facts.since, "error"))
    finding = stopped.cached(probe, known, found, facts.since, "warning")
    return unknown(text("{} was answered out of a cache, so it proves no revision", smoke.called), finding)


def _never_seen(facts: Arrivals, probe: Probe) -> Judgement:
    """An earlier run sent it and ended before its answer was written down; it writes, so it is not sent again."""
    called = probe.sent.smoke.called
    if isinstance(probe.landed, Landed) and probe.landed.entry.unit in facts.revisions:
        request = probe.landed.entry.request
        status = request.status if request else 0
        proof = (probe.landed.proof,)
        return unknown(
            text("{} was sent by an earlier run and answered {}; what it answered is lost", called, status),
            evidence=proof,
        )
    return _too_early(facts, probe) or unknown(text("{} was sent by an earlier run, and its answer is lost", called))


def _blocked(facts: Arrivals, probe: Probe, known: Known[Answer]) -> Judgement:
    """Something has to turn the request away: a wall, the platform, or the application with 401 or 403."""
    answer, called = known.value, probe.sent.smoke.called
    landed = probe.landed if isinstance(probe.landed, Landed) else None
    handled = landed is not None and not landed.refused
    status = known.shows("status", answer.status)
    found = answer.wall
    if found is not None and found.kind == "login-page" and answer.status < 300:
        if handled:
            reason = text("{} answers a page with a password; whether it is a sign-in can not be told", called)
            return unknown(reason, evidence=(status,))
        if (early := _too_early(facts, probe)) is not None:
            return early
    if found is not None and found.guards:
        return passed(
            known.shows(found.shown, found.value), status, says=text("{} is blocked by {}", called, found.called)
        )
    if answer.status in {401, 403} and (found is None or found.guards):
        proof: tuple[Evidence, ...] = (landed.proof,) if landed else ()
        return passed(status, *proof, says=text("{} is blocked: it is answered with {}", called, answer.status))
    if answer.status < 300 and (handled or answer.cached is not None):
        return failed(stopped.opened(probe, known, landed))
    if answer.status < 300 and (early := _too_early(facts, probe)) is not None:
        return early
    return unknown(text("{} got {}: that does not show that it is blocked", called, answer.status), evidence=(status,))


def _warning(finding: Finding) -> Finding:
    return Finding(finding.code, finding.message, finding.evidence, finding.fix, "warning", finding.location)
