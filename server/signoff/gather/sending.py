"""Send smoke requests as users do, each with a nonce of its own; what writes goes out once a revision."""

from __future__ import annotations

import asyncio
import hashlib
import random
import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

from signoff import __version__
from signoff.model.arrival import Answer, Sent
from signoff.model.facts import Known, Ref, Unknown
from signoff.model.http import Failure, Outgoing, Response
from signoff.model.quoted import Quoted
from signoff.model.secret import Secret
from signoff.model.smoke import AGENT, BearerFrom, Identity, Smoke
from signoff.model.subject import Workload
from signoff.reading.caches import cached
from signoff.reading.expected import unmet
from signoff.reading.reply import Reply
from signoff.reading.walls import wall
from signoff.survey import Survey

PENDING = timedelta(minutes=2)
"""How much longer than the log's lag a request is looked for again, instead of another being sent."""


@dataclass(frozen=True, slots=True)
class Way:
    """One request to one address of a workload; `revisions`: any of these has to answer."""

    workload: Workload
    smoke: Smoke
    url: str
    revisions: frozenset[str]

    def key(self, target: str) -> str:
        """Equal for the same request to the same revision in one target; of what writes, whatever is expected of it."""
        smoke = self.smoke
        asked = (smoke.method, smoke.headers, smoke.body, smoke.identity) if smoke.writes else smoke
        parts = (target, self.workload.resource, *sorted(self.revisions), self.url, repr(asked))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def ways(workload: Workload, bases: Collection[str], routes: Collection[Smoke], revisions: frozenset[str]) -> list[Way]:
    return [Way(workload, smoke, base.rstrip("/") + smoke.path, revisions) for base in bases for smoke in routes]


async def sent(survey: Survey, way: Way) -> tuple[Sent, bool]:
    """The request as it went out, and whether an earlier run had sent it.

    One whose log entry may still come is taken up again. One that writes is never repeated, but where a wall or a
    failure kept the whole of it away from the workload.
    """
    systems, key = survey.systems, way.key(survey.subject.target.name)
    kept = systems.writes if way.smoke.writes else systems.sent
    before = kept.get(key, way.smoke)
    if before is not None:
        late = before.at + survey.subject.log_lag + PENDING
        if not (before.reached_nobody if way.smoke.writes else systems.boundary.now() > late):
            return before, True
    if way.smoke.writes and systems.read_only:
        ref = Ref("http", way.url, systems.boundary.now())
        return Sent(
            way.smoke, way.url, "", ref.at, Unknown("denied", ref, Quoted("it writes, and this only reads"))
        ), False
    if way.smoke.held:
        raise ValueError("a request whose identity waits for a person is not sent")
    bearer = await _bearer(survey, way.smoke.identity)
    if isinstance(bearer, Unknown):
        return Sent(way.smoke, way.url, "", systems.boundary.now(), bearer), False
    tries = max(1, systems.boundary.policy.tries)
    for attempt in range(1, tries + 1):
        made, again = await _once(survey, way, key, bearer)
        if not again or attempt == tries:
            break
        pause = systems.boundary.policy.pause * 2**attempt
        await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311 (jitter)
    return made, False


def settle(survey: Survey, way: Way) -> None:
    """Its place in the log is known, or will never be: the next look sends another request."""
    survey.systems.sent.drop(way.key(survey.subject.target.name))


async def _once(survey: Survey, way: Way, key: str, bearer: Secret | None) -> tuple[Sent, bool]:
    """One try, and whether the next may have more luck."""
    systems, smoke = survey.systems, way.smoke
    nonce = secrets.token_hex(16)
    made = Sent(smoke, way.url, nonce, systems.boundary.now(), None)
    if smoke.writes and not systems.writes.begin(key, made):
        return systems.writes.get(key, smoke) or made, False
    outgoing = Outgoing(smoke.method, way.url, (*_headers(nonce), *smoke.headers), _body(smoke), bearer)
    answer = await systems.http.send(outgoing)
    made = replace(made, at=systems.boundary.now(), answer=_read(answer, way))
    if smoke.writes:
        systems.writes.put(key, made)
    elif _as_it_should_be(made):
        systems.sent.put(key, made)
    return made, isinstance(answer, Known) and _may_heal(answer.value, smoke)


def _as_it_should_be(made: Sent) -> bool:
    """Whether only its entry in the log is missing; what went wrong is tried anew: somebody may have mended it."""
    answer = made.answer.value if isinstance(made.answer, Known) else None
    return isinstance(answer, Answer) and not answer.unmet and answer.wall is None


def _headers(nonce: str) -> tuple[tuple[str, str], ...]:
    """The nonce as the id of a trace (W3C's header and Google's), and where people and edges look.

    https://www.w3.org/TR/trace-context/#traceparent-header, https://cloud.google.com/trace/docs/trace-context
    """
    span = nonce[:16] if int(nonce[:16], 16) else "1".zfill(16)
    return (
        ("User-Agent", f"{AGENT}/{__version__} ({nonce})"),
        ("Accept", "*/*"),
        ("traceparent", f"00-{nonce}-{span}-01"),
        ("X-Cloud-Trace-Context", f"{nonce}/{int(span, 16)};o=1"),
    )


def _body(smoke: Smoke) -> bytes | None:
    return smoke.body.encode() if smoke.body is not None else None


def _may_heal(answer: Response | Failure, smoke: Smoke) -> bool:
    """A connection that failed, an edge or an instance that was busy; never twice what may have been done."""
    if isinstance(answer, Failure):
        return answer.kind in {"refused", "network", "dns-unsure"} or (answer.kind == "broken" and not smoke.writes)
    return answer.status in {429, 502, 503} and not smoke.writes


def _read(answer: Known[Response | Failure] | Unknown, way: Way) -> Known[Answer | Failure] | Unknown:
    if isinstance(answer, Unknown):
        return answer
    if isinstance(answer.value, Failure):
        return Known(answer.value, answer.ref)
    response, reply = answer.value, Reply(way.url, answer.value)
    header = way.workload.revision_header
    named = next((value for name, value in response.headers if header and name == header.lower()), None)
    return Known(
        Answer(
            status=response.status,
            unmet=unmet(way.smoke, response),
            wall=wall(way.url, response),
            cached=cached(way.url, response),
            html=reply.html,
            location=reply.shown_location() if reply.redirects else None,
            named=named,
        ),
        answer.ref,
    )


async def _bearer(survey: Survey, identity: Identity | None) -> Secret | Unknown | None:
    systems = survey.systems
    if identity is None:
        return None
    if isinstance(identity, BearerFrom):
        value = systems.environment.get(identity.variable, "")
        if value:
            return Secret(value)
        ref = Ref("environment", identity.variable, systems.boundary.now())
        return Unknown("denied", ref, Quoted("the variable is not set"))
    token = await systems.identity.id_token(identity.audience)
    return token if isinstance(token, Unknown) else token.value


def host_of(url: str) -> str:
    """Host and port of a URL as a request log has them: small letters, and no port where it is the scheme's own."""
    parts = urlsplit(url)
    own = {"http": ":80", "https": ":443"}[parts.scheme]
    return parts.netloc.lower().removesuffix(own)
