"""Routes as they stand in source text: what a workload answers, read without running it."""

from __future__ import annotations

from typing import Literal

from signoff.model.arrival import Arrivals
from signoff.model.evidence import Evidence
from signoff.model.record import dataclass
from signoff.model.smoke import Smoke
from signoff.model.text import Text

ANY = "*"
"""The method of a route that takes every one."""


@dataclass(frozen=True, slots=True, order=True)
class Route:
    """One method and path of an application, and where it stands (`line` counts from 1).

    `path`: parameters as `{name}`, those that take several segments as `{name...}`. `source`: a fingerprint of what
    handles it, equal as long as that text means the same. `certain`: nothing at run time decides whether it is there.
    """

    method: str
    path: str
    file: str
    line: int
    source: str
    certain: bool = True

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
class Change:
    """A route of the commit to ship that what was deployed before does not have, or has with another handler."""

    route: Route
    kind: Literal["new", "changed"]

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
    that could be asked for alone and were not, and why. `ignored`: changes, and the reason.
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
