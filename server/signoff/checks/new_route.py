"""One route that is new or changed: what became of asking for it, and the lines of signoff.toml that cover it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from signoff.checks.probed import judged
from signoff.model.arrival import Answer, Arrivals, Landed, Probe
from signoff.model.arrived import answer_of, arrived_at, beside, meant
from signoff.model.evidence import Evidence
from signoff.model.facts import Known, Unknown
from signoff.model.finding import Advice, Finding, Location, Severity
from signoff.model.judgement import Judgement, Status, failed, passed
from signoff.model.quoted import Quoted
from signoff.model.routes import ANY, Change, Route
from signoff.model.subject import Workload
from signoff.model.text import Text, text

UNTESTED = "reachable/new-route-untested"
MISSING = "reachable/new-route-missing"
GUARDED = "reachable/new-route-guarded"
OPEN = "reachable/new-route-open"
_READS = frozenset({"GET", "HEAD", "OPTIONS", ANY})


def judged_new(
    workload: Workload, facts: Arrivals, compared: Evidence, change: Change, probe: Probe, control: Sequence[Probe]
) -> Judgement | None:
    """A request that nobody configured: any answer of the container is an arrival; a wall before it is the fault.

    None of a route that only leads to what changed and did not answer: what stands before it stood there before.
    """
    known = answer_of(probe)
    if change.through:
        return _led(workload, facts, change, probe)
    if known is not None and arrived_at(workload, facts, probe) and known.value.status < 500:
        return _answered(workload, change, known, cast(Landed, probe.landed))
    judgement = judged(workload, facts, probe)
    if judgement.status is Status.PASS:
        return judgement
    used = _by_users(facts, change.route)
    if used is not None:
        return used
    wall = known.value.wall if known is not None else None
    if wall is not None and wall.guards:
        why = meant(workload, facts, change.route, wall, control)
        if why is not None:
            says = text("the {} route {} is behind {}, {}", change.kind, shown(change.route), wall.called, why)
            return passed(compared, notes=(_warning(GUARDED, workload, change, says, compared),))
    return replace(judgement, findings=tuple(_named(change, finding) for finding in judgement.findings))


def _led(workload: Workload, facts: Arrivals, change: Change, probe: Probe) -> Judgement | None:
    """It is there already, with its login or its 404: an error of the container alone is a fault of what changed."""
    judgement, known = judged(workload, facts, probe), answer_of(probe)
    if known is not None and arrived_at(workload, facts, probe):
        if known.value.status < 500:
            landed = cast(Landed, probe.landed)
            return passed(landed.proof, says=text("{} was answered by {}", shown(change.route), landed.entry.unit))
        return replace(judgement, findings=tuple(_named(change, finding) for finding in judgement.findings))
    kept = judgement.status in {Status.PASS, Status.WAITING}
    return judgement if kept else _by_users(facts, change.route)


def untested(workload: Workload, change: Change, why: Text | None, compared: Evidence) -> Finding:
    """Nobody asked for it: what to write so that it is."""
    route = change.route
    if why is None and route.has_parameters:
        why = text("its path has parameters")
    elif why is None:
        why = text("a {} may change something", route.method)
    says = text("no request was sent to the {} route {}: {}", change.kind, shown(route), why)
    return _warning(UNTESTED, workload, change, says, compared)


def shown(route: Route) -> Text:
    """`GET “/api/reports”`."""
    return text("{} {}", "any method" if route.method == ANY else route.method, Quoted(route.path))


def location(route: Route) -> Location | None:
    return Location(route.file, route.line) if route.file else None


def lines(workload: Workload, route: Route, *more: str) -> tuple[str, ...]:
    """The table of signoff.toml that covers a route, to be pasted."""
    hint = "  # with real values" if route.has_parameters else ""
    table = [f"[[workloads.{workload.name}.smoke]]", f"path = {json.dumps(route.path, ensure_ascii=False)}{hint}"]
    if route.method not in {"GET", ANY}:
        table.append(f'method = "{route.method}"')
    if route.method not in _READS:
        table.append("writes = true  # it is sent once for each revision")
    return (*table, *more)


def _warning(
    code: str, workload: Workload, change: Change, says: Text, evidence: Evidence, more: tuple[str, ...] = ()
) -> Finding:
    fix = Advice(text("add to signoff.toml:"), lines(workload, change.route, *more))
    return Finding(code, says, (evidence,), fix, "warning", location(change.route))


def _answered(workload: Workload, change: Change, known: Known[Answer], landed: Landed) -> Judgement:
    """It arrived, whatever the application said; what that means is told."""
    status, route = known.value.status, change.route
    shows = known.shows("status", status)
    says = text("the {} route {} was answered by {} with {}", change.kind, shown(route), landed.entry.unit, status)
    wall = known.value.wall
    if status == 404:
        surely = route.certain and change.kind == "new"
        advice = Advice(text("find out why the application does not have it: is its router included, its file copied?"))
        severity: Severity = "error" if surely else "warning"
        finding = Finding(MISSING, says, (landed.proof, shows), advice, severity, location(route))
        return failed(finding) if surely else passed(landed.proof, shows, says=says, notes=(finding,))
    if status in {401, 403} or (wall is not None and wall.guards):
        hint = ('expect = "blocked"  # or an identity: identity = { bearer_env = "NAME" }',)
        said = text("{}: it wants an identity", says)
        return passed(
            landed.proof, shows, says=says, notes=(_warning(GUARDED, workload, change, said, landed.proof, hint),)
        )
    others = beside(workload, route)
    if status < 300 and others and all(smoke.expect == "blocked" for smoke in others):
        said = text("{} without an identity, and {} beside it has to be blocked", says, others[0].called)
        hint = ('expect = "blocked"',)
        return passed(
            landed.proof, shows, says=says, notes=(_warning(OPEN, workload, change, said, landed.proof, hint),)
        )
    return passed(landed.proof, shows, says=says)


def _by_users(facts: Arrivals, route: Route) -> Judgement | None:
    """A real user's request for it that the revision handled."""
    if facts.candidate or isinstance(facts.users, Unknown):
        return None
    for entry in facts.users.handled:
        if entry.request is not None and entry.request.path.same_as(route.path):
            return passed(facts.users.proof, says=text("a user's request for {} was answered", shown(route)))
    return None


def _named(change: Change, finding: Finding) -> Finding:
    """A finding of a request, as one of this route."""
    return replace(
        finding, message=text("the {} route {}", change.kind, finding.message), location=location(change.route)
    )
