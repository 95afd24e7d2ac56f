"""Routes as they stand in source text: what a workload answers, read without running it."""

from __future__ import annotations

from dataclasses import dataclass

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
