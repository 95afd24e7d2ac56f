"""The facts of link `reachable`: real requests along the way that users take, and where they landed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from signoff.gather.current import services
from signoff.gather.placements import placements
from signoff.gather.sending import Way, host_of, sent, settle, ways
from signoff.gather.trail import trail
from signoff.gather.visitors import users
from signoff.model.arrival import Answer, Arrivals, Front, Probe, Sent
from signoff.model.facts import Known, Ref, Unknown
from signoff.model.http import Failure
from signoff.model.run import Ingress, Service
from signoff.model.smoke import FRONT_PAGE, Smoke
from signoff.model.subject import Candidate, Workload
from signoff.survey import Survey

PATIENCE = timedelta(seconds=3)
"""Where the answer itself decides, the log only has to say whose it was."""
_HeldBack = tuple[tuple[Smoke, str], ...]


@dataclass(frozen=True, slots=True)
class Grounds:
    """Where requests to a workload go, before any is sent. `bases`: the addresses; empty where there is none.

    `revisions`: any of these has to answer. `there`: the service in each region.
    """

    revisions: frozenset[str]
    candidate: Candidate | None
    front: Front
    bases: tuple[str, ...]
    there: tuple[Service, ...]
    since: datetime
    public: str

    async def arrivals(
        self, survey: Survey, workload: Workload, routes: Sequence[Smoke], held_back: _HeldBack = ()
    ) -> Arrivals:
        """Send these requests and find each in the request log, as long as its entry may be late."""
        asked = [] if not self.revisions else ways(workload, self.bases, routes, self.revisions)
        probes, visitors = await asyncio.gather(
            asyncio.gather(*(_probe(survey, way) for way in asked)),
            users(survey, workload, self.there, self.revisions, self.public),
        )
        return Arrivals(
            revisions=self.revisions,
            candidate=self.candidate is not None,
            lag=survey.subject.log_lag,
            front=self.front,
            probes=tuple(probes),
            users=visitors,
            since=self.since,
            public=self.public,
            held_back=held_back,
        )


async def arrival(survey: Survey, workload: Workload) -> Arrivals | Unknown:
    """Send what is configured, or one request for the front page, and find each in the request log.

    Waits for a log entry as long as it may be late (`[logs] lag_seconds`). Unknown where Cloud Run does not say what
    serves; everything else that is not known is in the facts.
    """
    known = await survey.get(grounds, workload)
    if isinstance(known, Unknown):
        return known
    routes, held_back = _routes(workload, known.front, known.candidate)
    sent = await known.arrivals(survey, workload, [smoke for smoke in routes if not smoke.held], held_back)
    return replace(sent, unaccepted=tuple(smoke for smoke in routes if smoke.held))


async def grounds(survey: Survey, workload: Workload) -> Grounds | Unknown:
    """Unknown where Cloud Run does not say what serves."""
    target, there = survey.subject.target, list[Service]()
    ref: Ref | None = None
    for region in target.regions:
        known = await survey.get(services, region)
        if isinstance(known, Unknown):
            return known
        ref = ref or known.ref
        there.extend(service for name, service in known.value.items() if name == workload.resource)
    if ref is None:
        raise ValueError("a target has a region")
    candidate = survey.subject.candidate.get(workload.name)
    revisions = frozenset(
        [candidate.revision] if candidate else [name for service in there for name in service.percent() if name]
    )
    since = await _since(survey, workload, there, revisions)
    if isinstance(since, Unknown):
        return since
    return Grounds(
        revisions=revisions,
        candidate=candidate,
        front=_front(workload, there, ref),
        bases=tuple(_bases(workload, there, candidate)),
        there=tuple(there),
        since=since,
        public=host_of(workload.url) if workload.url else "",
    )


async def _since(
    survey: Survey, workload: Workload, there: Sequence[Service], revisions: frozenset[str]
) -> datetime | Unknown:
    """When the newest of the revisions was made: nothing older is theirs. Else when the service was last changed."""
    placed = (await survey.get(placements))[workload.name]
    if isinstance(placed, Unknown):
        return placed
    found = [one for placement in placed for one in (*placement.serving, placement.newest) if one is not None]
    made = [revision.created for revision in found if revision.name in revisions]
    return max(made or [service.updated for service in there], default=survey.now)


def _front(workload: Workload, there: Sequence[Service], ref: Ref) -> Front:
    """The strictest of the regions."""
    strictest: tuple[Ingress, ...] = ("internal", "load-balancer", "all")
    ingress = next((one for one in strictest if any(service.ingress == one for service in there)), strictest[-1])
    addressed = any(service.urls for service in there)
    private = ""
    if ingress == "internal":
        private = "its ingress setting admits internal requests alone"
    elif ingress == "load-balancer" and not workload.url:
        private = "its ingress setting admits a load balancer alone, and signoff.toml names no url"
    elif not addressed and not workload.url:
        private = "it has no address of its own, and signoff.toml names no url"
    region = next((f"--region={service.region}" for service in there), "")
    look = ("gcloud", "run", "services", "describe", workload.resource, *filter(None, [region]))
    return Front(ingress, addressed, replace(ref, look=look), private)


def _routes(workload: Workload, front: Front, candidate: Candidate | None) -> tuple[tuple[Smoke, ...], _HeldBack]:
    """What is sent, and what is not: a candidate is behind no edge, and nothing is written through it."""
    if candidate is None:
        if workload.smoke:
            return workload.smoke, ()
        return (() if front.private else (FRONT_PAGE,)), ()
    if front.ingress != "all":
        return (), tuple((smoke, "its tag's address admits no request from outside") for smoke in workload.smoke)
    held = {smoke: "its edge is in front of what serves" for smoke in workload.smoke if smoke.expect == "blocked"}
    held |= {smoke: "it writes, and is sent once it serves" for smoke in workload.smoke if smoke.writes}
    left = tuple(smoke for smoke in workload.smoke if smoke not in held)
    return left or (FRONT_PAGE,), tuple(held.items())


def _bases(workload: Workload, there: Sequence[Service], candidate: Candidate | None) -> list[str]:
    """The addresses that are asked: of the candidate's tag, or the way that users come in."""
    if candidate is not None:
        tagged = [entry.url for service in there for entry in service.traffic if entry.revision == candidate.revision]
        return [candidate.url] if candidate.url else [url for url in tagged if url][:1]
    if workload.url:
        return [workload.url]
    return [service.urls[0] for service in there if service.urls]


async def _probe(survey: Survey, way: Way) -> Probe:
    made, earlier = await sent(survey, way)
    if not made.nonce or not _came_back(made):
        return Probe(made, None, made.at, earlier)
    look = await (await survey.get(trail)).find(made, _until(survey, made))
    if isinstance(look, Unknown):
        return Probe(made, look, made.at, earlier)
    if look.landed is not None or look.at >= made.at + survey.subject.log_lag:
        settle(survey, way)
    return Probe(made, look.landed, look.at, earlier)


def _came_back(made: Sent) -> bool:
    """Whether there can be a log entry to wait for: a request whose answer was never seen may have one."""
    if made.answer is None:
        return True
    return isinstance(made.answer, Known) and not (isinstance(made.answer.value, Failure) and made.answer.value.unsent)


def _until(survey: Survey, made: Sent) -> datetime:
    """How long to look: as long as the log may be late, wherever the verdict rests on it."""
    lag = survey.subject.log_lag
    answer = made.answer.value if isinstance(made.answer, Known) else None
    decided = isinstance(answer, Failure)
    if isinstance(answer, Answer):
        refused = made.smoke.expect == "blocked" and answer.status >= 300
        expected = not made.smoke.by_default and not made.smoke.found
        decided = answer.stopped or refused or (bool(answer.unmet) and expected)
    return made.at + (min(lag, PATIENCE) if decided else lag)
