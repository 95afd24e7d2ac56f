"""What the ledger keeps: one frozen type an event. Text is redacted, and outside text released, when it is written."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar, Literal, get_args

from signoff.model.quoted import Quoted
from signoff.safety.release import own, released

Json = Any
"""A JSON value."""
_long = partial(own, limit=20_000)


@dataclass(frozen=True, slots=True)
class SessionBegan:
    """`worktree`: its absolute path; `session`: the client's own id where a hook gives one."""

    kind: ClassVar[str] = "session-began"
    at: datetime
    worktree: str
    head: str
    by: Literal["hook", "mcp", "person"]
    session: str | None = None
    identities: Sequence[str] | None = None
    """Digests of where signoff.toml sent tokens then (`commands.identities`); None: it was not looked at."""


@dataclass(frozen=True, slots=True)
class IdentityAccepted:
    """A person's word at a terminal: this token may go there. `destination`: a digest (`commands.identities`)."""

    kind: ClassVar[str] = "identity-accepted"
    at: datetime
    destination: str
    workload: str
    asked: str
    by: str


@dataclass(frozen=True, slots=True)
class ReportMade:
    """`report`: as `views.structure.as_json` gives it. `whole`: every link and workload was asked for."""

    kind: ClassVar[str] = "report"
    at: datetime
    worktree: str
    target: str
    whole: bool
    report: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class PlanMade:
    """`plan`: its id, a digest of what would be done and of the world; `content`: what is needed to make it again."""

    kind: ClassVar[str] = "plan"
    at: datetime
    plan: str
    target: str
    content: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class PlanApproved:
    """A person's yes to one plan. `way`: how it was given."""

    kind: ClassVar[str] = "approval"
    at: datetime
    plan: str
    way: Literal["elicitation", "enforced-prompt", "terminal"]
    by: str


@dataclass(frozen=True, slots=True)
class OperationBegan:
    """A plan is carried out. `by`: who said yes, as `NAME@MACHINE`.

    `before`: per workload what stood in the target, as `actions.plan` writes it: what a failure leads back to, also
    when another process goes on after this one died. `asked`: the plan's request, so that only the same one goes on.
    `worktree`: whose session it belongs to.
    """

    kind: ClassVar[str] = "operation"
    at: datetime
    operation: str
    plan: str
    target: str
    commit: str
    by: str
    before: Mapping[str, Json]
    asked: Mapping[str, Json] = field(default_factory=dict)
    worktree: str = ""


@dataclass(frozen=True, slots=True)
class StepTaken:
    """One step of an operation on one workload; `says` may hold outside text."""

    kind: ClassVar[str] = "action-step"
    at: datetime
    operation: str
    target: str
    workload: str
    step: str
    outcome: Literal["began", "done", "failed", "busy", "void", "not started", "stopped", "undone"]
    says: str | Quoted = ""


@dataclass(frozen=True, slots=True)
class OperationEnded:
    """How an operation came out; without this event it goes on, or its process died."""

    kind: ClassVar[str] = "operation-end"
    at: datetime
    operation: str
    outcome: str
    says: str | Quoted = ""


@dataclass(frozen=True, slots=True)
class RevisionProven:
    """A revision was seen to serve and to be healthy: what a roll-back can go to."""

    kind: ClassVar[str] = "revision"
    at: datetime
    target: str
    resource: str
    revision: str
    image: str
    commit: str | None


@dataclass(frozen=True, slots=True)
class ClaimMade:
    """What the session says it did: that this error is gone."""

    kind: ClassVar[str] = "claim"
    at: datetime
    worktree: str
    gone: str
    workload: str | None = None


@dataclass(frozen=True, slots=True)
class LinkWaived:
    """A person's word at a terminal. It holds for this commit alone: what comes after it has not been looked at."""

    kind: ClassVar[str] = "waiver"
    at: datetime
    target: str
    commit: str
    workload: str
    link: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class DigestProven:
    """That an image was built from a commit, kept since build records vanish. `strength`: as of the evidence."""

    kind: ClassVar[str] = "proof"
    at: datetime
    digest: str
    commit: str
    strength: Literal["proven", "attested"]
    source: str = field(default="")
    """Which record said so: the build's resource name."""


@dataclass(frozen=True, slots=True)
class SmokeSent:
    """A request that writes went out, so that none goes out twice to one revision; `key` says which to which.

    `answer`: what came back, as `ledger.smokes` writes it; None before it came.
    """

    kind: ClassVar[str] = "smoke"
    at: datetime
    key: str
    asked: str
    url: str
    nonce: str
    answer: Mapping[str, Json] | None


@dataclass(frozen=True, slots=True)
class RouteAwaited:
    """A route was new at a deploy, and no request is known to arrive at it; or it is settled since. `resource`: the
    service.
    """

    kind: ClassVar[str] = "route"
    at: datetime
    target: str
    resource: str
    method: str
    path: str
    settled: bool


Event = (
    SessionBegan
    | IdentityAccepted
    | ReportMade
    | PlanMade
    | PlanApproved
    | OperationBegan
    | StepTaken
    | OperationEnded
    | RevisionProven
    | ClaimMade
    | LinkWaived
    | DigestProven
    | SmokeSent
    | RouteAwaited
)

KINDS: Mapping[str, type[Event]] = {made.kind: made for made in get_args(Event)}


def to_json(event: Event) -> dict[str, Json]:
    """The event as JSON values without secrets; `at` in UTC. A report was released by the view that made it."""

    def written(name: str, value: Any) -> Json:
        if name == "at":
            return value.astimezone(UTC).isoformat()
        return value if isinstance(event, ReportMade) and name == "report" else released(value, _long)

    return {entry.name: written(entry.name, getattr(event, entry.name)) for entry in dataclasses.fields(event)}


def from_json(kind: str, body: Mapping[str, Json]) -> Event | None:
    """The event; None for a kind of a newer signoff. Raises ValueError where a field is missing or is no time."""
    made = KINDS.get(kind)
    if made is None:
        return None
    names = {entry.name for entry in dataclasses.fields(made)}
    known = {name: value for name, value in body.items() if name in names}
    try:
        return made(**known | {"at": datetime.fromisoformat(known["at"])})
    except (TypeError, KeyError) as error:
        raise ValueError(f"a {kind} event without all of its fields") from error
