"""Routes as they stand in source text: what a workload answers, read without running it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from signoff.model.arrival import Arrivals
from signoff.model.evidence import Evidence
from signoff.model.smoke import Smoke
from signoff.model.text import Text

ANY = "*"
"""The method of a route that takes every one."""


class Place(NamedTuple):
    """A line of a file, counted from 1; 0 is the whole file. `column`: counted from 1 too; 0 is all of the line."""

    file: str
    line: int
    column: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Helper:
    """A function, class or value of the repository that handlers lead to."""

    name: str
    file: str
    line: int


@dataclass(frozen=True, slots=True, order=True)
class Route:
    """One method and path of an application, and where it stands (`line` counts from 1).

    `path`: parameters as `{name}`, those that take several segments as `{name...}`. `source`: a fingerprint of what
    handles it, equal as long as that text means the same. `certain`: nothing at run time decides whether it is there.
    `handlers`: where what handles it begins, as far as that was found, and where routers that it hangs on are included.
    `asked`: what those routers ask before it (dependencies, middleware), each with a fingerprint of how it is given.
    """

    method: str
    path: str
    file: str
    line: int
    source: str
    certain: bool = True
    handlers: tuple[Place, ...] = ()
    column: int = 0
    asked: frozenset[tuple[Helper, str]] = field(default=frozenset(), compare=False)

    @property
    def places(self) -> tuple[Place, ...]:
        """Where its code can be read; empty where it was not read from source."""
        return (Place(self.file, self.line, self.column), *self.handlers)

    @property
    def key(self) -> tuple[str, str]:
        return self.method, self.path

    @property
    def has_parameters(self) -> bool:
        return "{" in self.path


@dataclass(frozen=True, slots=True)
class Unread:
    """A place where routes are made in a way that the text alone does not tell. `source`: as of a Route."""

    file: str
    line: int
    why: Text
    source: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What one tree defines. `by`: the names of the frameworks that were met."""

    routes: tuple[Route, ...] = ()
    unread: tuple[Unread, ...] = ()
    by: frozenset[str] = frozenset()

    def with_more(self, other: Found) -> Found:
        return Found((*self.routes, *other.routes), (*self.unread, *other.unread), self.by | other.by)


@dataclass(frozen=True, slots=True)
class Reached:
    """`by`: for the places of each route, what changed of that which it leads to.

    `blind`: where only a run tells what is called, in routes that nothing was found for, and something changed that no
    route is seen to lead to.
    """

    by: Mapping[tuple[Place, ...], tuple[Helper, ...]]
    blind: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A route of the commit to ship that what was deployed before does not have, or has with another handler.

    `through`: its handler's own text is the same, and these, which it leads to, changed. `earlier`: an earlier deploy
    brought it, and nothing has shown yet that a request for it arrives.
    """

    route: Route
    kind: Literal["new", "changed"]
    through: tuple[Helper, ...] = ()
    earlier: bool = False

    @property
    def alone(self) -> bool:
        """Whether it can be asked for without anything more: a GET without parameters."""
        return self.route.method in {"GET", ANY} and not self.route.has_parameters


@dataclass(frozen=True, slots=True)
class NewRoutes:
    """The facts of the check `routes`. `proof`: which commits were compared.

    `untold`: why it can not be told which routes are new; None where it can. `found`: all routes of the commit to ship.
    `changes`: those that no configured request is of; `covered`: the others. `unread`: places that are new as well.
    `smokes`: the requests that were sent for changes that nobody configured, with what became of them in `arrivals`;
    `control` is the front page, sent to tell a wall before the route from one before everything. `unsent`: changes
    that could be asked for alone and were not, and why. `ignored`: changes, and the reason. `common`: what changed and
    so many routes lead to (the number) that none counts as changed for it. `blind`: where only a run tells what a
    handler calls, and something changed that no route is seen to lead to. `used`: changes that the serving revision
    answered a user's request for. `languages`: what the code is written in, where no route and no framework was met in
    it, and nothing in signoff.toml tells its routes.
    """

    proof: Evidence
    untold: Text | None
    found: Found
    changes: tuple[Change, ...] = ()
    unread: tuple[Unread, ...] = ()
    covered: tuple[Change, ...] = ()
    smokes: tuple[tuple[Change, Smoke], ...] = ()
    control: Smoke | None = None
    arrivals: Arrivals | None = None
    unsent: tuple[tuple[Change, Text], ...] = ()
    ignored: tuple[tuple[Change, str], ...] = ()
    common: tuple[tuple[Helper, int], ...] = ()
    blind: tuple[Unread, ...] = ()
    used: tuple[Change, ...] = ()
    languages: tuple[str, ...] = ()


class Awaited(Protocol):
    """Where routes are remembered that were new, and that nothing has shown yet to arrive."""

    def get(self, target: str, resource: str) -> frozenset[tuple[str, str]]:
        """Of a service in a target: each a method and a path."""

    def put(self, target: str, resource: str, route: tuple[str, str], *, settled: bool) -> None:
        """It is new; or it is settled, since a request arrived or what keeps it away is meant."""


class AwaitedInMemory:
    """For as long as the process lives."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], set[tuple[str, str]]] = {}

    def get(self, target: str, resource: str) -> frozenset[tuple[str, str]]:
        return frozenset(self._kept.get((target, resource), ()))

    def put(self, target: str, resource: str, route: tuple[str, str], *, settled: bool) -> None:
        there = self._kept.setdefault((target, resource), set())
        if settled:
            there.discard(route)
        else:
            there.add(route)
