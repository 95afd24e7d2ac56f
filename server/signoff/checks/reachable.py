"""Link `reachable`: real requests come through the real edge to the revision that serves.

Positive proof alone passes: the answer is as expected, and the request log (or a header that the configuration accepts)
shows that a container of the revision gave it. Signatures of walls explain, and never prove (incidents H1 to H6).
Where nothing is configured, or nobody outside may call, a request of a real user is the proof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from signoff.checks import stopped
from signoff.checks.probed import judged
from signoff.checks.regions import everywhere
from signoff.model.arrival import Answer, Arrivals, Probe, Users
from signoff.model.facts import Known, Unknown
from signoff.model.finding import Advice, Command, Finding
from signoff.model.http import Failure
from signoff.model.judgement import Judgement, Status, failed, passed, unknown, waiting
from signoff.model.smoke import Smoke
from signoff.model.subject import Workload
from signoff.model.text import Text, text
from signoff.model.unanswered import not_told

USERS_ELSEWHERE = "reachable/users-elsewhere"
USERS_REFUSED = "reachable/users-refused"
UNACCEPTED = "reachable/identity-held"
NOT_TRIED = "reachable/not-tried"
NOT_CONFIGURED = "reachable/not-configured"

CODES: Mapping[str, str] = {
    "reachable/iap": "Identity-Aware Proxy answered in the workload's place",
    "reachable/cloudflare-access": "Cloudflare Access answered in the workload's place",
    "reachable/oauth2-proxy": "oauth2-proxy answered in the workload's place",
    "reachable/google-sign-in": "the request was sent to a Google sign-in",
    "reachable/oidc": "the request was sent to an OpenID Connect provider",
    "reachable/saml": "the request was sent to a SAML identity provider",
    "reachable/basic-auth": "the edge asks for a password",
    "reachable/login": "the request was sent to a sign-in, or got a sign-in page",
    stopped.INVOKER: "Cloud Run turned the request away: this caller may not invoke the service",
    stopped.INGRESS: "the service's ingress or address settings keep requests from outside away",
    "reachable/unknown-address": "Google knows no such address: another host, region or service",
    "reachable/reserved-path": "Google's front end keeps this path for itself; it never reaches a container",
    stopped.OTHER_BACKEND: "another backend, or the single-page app, answered instead of the workload",
    stopped.OTHER_REVISION: "the request arrived at another revision, service or region than what serves",
    stopped.CACHED: "a cache answered, perhaps with what was there before the deploy",
    "reachable/moved": "the configured address only leads to another one",
    "reachable/bot-challenge": "the edge took the request for a bot's, so nothing is known",
    "reachable/dns": "the name does not exist",
    "reachable/tls": "the certificate or the handshake is not in order",
    "reachable/refused": "nobody listens at the address",
    "reachable/no-answer": "no answer came; it may be this machine's network",
    stopped.NO_INSTANCE: "Cloud Run had no instance that could answer",
    stopped.EDGE_ERROR: "the edge answered with an error of its own",
    stopped.SERVER_ERROR: "the request arrived, and the container answered with an error",
    stopped.UNEXPECTED: "the answer is not what signoff.toml expects",
    stopped.OPEN: "a route that must be protected is open",
    USERS_ELSEWHERE: "users of the public address reach a revision that does not serve",
    USERS_REFUSED: "users were let in before what serves was changed, and are turned away since",
    UNACCEPTED: "a token waits for a person: signoff.toml sends it elsewhere since the session began",
    NOT_TRIED: "note: a configured request was not sent",
    NOT_CONFIGURED: "note: no route is configured, and the front page alone proves nothing",
}

_NO_RESCUE = frozenset(
    {
        stopped.SERVER_ERROR,
        stopped.EDGE_ERROR,
        stopped.NO_INSTANCE,
        stopped.OTHER_REVISION,
    }
)
"""Faults of the front page that no earlier request of a user makes good."""


def only_services(workload: Workload) -> Text | None:
    return None if workload.kind == "service" else text("a {} takes no requests", workload.kind)


def judge(workload: Workload, facts: Arrivals) -> Judgement:
    """Every configured request has to prove itself; a front page that nobody asked for may be proven by users."""
    if not facts.revisions:
        return unknown(text("Cloud Run does not say which revision of {} serves", workload.resource))
    parts = [_one(workload, facts, probe) for probe in facts.probes]
    if not facts.probes and not facts.unaccepted:
        parts = [_without_request(workload, facts)]
    parts.extend(_unaccepted(workload, smoke) for smoke in facts.unaccepted)
    if not facts.candidate:
        parts.extend(_of_users(workload, facts))
    if all(part.status is Status.SKIPPED for part in parts):
        return unknown(text("every answer came out of a cache that may keep it: configure a route that does not"))
    notes = [_not_tried(smoke.called, why) for smoke, why in facts.held_back]
    whole = everywhere(parts, notes)
    return passed(*whole.evidence, says=_says(parts), notes=whole.findings) if whole.status is Status.PASS else whole


def _one(workload: Workload, facts: Arrivals, probe: Probe) -> Judgement:
    judgement = judged(workload, facts, probe)
    if judgement.status is Status.PASS or probe.sent.smoke.expect == "blocked":
        return judgement
    walled = _guarded(probe)
    if facts.candidate and walled:
        reason = text("{}: nobody outside can try {} before it serves", walled, " or ".join(sorted(facts.revisions)))
        return waiting("runs", reason)
    if not _may_be_rescued(probe, judgement):
        return judgement
    rescued = _by_users(facts)
    if rescued is not None:
        return rescued
    if walled and not facts.public:
        return _private(workload, facts, walled)
    if judgement.status is Status.UNKNOWN and not judgement.findings:
        reason = judgement.reason or text("{}", probe.sent.smoke.called)
        return unknown(reason, _configure(workload, judgement), evidence=judgement.evidence)
    return judgement


def _may_be_rescued(probe: Probe, judgement: Judgement) -> bool:
    """Whether users can make good that a front page, which nobody asked for, proved nothing: it was answered by what
    is in front, or this machine has no way there. What was not asked, or not answered, stays unknown.
    """
    answer = probe.sent.answer.value if isinstance(probe.sent.answer, Known) else None
    if not probe.sent.smoke.by_default or answer is None or isinstance(probe.landed, Unknown):
        return False
    if isinstance(answer, Failure) and answer.kind not in {"network", "dns-unsure"}:
        return False
    return not _NO_RESCUE & {finding.code for finding in judgement.findings}


def _guarded(probe: Probe) -> str:
    """What keeps strangers out of an address of Cloud Run itself; empty where nothing does."""
    answer = probe.sent.answer.value if isinstance(probe.sent.answer, Known) else None
    wall = answer.wall if isinstance(answer, Answer) else None
    return wall.called if wall is not None and wall.kind in {"invoker", "iap"} else ""


def _without_request(workload: Workload, facts: Arrivals) -> Judgement:
    """Nothing could be sent from here: private by design, or nowhere to send to."""
    if facts.candidate:
        names = " or ".join(sorted(facts.revisions))
        if facts.front.ingress != "all":
            return waiting("runs", text("nobody outside can try {} before it serves: its ingress setting", names))
        return unknown(text("{} has no tag, so no address at which it can be tried", names))
    rescued = _by_users(facts)
    if rescued is not None:
        return rescued
    if facts.front.private:
        return _private(workload, facts, facts.front.private)
    return unknown(text("there is no address of {} to send a request to", workload.resource))


def _private(workload: Workload, facts: Arrivals, why: str) -> Judgement:
    """Only those who may call it can prove it, and nothing is forced to run."""
    if isinstance(facts.users, Unknown):
        return not_told(facts.users)
    reason = text(
        "{} is private ({}), and nobody has called {} yet", workload.resource, why, " or ".join(sorted(facts.revisions))
    )
    return waiting("runs", reason, evidence=(facts.users.proof,))


def _by_users(facts: Arrivals) -> Judgement | None:
    """Passive proof: a request of a real user that the revision handled."""
    if facts.candidate or isinstance(facts.users, Unknown) or not facts.users.handled:
        return None
    last = facts.users.handled[-1]
    path = last.request.path if last.request else "?"
    moment = last.at.isoformat(timespec="seconds").replace("+00:00", "Z")
    return passed(
        facts.users.proof, says=text("a user's request ({}) was answered by {} at {}", path, last.unit, moment)
    )


def _unaccepted(workload: Workload, smoke: Smoke) -> Judgement:
    """A session can write signoff.toml: no token follows it to a place that nobody else has seen."""
    reason = text("{} was not sent: where its token goes, or whose it is, is new since the session began", smoke.called)
    fix = Command(("signoff", "accept", workload.name))
    return waiting("person", reason, Finding(UNACCEPTED, reason, fix=fix, severity="warning"))


def _of_users(workload: Workload, facts: Arrivals) -> list[Judgement]:
    """After traffic moved: which revisions real users reach by the public address."""
    if isinstance(facts.users, Unknown):
        return [not_told(facts.users)]
    if facts.users.refused:
        return [failed(_users_refused(workload, facts.users))]
    if facts.users.astray:
        units = ", ".join(sorted({entry.unit for entry in facts.users.astray}))
        wanted = " or ".join(sorted(facts.revisions))
        message = text(
            "since {} serves, {} of users' requests to {} were answered by {}",
            wanted,
            len(facts.users.astray),
            facts.public,
            units,
        )
        change = text("who runs the edge: it still names a tag, a revision, another service or region")
        return [failed(Finding(USERS_ELSEWHERE, message, (facts.users.proof,), Advice(change)))]
    return [passed(facts.users.proof)] if facts.users.handled else []


def _users_refused(workload: Workload, users: Users) -> Finding:
    """Incident H3: a redeploy that loses allUsers."""
    message = text(
        "{} requests of users were turned away since {} was changed, and before that they were answered",
        len(users.refused),
        workload.resource,
    )
    change = text(
        "if everybody may call it, who runs the service gives roles/run.invoker to allUsers again"
        " (https://cloud.google.com/run/docs/authenticating/public)"
    )
    return Finding(USERS_REFUSED, message, (users.proof,), Advice(change))


def _configure(workload: Workload, judgement: Judgement) -> Finding:
    """The ready line for signoff.toml."""
    message = text("nothing says which request {} has to answer", workload.name)
    line = f'[[workloads.{workload.name}.smoke]] with path = "/…", a route that answers everybody'
    return Finding(NOT_CONFIGURED, message, judgement.evidence, Advice(text("add to signoff.toml: {}", line)), "note")


def _not_tried(called: str, why: str) -> Finding:
    return Finding(NOT_TRIED, text("{} was not sent: {}", called, why), severity="note")


def _says(parts: Sequence[Judgement]) -> Text | None:
    said = [part.reason for part in parts if part.status is Status.PASS and part.reason is not None]
    if not said:
        return None
    return said[0] if len(said) == 1 else text("{}; and {} more requests proven", said[0], len(said) - 1)
