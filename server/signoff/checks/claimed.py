"""The session's claim that an error is gone: proven where what raised it was exercised since, and it stayed away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from signoff.checks.expected_logs import worked
from signoff.model.health import Health, Route, UnitLog
from signoff.model.judgement import Status
from signoff.model.logs import ErrorSeen, Request
from signoff.model.quoted import Quoted
from signoff.model.text import Text, text

_SAFE = frozenset({"GET", "HEAD"})


def claim(health: Mapping[str, Health], gone: str) -> tuple[Status, Text]:
    """Whether a claimed error is gone, over all workloads."""
    means = {name: _meant(facts, gone) for name, facts in health.items()}
    for name, facts in health.items():
        for unit in facts.units:
            if any(error in means[name] for error in unit.errors):
                return Status.FAIL, text("{} is still in the logs of {}", Quoted(gone), unit.unit)
    earlier = {name: [error for error in facts.earlier if error in means[name]] for name, facts in health.items()}
    if not any(earlier.values()):
        return Status.UNKNOWN, text("{} is not in the logs before either: its absence proves nothing", Quoted(gone))
    for name, errors in earlier.items():
        facts = health[name]
        if not errors:
            continue
        if not facts.units or not all(unit.whole for unit in facts.units):
            return Status.UNKNOWN, text("{} is not seen on {}, whose logs are not all read", Quoted(gone), name)
        if facts.current is False:
            says = "{} is not seen on {}, but what runs there does not hold the commit in question: deploy it first"
            return Status.UNKNOWN, text(says, Quoted(gone), name)
        missing = not_exercised(name, facts, errors)
        if missing is not None:
            if not_exercised(name, facts, errors, lag=timedelta(0)) is None:
                return Status.WAITING, text("{} is not seen on {}; logs may still be on their way", Quoted(gone), name)
            return Status.UNKNOWN, text("{} is not seen on {}, but {}", Quoted(gone), name, missing)
    return Status.PASS, text("{} is gone: {} since", Quoted(gone), _proof(health, earlier))


def routes_of(health: Health, errors: Sequence[ErrorSeen]) -> list[Route]:
    """The requests that met these errors before; the method is empty where it is not known."""
    paths = {path for error in errors for path in error.paths}
    failing = {route for route in health.failing if route[1] in paths}
    unsaid = {("", path) for path in paths - {path for _, path in failing}}
    return sorted(failing | unsaid)


def called(route: Route) -> Text:
    """`POST /api/orders`"""
    return text("{} {}", route[0], route[1]) if route[0] else text("{}", route[1])


def not_exercised(
    name: str, health: Health, errors: Sequence[ErrorSeen], *, lag: timedelta | None = None
) -> Text | None:
    """What raised the errors and was not tried since, by what serves now and before the lag; None: all was."""
    until = health.now - (health.lag if lag is None else lag)
    tried = [entry for unit in health.units for entry in (*unit.tried, *unit.exercises) if entry.at <= until]
    if health.kind == "job":
        done = tried and all(unit.outcome == "succeeded" for unit in health.units)
        return None if done else text("no run has succeeded since: run job {}", name)
    if health.kind == "worker-pool":
        done = tried and all(worked(unit) for unit in health.units)
        return None if done else text("no entry that [[workloads.{}.logs.expect]] names shows that it worked", name)
    routes = routes_of(health, errors)
    if not routes:
        return text("which request raised it is not known, so none is known to have tried it since")
    untried = (_untried_on(name, health, unit, route, until) for unit in health.units for route in routes)
    return next((missing for missing in untried if missing is not None), None)


def _meant(health: Health, gone: str) -> frozenset[ErrorSeen]:
    return frozenset(error for one in health.claimed if one.gone == gone for error in one.means)


def _is_of(request: Request, route: Route) -> bool:
    return request.path == route[1] and route[0] in {"", request.method}


def _tries(request: Request, route: Route) -> bool:
    """Whether it went the whole way: what was refused, not found or led to a login never came to what raised it."""
    went = request.status < 300 or request.status == 304 or (request.status < 400 and request.method not in _SAFE)
    return _is_of(request, route) and went


def _untried_on(name: str, health: Health, unit: UnitLog, route: Route, until: datetime) -> Text | None:
    """Of each that serves, since one of several may be the one that was not mended; None where it was tried."""
    tried = [entry.request for entry in (*unit.tried, *unit.exercises) if entry.request and entry.at <= until]
    if any(_tries(request, route) for request in tried):
        return None
    where = text(" by {} in {}", unit.unit, unit.region) if len(health.units) > 1 else text("")
    answers = {request.status for request in tried if _is_of(request, route)}
    if answers:
        says = "{} was answered with {} alone since{}, which tries nothing"
        return text(says, called(route), min(answers), where)
    if len(health.units) > 1:
        return text("{} was not answered since{}: send it to {}", called(route), where, name)
    return text("{} was not requested since: send it to {}", called(route), name)


def _proof(health: Mapping[str, Health], earlier: Mapping[str, Sequence[ErrorSeen]]) -> Text:
    """What exercised it, in words."""
    parts = []
    for name, errors in earlier.items():
        facts = health[name]
        if not errors:
            continue
        if facts.kind != "service":
            parts.append(text("{} {}", facts.units[0].unit, "ran" if facts.kind == "job" else "worked"))
            continue
        routes = routes_of(facts, errors)
        more = f" and {len(routes) - 1} more" if len(routes) > 1 else ""
        tries = [e.request for u in facts.units for e in (*u.tried, *u.exercises) if e.request]
        own = all(one.own for one in tries if any(_tries(one, route) for route in routes))
        whose = ", signoff's own smoke request," if own else ""
        parts.append(text("{} answered {}{}{}", facts.units[0].unit, called(routes[0]), more, whose))
    return text(", ".join("{}" for _ in parts), *parts)
