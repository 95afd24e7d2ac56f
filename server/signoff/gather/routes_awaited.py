"""New routes until they are settled: a request arrived at them, what keeps it away is meant, or the code lost them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from signoff.gather.arrival import Grounds
from signoff.gather.visitors import users
from signoff.model.arrived import settled
from signoff.model.facts import Unknown
from signoff.model.routes import Change, Found, NewRoutes
from signoff.model.subject import Workload
from signoff.reading.routes.takers import takers
from signoff.survey import Survey

Key = tuple[str, str]


def awaited(survey: Survey, workload: Workload, where: Grounds) -> frozenset[Key]:
    """What earlier deploys brought. Of a candidate nothing is: users' edge is not in front of it."""
    if where.candidate is not None:
        return frozenset()
    return survey.systems.awaited.get(survey.subject.target.name, workload.resource)


def with_awaited(found: Found, changes: Sequence[Change], earlier: Collection[Key]) -> tuple[Change, ...]:
    """These changes, and the awaited routes that the code still has, as new ones."""
    own = {change.route.key for change in changes if change.kind == "new"}
    first = {route.key: route for route in reversed(found.routes)}
    more = [Change(first[key], "new", earlier=True) for key in sorted(earlier) if key in first and key not in own]
    renewed = {change.route.key for change in more}
    return (*(change for change in changes if change.route.key not in renewed), *more)


async def used(
    survey: Survey, workload: Workload, where: Grounds, found: Found, changes: Iterable[Change]
) -> tuple[Change, ...]:
    """Those that the serving revision answered a user's request for, and no other route could have been asked for."""
    changes = tuple(changes)
    if where.candidate is not None or not changes:
        return ()
    known = await users(survey, workload, where.there, where.revisions, where.public)
    if isinstance(known, Unknown):
        return ()
    requests = [entry.request for entry in known.handled if entry.request is not None]
    asked = {taking[0].key for request in requests if len(taking := takers(found.routes, request)) == 1}
    return tuple(change for change in changes if change.route.key in asked)


def remember(survey: Survey, workload: Workload, where: Grounds, facts: NewRoutes, earlier: Collection[Key]) -> None:
    """Keep which new routes nothing has shown to arrive, and which are settled now."""
    if where.candidate is not None:
        return
    done = {change.route.key for change in facts.used}
    if facts.arrivals is not None:
        control = [probe for probe in facts.arrivals.probes if probe.sent.smoke == facts.control]
        for change, smoke in facts.smokes:
            probes = [probe for probe in facts.arrivals.probes if probe.sent.smoke == smoke]
            if probes and all(settled(workload, facts.arrivals, change.route, probe, control) for probe in probes):
                done.add(change.route.key)
    kept, target = survey.systems.awaited, survey.subject.target.name
    new = [change.route.key for change in (*facts.changes, *facts.used) if change.kind == "new"]
    for key in dict.fromkeys(new):
        if (key in done) == (key in earlier):
            kept.put(target, workload.resource, key, settled=key in done)
