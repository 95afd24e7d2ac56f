"""What the link `buildable` is judged from: what the build lacks, what builds did, and what a rehearsal of it did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from signoff.model.builds import Build
from signoff.model.evidence import Evidence
from signoff.model.facts import Known, Unknown
from signoff.model.finding import Location
from signoff.model.lineage import Lineage
from signoff.model.quoted import Quoted
from signoff.model.text import Text

LackKind = Literal["stops", "may-stop", "baked-empty"]
"""As `reading.env_reads.missing` tells them apart."""


@dataclass(frozen=True, slots=True)
class Lack:
    """A name that the code reads while it is built and the build does not have.

    `chain`: from the route or entry file to the read, a sentence each. `run_time_only`: it exists when the workload
    runs. `empty`: where the build sets it to nothing. `sure` False: what the build has is not wholly told, or the code
    has a default.
    """

    name: Quoted
    kind: LackKind
    place: Location
    chain: tuple[Quoted, ...]
    why: Quoted
    cure: Quoted
    run_time_only: bool
    empty: Location | None = None
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Scanned:
    """`files`: how many the build evaluates. `unread`: sentences on what could not be told, of code and of the build.

    `commands` 0: nothing tells what the build runs.
    """

    lacks: tuple[Lack, ...]
    files: int
    commands: int
    public: bool = False
    """Browsers get code with names in it that the build does not have: whether they lack them, only Cloud Run tells."""
    unread: tuple[Quoted, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildsSeen:
    """What builds of the same inputs did. `good`: one that made an image. `of`: Evidence of the one that ran last."""

    good: Lineage | None
    under_way: Build | None = None
    failed: Build | None = None
    shown: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class TracedRead:
    """A name that the build's own programs asked for and did not get. `rendering`: not by merely loading a module."""

    name: str
    place: Quoted
    rendering: bool


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One rehearsal of a build's commands in a clean clone of `commit`.

    `command`: the last one that ran. `code` None: it was ended after `seconds`. `lines`: the first that tell of the
    failure. `placeholders`: names whose values were stood in for, since the build's own are not known here.
    """

    commit: str
    command: tuple[str, ...]
    code: int | None
    seconds: int
    at: datetime
    lines: tuple[Quoted, ...] = ()
    reads: tuple[TracedRead, ...] = ()
    placeholders: tuple[str, ...] = ()


class Kept(Protocol):
    """Where what was found out of files that never change is kept, by a key made of all that it hangs on."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, value: bytes) -> None: ...


class KeptInMemory:
    """For as long as the process lives."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self._kept.get(key)

    def put(self, key: str, value: bytes) -> None:
        self._kept[key] = value


class Rehearsals(Protocol):
    """Where rehearsals are kept, by a key made of their inputs, commands and environment."""

    def get(self, key: str) -> Rehearsed | None: ...

    def put(self, key: str, done: Rehearsed) -> None: ...


class RehearsalsInMemory:
    """For as long as the process lives."""

    def __init__(self) -> None:
        self._kept: dict[str, Rehearsed] = {}

    def get(self, key: str) -> Rehearsed | None:
        return self._kept.get(key)

    def put(self, key: str, done: Rehearsed) -> None:
        self._kept[key] = done


@dataclass(frozen=True, slots=True)
class BuildableFacts:
    """`run_time`: the names that the workload has when it runs. `rehearsed` None: none of these inputs is on record."""

    scanned: Known[Scanned]
    run_time: Known[frozenset[str]] | Unknown
    builds: BuildsSeen | Unknown
    rehearsed: Rehearsed | None = None
    unrehearsed: Text | None = None
    """Why a rehearsal that was wanted did not take place."""
