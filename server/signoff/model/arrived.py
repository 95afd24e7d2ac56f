"""Of a request that nobody configured: whether it arrived, and whether a wall before it is meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from signoff.model.arrival import Answer, Arrivals, Landed, Probe, Wall
from signoff.model.facts import Known
from signoff.model.routes import Route
from signoff.model.smoke import Smoke
from signoff.model.subject import Workload
from signoff.model.text import Text, text


def settled(workload: Workload, facts: Arrivals, route: Route, probe: Probe, control: Sequence[Probe]) -> bool:
    """Whether this request shows that a new route is there for its users, or behind a wall that is meant."""
    known = answer_of(probe)
    if known is None:
        return False
    status, wall = known.value.status, known.value.wall
    if arrived_at(workload, facts, probe):
        return status < 500 and not (status == 404 and route.certain)
    return wall is not None and wall.guards and meant(workload, facts, route, wall, control) is not None


def answer_of(probe: Probe) -> Known[Answer] | None:
    """What came back over HTTP; None where nothing did."""
    answer = probe.sent.answer
    known = isinstance(answer, Known) and isinstance(answer.value, Answer)
    return cast("Known[Answer]", answer) if known else None


def arrived_at(workload: Workload, facts: Arrivals, probe: Probe) -> bool:
    """Whether a container of the revisions that have to answer is seen to have answered."""
    landed = probe.landed
    if not isinstance(landed, Landed) or landed.refused:
        return False
    return landed.entry.unit in facts.revisions and landed.entry.workload == workload.resource


def meant(workload: Workload, facts: Arrivals, route: Route, wall: Wall, control: Sequence[Probe]) -> Text | None:
    """Why this wall is no fault: those beside the route are behind one too, or everything is."""
    if facts.candidate:
        return text("so nobody outside can try it before it serves")
    others = beside(workload, route)
    if others and all(smoke.expect == "blocked" or smoke.identity is not None for smoke in others):
        return text("as {} beside it is", others[0].called)
    walls = [answer.value.wall for probe in control if (answer := answer_of(probe)) is not None]
    if walls and all(one is not None and one.kind == wall.kind for one in walls):
        return text("as the front page is")
    return None


def beside(workload: Workload, route: Route) -> list[Smoke]:
    """The configured requests that share most of the path's folders with it, at least one."""
    own = route.path.split("/")[1:-1]
    shares = {smoke: _shared(own, smoke.path.partition("?")[0].split("/")[1:-1]) for smoke in workload.smoke}
    most = max(shares.values(), default=0)
    return [smoke for smoke, count in shares.items() if count == most] if most else []


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
