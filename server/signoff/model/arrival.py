"""Arrival: the requests that were sent, what stopped them or what answered, and where the request log saw them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from signoff.model.evidence import Evidence
from signoff.model.facts import Known, Ref, Unknown
from signoff.model.http import Failure
from signoff.model.logs import LogEntry
from signoff.model.quoted import Quoted
from signoff.model.run import Ingress
from signoff.model.smoke import Smoke

WallKind = Literal[
    "iap",
    "cloudflare-access",
    "bot-challenge",
    "oauth2-proxy",
    "google-sign-in",
    "oidc",
    "saml",
    "basic",
    "invoker",
    "reserved-path",
    "google-404",
    "login-redirect",
    "login-page",
    "moved",
]


_EDGES = frozenset[WallKind](
    {"iap", "cloudflare-access", "bot-challenge", "oauth2-proxy", "invoker", "reserved-path", "google-404"}
)
"""Walls whose answers no application gives."""


@dataclass(frozen=True, slots=True)
class Wall:
    """Something that answered in the workload's place, recognised by one field of the answer (`shown`: `value`).

    `guards`: it lets nobody through without an identity. `change`: who has to change what. `docs`: why that is so.
    """

    kind: WallKind
    called: str
    shown: str
    value: Quoted
    guards: bool
    change: str
    docs: str


@dataclass(frozen=True, slots=True)
class Cached:
    """An answer out of a cache: no revision had anything to do with it. `lasting`: the cache may keep it for good."""

    shown: str
    value: Quoted
    age: timedelta | None = None
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Unmet:
    """An expectation that the answer does not meet: `what` (`status`, `content type`, `json items.0`), as written."""

    what: str
    wanted: str
    got: Quoted


@dataclass(frozen=True, slots=True)
class Answer:
    """`html`: its content type says so. `named`: the revision that the configured header names."""

    status: int
    unmet: tuple[Unmet, ...] = ()
    wall: Wall | None = None
    cached: Cached | None = None
    html: bool = False
    location: Quoted | None = None
    named: Quoted | None = None

    @property
    def stopped(self) -> bool:
        """Whether what answered is surely no container: nothing of the request was handled."""
        return self.wall is not None and self.wall.kind in _EDGES


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it went out. `nonce`: in its trace headers and its User-Agent. `at`: when its answer was there.

    `answer` None: it went out, and what came back was never written down (the process ended).
    """

    smoke: Smoke
    url: str
    nonce: str
    at: datetime
    answer: Known[Answer | Failure] | Unknown | None

    @property
    def reached_nobody(self) -> bool:
        """Whether it surely did nothing: a wall answered, or nothing of it left this machine."""
        if not isinstance(self.answer, Known):
            return False
        answer = self.answer.value
        return answer.unsent if isinstance(answer, Failure) else answer.stopped


@dataclass(frozen=True, slots=True)
class Landed:
    """The entry of the request log that has the nonce."""

    entry: LogEntry
    proof: Evidence

    @property
    def refused(self) -> bool:
        """Whether the platform answered it, and no container."""
        return self.entry.request is None or self.entry.request.refused


@dataclass(frozen=True, slots=True)
class Probe:
    """One request and where it landed. `landed` None: the log, last read at `looked`, does not have it (so far);
    Unknown: the log can not be read. `earlier`: it was sent by an earlier run.
    """

    sent: Sent
    landed: Landed | Unknown | None
    looked: datetime
    earlier: bool = False


@dataclass(frozen=True, slots=True)
class Front:
    """How Cloud Run lets requests in to one workload. `addressed`: it has an address of its own. `private`: why nobody
    outside can use that, in words; empty where everybody can. `ref`: where that stands.
    """

    ingress: Ingress
    addressed: bool
    ref: Ref
    private: str = ""


@dataclass(frozen=True, slots=True)
class Users:
    """Requests of others than signoff, along the way that users take, oldest first.

    `handled`: by the serving revisions, with less than 400. `refused`: turned away by the platform since what serves
    was last changed, and answered before. `astray`: to the public host, answered by a revision that does not serve,
    after traffic had moved. `seen`: whether the log has any request to the workload.
    """

    handled: tuple[LogEntry, ...]
    refused: tuple[LogEntry, ...]
    astray: tuple[LogEntry, ...]
    seen: bool
    proof: Evidence


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The facts of link `reachable`. `revisions`: any of these has to answer; `candidate`: they do not serve yet.

    `public`: the host of the configured url; empty where there is none. `since`: when what serves was made.
    `held_back`: configured requests that were not sent, and why. `unaccepted`: those whose identity waits for a person.
    """

    revisions: frozenset[str]
    candidate: bool
    lag: timedelta
    front: Front
    probes: tuple[Probe, ...]
    users: Users | Unknown
    since: datetime
    public: str = ""
    held_back: tuple[tuple[Smoke, str], ...] = ()
    unaccepted: tuple[Smoke, ...] = ()


class Kept(Protocol):
    """Where requests that write are remembered, so that none goes out twice to one revision.

    `smoke`: what is asked for; the answer alone has to be kept.
    """

    def get(self, key: str, smoke: Smoke) -> Sent | None: ...

    def begin(self, key: str, sent: Sent) -> bool:
        """It is about to go out; False: another one did, and this may not."""

    def put(self, key: str, sent: Sent) -> None:
        """With its answer."""


class KeptInMemory:
    """For as long as the process lives."""

    def __init__(self) -> None:
        self._kept: dict[str, Sent] = {}

    def get(self, key: str, smoke: Smoke) -> Sent | None:
        del smoke  # it was kept whole
        return self._kept.get(key)

    def begin(self, key: str, sent: Sent) -> bool:
        before = self._kept.get(key)
        if before is not None and not before.reached_nobody:
            return False
        self._kept[key] = sent
        return True

    def put(self, key: str, sent: Sent) -> None:
        self._kept[key] = sent

    def drop(self, key: str) -> None:
        self._kept.pop(key, None)
