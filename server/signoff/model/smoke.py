"""What a smoke request asks, and what its answer has to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

JsonType = Literal["string", "number", "integer", "boolean", "array", "object", "null"]
Scalar = str | int | float | bool


AGENT = "signoff-smoke"
"""How requests of signoff are told from those of users, in the request log too."""


@dataclass(frozen=True, slots=True)
class JsonExpected:
    """What stands at `path` of a JSON body (`items.0.name`; empty: the whole): a value, or anything of a type."""

    path: str
    value: Scalar | None = None
    type: JsonType | None = None


@dataclass(frozen=True, slots=True)
class IdToken:
    """A Google ID token of the identity that signoff reads with, made for this audience."""

    audience: str


@dataclass(frozen=True, slots=True)
class BearerFrom:
    """What an environment variable holds."""

    variable: str


Identity = IdToken | BearerFrom


@dataclass(frozen=True, slots=True)
class Smoke:
    """A request through the real edge; `blocked`: the edge is meant to let nobody through there.

    `status`: any of these (empty: 2xx). `writes`: it changes something, so that it is sent once a revision.
    `by_default`: nobody wrote it; it asks for the front page of a service that has no other. `found`: nobody wrote it;
    the route was found in the code, so what it has to answer is not known. `held`: where its identity goes, or whose it
    is, is new since the session began, so it waits for a person.
    """

    path: str
    expect: Literal["reach", "blocked"] = "reach"
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    status: tuple[int, ...] = ()
    content_type: str | None = None
    contains: str | None = None
    json: tuple[JsonExpected, ...] = ()
    identity: Identity | None = None
    writes: bool = False
    by_default: bool = False
    found: bool = False
    held: bool = False

    @property
    def called(self) -> str:
        """As it is named in sentences: `GET /api/reports`."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Ignored:
    """Routes that need not be covered, as a pattern of paths (`*` for anything), and the reason."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class RouteRules:
    """How the routes of a workload are found, beside what its source says: an OpenAPI document of the repository, and
    a command that prints them. `probe`: whether new ones are asked for.
    """

    openapi: str | None = None
    command: tuple[str, ...] = ()
    ignore: tuple[Ignored, ...] = ()
    probe: bool = True


AS_FOUND = RouteRules()
FRONT_PAGE = Smoke("/", by_default=True)
"""With nothing configured a service still gets one request."""
