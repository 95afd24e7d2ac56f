"""What the logs said: entries, and the errors read out of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from signoff.model.quoted import Quoted
from signoff.model.smoke import AGENT
from signoff.model.subject import Kind

_NOT_SAID = Quoted("")


@dataclass(frozen=True, slots=True)
class Request:
    """One entry of the request log. `refused`: the platform answered, no container saw it. `host`: as it was asked
    for; `agent`: the User-Agent.
    """

    method: str
    path: Quoted
    """Path without query."""
    status: int
    refused: bool = False
    host: Quoted = _NOT_SAID
    agent: Quoted = _NOT_SAID

    @property
    def own(self) -> bool:
        """Whether it is a smoke request of signoff."""
        return self.agent.contains(AGENT)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of output, or one request, of one revision or execution (`unit`, its short name)."""

    at: datetime
    workload: str
    region: str
    unit: str
    severity: str
    """Google's names; a plain line on stderr is DEFAULT."""
    stream: str
    """`requests`, `stdout`, `stderr`, `system` or another log's short name."""
    message: Quoted
    request: Request | None = None
    during: Quoted | None = None
    """The path of the request that a line of output is about, where its logger names it."""
    trace: str | None = None
    instance: str = ""
    """Which container of which instance wrote it: its lines on one stream may be one message."""
    payload: Quoted | None = None
    """A structured entry's `jsonPayload`, as JSON text."""
    kind: Kind = "service"
    """Of the workload: a service and a job may have one name."""


@dataclass(frozen=True, slots=True)
class ErrorSeen:
    """All occurrences of one error. `paths`: requests that met it.

    `signature` is equal for equal errors, and empty where the error could not be parsed: compare with `same_error`.
    """

    signature: str
    says: Quoted
    count: int
    first: datetime
    last: datetime
    paths: frozenset[Quoted] = frozenset()

    def same_error(self, other: ErrorSeen) -> bool:
        """Whether both are occurrences of one error; what could not be parsed is never the same as another."""
        return bool(self.signature) and self.signature == other.signature
