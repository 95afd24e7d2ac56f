"""Which revisions users reach: what the request log says of everybody but signoff."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from signoff.gather.served import HISTORY
from signoff.model.arrival import Users
from signoff.model.facts import Known, Unknown
from signoff.model.logs import LogEntry, Request
from signoff.model.run import Service
from signoff.model.smoke import AGENT
from signoff.model.subject import Workload
from signoff.survey import Survey

SETTLES = timedelta(minutes=2)
"""After traffic was moved, requests that were under way may still be answered by what served before."""


async def users(
    survey: Survey, workload: Workload, there: Collection[Service], revisions: frozenset[str], public: str
) -> Users | Unknown:
    """Requests of users to the workload. `public`: the host that they come to; empty: any but a tag's."""
    known = await survey.get(visits)
    if not isinstance(known, Unknown) and not _of(known.value, workload):
        known = await survey.get(visits_of, workload.resource)
    if isinstance(known, Unknown):
        return known
    tags = [entry.url.partition("://")[2] for service in there for entry in service.traffic if entry.url]
    own = _of(known.value, workload)
    theirs = [(e, r) for e in own if (r := e.request) is not None and _came_in(r, public, tags)]
    changed = max((service.updated for service in there), default=survey.now)
    handled = tuple(e for e, r in theirs if e.unit in revisions and _handled(r))
    astray = [e for e, r in theirs if public and e.unit not in revisions and not r.refused and _after(e, changed)]
    answered = sorted({e.unit for e, r in theirs if not r.refused and e.at > changed})
    moment = changed.isoformat(timespec="seconds").replace("+00:00", "Z")
    shown = known.shows(f"{public or workload.resource}: answered users since {moment}", tuple(answered))
    return Users(
        handled=handled,
        refused=_refused_since(theirs, changed),
        astray=tuple(astray),
        seen=bool(own),
        proof=shown,
    )


async def visits(survey: Survey) -> Known[tuple[LogEntry, ...]] | Unknown:
    """The newest requests to all services of the subject."""
    names = sorted(workload.resource for workload in survey.subject.workloads if workload.kind == "service")
    return await survey.systems.logs.visits(survey.subject.target.project, names, survey.now - HISTORY)


async def visits_of(survey: Survey, service: str) -> Known[tuple[LogEntry, ...]] | Unknown:
    """The newest requests to one service: busier ones may have filled the common list."""
    return await survey.systems.logs.visits(survey.subject.target.project, [service], survey.now - HISTORY)


def _of(entries: Collection[LogEntry], workload: Workload) -> list[LogEntry]:
    return [entry for entry in entries if entry.workload == workload.resource]


def _came_in(request: Request, public: str, tags: Collection[str]) -> bool:
    """Whether it is a user's, who came by the public host, or by whichever is no tag's."""
    if request.agent.contains(AGENT):
        return False
    if public:
        return request.host.same_as(public)
    return not request.host.contains("---") and not any(request.host.same_as(tag) for tag in tags)


def _refused_since(theirs: Collection[tuple[LogEntry, Request]], changed: datetime) -> tuple[LogEntry, ...]:
    """Who asks for what (path, User-Agent) and got it before the change, and only is turned away since. A stranger
    who always was turned away, as everybody in front of a private service, says nothing.
    """
    let_in = {(r.path, r.agent) for e, r in theirs if _handled(r) and e.at <= changed}
    kept_out = {(r.path, r.agent) for e, r in theirs if r.refused and e.at <= changed}
    lost = let_in - kept_out - {(r.path, r.agent) for e, r in theirs if _handled(r) and e.at > changed}
    return tuple(
        e for e, r in theirs if r.refused and r.status in {401, 403} and e.at > changed and (r.path, r.agent) in lost
    )


def _handled(request: Request) -> bool:
    return not request.refused and request.status < 400


def _after(entry: LogEntry, changed: datetime) -> bool:
    return entry.at > changed + SETTLES
