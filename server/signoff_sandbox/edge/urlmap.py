"""Which route a path takes, as in a URL map: an exact path first, then the longest prefix.

https://cloud.google.com/load-balancing/docs/url-map-concepts
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from signoff_sandbox.edge.config import Route


@dataclass(frozen=True, slots=True)
class Place:
    """A `location` of nginx; `route` is None where no route leads."""

    path: str
    exact: bool
    route: Route | None


def match(routes: Iterable[Route], path: str) -> Route | None:
    """The route of a path among those of one host."""
    best: Route | None = None
    for route in routes:
        if route.path == path:
            return route
        prefix = route.prefix
        if prefix is not None and path.startswith(prefix) and (best is None or len(route.path) > len(best.path)):
            best = route
    return best


def places(routes: Sequence[Route]) -> list[Place]:
    """The locations of one host.

    `/api/*` does not cover `/api`, and nginx would redirect that to `/api/` by itself: so it gets a location of its
    own, with the route that it takes.
    """
    found = [Place(route.prefix or route.path, route.prefix is None, route) for route in routes]
    taken = {place.path for place in found}
    for route in routes:
        bare = (route.prefix or "/").rstrip("/")
        if bare and bare not in taken:
            taken.add(bare)
            found.append(Place(bare, True, match(routes, bare)))
    if "/" not in {place.path for place in found if not place.exact}:
        found.append(Place("/", False, None))
    return found
