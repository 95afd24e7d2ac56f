"""Which routes a request in the log may have been one of."""

from __future__ import annotations

from collections.abc import Iterable

from signoff.model.logs import Request
from signoff.model.routes import ANY, Route
from signoff.reading.routes.paths import covers


def takers(routes: Iterable[Route], request: Request) -> tuple[Route, ...]:
    """Those whose method and path take it, each key once: more than one where paths overlap (`/a/{id}`, `/a/new`)."""
    path = request.path.outside
    taking = (route for route in routes if route.method in {request.method, ANY} and covers(route.path, path))
    return tuple({route.key: route for route in taking}.values())
