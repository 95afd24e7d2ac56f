"""One route that is new or changed: what became of asking for it, and the lines of signoff.toml that cover it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from signoff.checks.probed import judged
from signoff.model.arrival import Answer, Arrivals, Landed, Probe, Wall
from signoff.model.evidence import Evidence
from signoff.model.facts import Known, Unknown
from signoff.model.finding import Advice, Finding, Location, Severity
from signoff.model.judgement import Judgement, Status, failed, passed
from signoff.model.quoted import Quoted
from signoff.model.routes import ANY, Change, Route
from signoff.model.smoke import Smoke
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
    known = _answer(probe)
    if change.through:
        return _led(workload, facts, change, probe)
    if known is not None and _landed(workload, facts, probe) and known.value.status < 500:
        return _answered(workload, change, known, cast(Landed, probe.landed))
    judgement = judged(workload, facts, probe)
    if judgement.status is Status.PASS:
        return judgement
    used = _by_users(facts, change.route)
    if used is not None:
        return used
    wall = known.value.wall if known is not None else None
    if wall is not None and wall.guards:
        why = _meant(workload, facts, change.route, wall, control)
        if why is not None:
            says = text("the {} route {} is behind {}, {}", change.kind, shown(change.route), wall.called, why)
            return passed(compared, notes=(_warning(GUARDED, workload, change, says, compared),))
    return replace(judgement, findings=tuple(_named(change, finding) for finding in judgement.findings))


def _led(workload: Workload, facts: Arrivals, change: Change, probe: Probe) -> Judgement | None:
    """It is there already, with its login or its 404: an error of the container alone is a fault of what changed."""
    judgement, known = judged(workload, facts, probe), _answer(probe)
    if known is not None and _landed(workload, facts, probe):
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


def _answer(probe: Probe) -> Known[Answer] | None:
    answer = probe.sent.answer
    known = isinstance(answer, Known) and isinstance(answer.value, Answer)
    return cast("Known[Answer]", answer) if known else None


def _landed(workload: Workload, facts: Arrivals, probe: Probe) -> bool:
    landed = probe.landed
    if not isinstance(landed, Landed) or landed.refused:
        return False
    return landed.entry.unit in facts.revisions and landed.entry.workload == workload.resource


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
    beside = _beside(workload, route)
    if status < 300 and beside and all(smoke.expect == "blocked" for smoke in beside):
        said = text("{} without an identity, and {} beside it has to be blocked", says, beside[0].called)
        hint = ('expect = "blocked"',)
        return passed(
            landed.proof, shows, says=says, notes=(_warning(OPEN, workload, change, said, landed.proof, hint),)
        )
    return passed(landed.proof, shows, says=says)


def _meant(workload: Workload, facts: Arrivals, route: Route, wall: Wall, control: Sequence[Probe]) -> Text | None:
    """Why this wall is no fault: those beside the route are behind one too, or everything is."""
    if facts.candidate:
        return text("so nobody outside can try it before it serves")
    beside = _beside(workload, route)
    if beside and all(smoke.expect == "blocked" or smoke.identity is not None for smoke in beside):
        return text("as {} beside it is", beside[0].called)
    walls = [answer.value.wall for probe in control if (answer := _answer(probe)) is not None]
    if walls and all(one is not None and one.kind == wall.kind for one in walls):
        return text("as the front page is")
    return None


def _beside(workload: Workload, route: Route) -> list[Smoke]:
    """The configured requests that share most of the path's folders with it, at least one."""
    own = route.path.split("/")[1:-1]
    shares = {smoke: _shared(own, smoke.path.partition("?")[0].split("/")[1:-1]) for smoke in workload.smoke}
    most = max(shares.values(), default=0)
    return [smoke for smoke, count in shares.items() if count == most] if most else []


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


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
