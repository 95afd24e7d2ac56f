"""What kept a request from being handled as it should: each cause as a finding, with who has to change what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from signoff.model.arrival import Answer, Arrivals, Cached, Landed, Probe, Unmet, Wall, WallKind
from signoff.model.evidence import Evidence
from signoff.model.facts import Known
from signoff.model.finding import Advice, Command, Finding, Severity
from signoff.model.http import Failure, Trouble
from signoff.model.text import Text, text

INGRESS = "reachable/ingress"
INVOKER = "reachable/invoker"
WALLS: Mapping[WallKind, str] = {
    "iap": "reachable/iap",
    "cloudflare-access": "reachable/cloudflare-access",
    "bot-challenge": "reachable/bot-challenge",
    "oauth2-proxy": "reachable/oauth2-proxy",
    "google-sign-in": "reachable/google-sign-in",
    "oidc": "reachable/oidc",
    "saml": "reachable/saml",
    "basic": "reachable/basic-auth",
    "invoker": INVOKER,
    "reserved-path": "reachable/reserved-path",
    "google-404": "reachable/unknown-address",
    "login-redirect": "reachable/login",
    "login-page": "reachable/login",
    "moved": "reachable/moved",
}
FAILURES: Mapping[Trouble, str] = {
    "dns": "reachable/dns",
    "dns-unsure": "reachable/no-answer",
    "tls": "reachable/tls",
    "refused": "reachable/refused",
    "network": "reachable/no-answer",
    "timeout": "reachable/no-answer",
    "broken": "reachable/no-answer",
}
CERTAIN: frozenset[Trouble] = frozenset({"dns", "tls", "refused"})
"""Failures that everybody meets; the others may be this machine's."""
OTHER_REVISION = "reachable/other-revision"
OTHER_BACKEND = "reachable/other-backend"
CACHED = "reachable/cached"
NO_INSTANCE = "reachable/no-instance"
EDGE_ERROR = "reachable/edge-error"
SERVER_ERROR = "reachable/server-error"
UNEXPECTED = "reachable/unexpected"
OPEN = "reachable/open"


def wall(facts: Arrivals, probe: Probe, known: Known[Answer], found: Wall, severity: Severity = "error") -> Finding:
    """A wall by its name; Google's page for an address that admits nobody is named by the setting behind it."""
    asked = probe.sent.smoke.called
    evidence = (known.shows(found.shown, found.value), _status(known))
    if found.kind in {"google-404", "reserved-path"} and facts.front.private:
        own = Evidence("run", facts.front.ref.resource, "ingress", facts.front.ingress, facts.front.ref.at)
        message = text("{} was stopped by the service's own settings: {}", asked, facts.front.private)
        change = text("write the url that users come by in signoff.toml, or change the setting if it is a mistake")
        return Finding(INGRESS, message, (*evidence, own), Advice(change), severity)
    by = "was answered by the container with" if isinstance(probe.landed, Landed) else "was stopped by"
    message = text("{} {} {} ({}: {})", asked, by, found.called, found.shown, found.value)
    change = text("{} ({})", found.change, found.docs) if found.docs else text("{}", found.change)
    return Finding(WALLS[found.kind], message, evidence, Advice(change), severity)


def no_answer(probe: Probe, known: Known[Failure]) -> Finding:
    failure = known.value
    what, change = _FAILURES[failure.kind]
    message = text("{} got no answer from {}: {} ({})", probe.sent.smoke.called, probe.sent.url, what, failure.detail)
    severity: Severity = "error" if failure.kind in CERTAIN else "warning"
    evidence = (known.shows(failure.kind, failure.detail),)
    return Finding(FAILURES[failure.kind], message, evidence, Advice(text("{}", change)), severity)


_FAILURES: Mapping[Trouble, tuple[str, str]] = {
    "dns": ("the name does not exist", "who keeps the DNS zone: add the record, or correct url in signoff.toml"),
    "dns-unsure": ("the name could not be looked up", "look it up from another network, then ask again"),
    "tls": (
        "the connection is not trusted",
        "who runs the edge: its certificate has to be valid for this name (a managed one may still be on its way)",
    ),
    "refused": ("nobody listens there", "who runs the edge: start it, or correct url in signoff.toml"),
    "network": ("no way there was found", "try from another network, then ask again"),
    "timeout": ("it took too long", "ask again; a route that is always slow needs one that is not to be tried"),
    "broken": ("the connection broke off", "ask again; if it stays, read the edge's own log"),
}


def other_revision(facts: Arrivals, probe: Probe, landed: Landed, resource: str) -> Finding:
    entry = landed.entry
    wanted = " or ".join(sorted(facts.revisions))
    who = entry.unit if entry.workload == resource else f"{entry.unit} of service {entry.workload} in {entry.region}"
    message = text("{} was answered by {}, not by {}", probe.sent.smoke.called, who, wanted)
    change = "who runs the edge: it names a tag, a revision, another service or region; point it at the service"
    return Finding(OTHER_REVISION, message, (landed.proof,), Advice(text("{}", change)))


def other_backend(probe: Probe, known: Known[Answer], severity: Severity = "error") -> Finding:
    message = text("{} got a page (text/html) that no revision of it gave", probe.sent.smoke.called)
    change = text(
        "who runs the edge: send {} to the service (URL map, rewrite or proxy rule); as it is, another backend or the"
        " single-page app answers it",
        probe.sent.smoke.path,
    )
    return Finding(OTHER_BACKEND, message, (_status(known),), Advice(change), severity)


def cached(probe: Probe, known: Known[Answer], found: Cached, since: datetime, severity: Severity) -> Finding:
    said = text("{}: {}", found.shown, found.value)
    if severity == "error" and not known.value.unmet:
        moment = since.isoformat(timespec="seconds")
        message = text("{} got an answer out of a cache ({}), from before {}", probe.sent.smoke.called, said, moment)
    else:
        message = text("{} got an answer out of a cache ({})", probe.sent.smoke.called, said)
    change = text(
        "who runs the edge: purge {} after a deploy, or let it ask the service each time", probe.sent.smoke.path
    )
    return Finding(CACHED, message, (known.shows(found.shown, found.value),), Advice(change), severity)


def no_instance(probe: Probe, landed: Landed) -> Finding:
    request = landed.entry.request
    message = text(
        "{} was turned away by Cloud Run with {}: {}",
        probe.sent.smoke.called,
        request.status if request else 0,
        landed.entry.message,
    )
    return Finding(NO_INSTANCE, message, (landed.proof,), _READ_LOGS)


def server_error(probe: Probe, known: Known[Answer], landed: Landed | None) -> Finding:
    """A 5xx: of the container where it landed, else of what is in front."""
    asked, status = probe.sent.smoke.called, known.value.status
    if landed is None:
        message = text("{} got {} from the edge; no revision answered it", asked, status)
        change = "who runs the edge: its backend does not answer it; read the edge's own log"
        return Finding(EDGE_ERROR, message, (_status(known),), Advice(text("{}", change)))
    message = text("{} reached {}, which answered {}", asked, landed.entry.unit, status)
    return Finding(SERVER_ERROR, message, (_status(known), landed.proof), _READ_LOGS)


_READ_LOGS = Command(("signoff", "check", "healthy"))


def unexpected(probe: Probe, known: Known[Answer], landed: Landed | None) -> Finding:
    """Another answer than signoff.toml expects."""
    smoke, answer = probe.sent.smoke, known.value
    who = (
        text("reached {}, which answered", landed.entry.unit)
        if landed
        else text("was answered by something in front with")
    )
    differs = _differs(answer.unmet)
    leads = text(" (it leads to {})", answer.location) if answer.location is not None else text("")
    message = text("{} {} otherwise than expected: {}{}", smoke.called, who, differs, leads)
    evidence = (_status(known), landed.proof) if landed else (_status(known),)
    return Finding(UNEXPECTED, message, evidence, Advice(_change(answer, landed)))


def _differs(unmet: tuple[Unmet, ...]) -> Text:
    said = text("")
    for number, one in enumerate(unmet[:3]):
        said = text("{}{}{} is {}, expected {}", said, ", " if number else "", one.what, one.got, one.wanted)
    return text("{} and {} more", said, len(unmet) - 3) if len(unmet) > 3 else said


def _change(answer: Answer, landed: Landed | None) -> Text:
    if landed is None:
        return text("find out what answers there: it left no trace in the request log")
    if answer.status == 404:
        return text("the application has no such route: deploy the one that has, or correct the path in signoff.toml")
    if answer.status in {401, 403}:
        return text('the application wants an identity: write one for this route, or expect = "blocked"')
    return text("mend the application, or correct what signoff.toml expects")


def opened(probe: Probe, known: Known[Answer], landed: Landed | None) -> Finding:
    """A route that must be protected and is not."""
    who = text("by {}", landed.entry.unit) if landed else text("out of a cache")
    message = text("{} must be blocked, and was answered {} with {}", probe.sent.smoke.called, who, known.value.status)
    change = text("protect {} at the edge or in the application; then ask again", probe.sent.smoke.path)
    evidence = (_status(known), landed.proof) if landed else (_status(known),)
    return Finding(OPEN, message, evidence, Advice(change))


def _status(known: Known[Answer]) -> Evidence:
    return known.shows("status", known.value.status)
