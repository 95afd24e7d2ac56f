"""The facts of link `healthy`: what one revision or execution showed, and what there was before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from signoff.model.evidence import Evidence
from signoff.model.log_rules import Expected, Noise
from signoff.model.logs import ErrorSeen, LogEntry
from signoff.model.quoted import Quoted
from signoff.model.run import Outcome
from signoff.model.subject import Kind

Route = tuple[str, Quoted]
"""Method and path."""


@dataclass(frozen=True, slots=True)
class Appeared:
    """How often an expected text was written (`count`; no more than what a bound let be read)."""

    rule: Expected
    count: int
    proof: Evidence


@dataclass(frozen=True, slots=True)
class Before:
    """The revision that served before, and the newest requests that its container answered: `failed` of `answered`."""

    unit: str
    answered: int
    failed: int
    proof: Evidence


@dataclass(frozen=True, slots=True)
class UnitLog:
    """What one revision or execution showed since it serves (since the execution began).

    `exercises`, oldest first: requests that its container answered; of an execution that has ended its run, as one
    exercise without a path; of a worker pool's revision the lines it wrote. `cut`: there were more of them, and these
    are the newest. `errors`: all of them, where `whole`; else a bound kept the rest from being read.
    """

    unit: str
    region: str
    since: datetime
    """What is older is not its own, or was not read."""
    began: datetime
    """It served by then at the latest."""
    exercises: tuple[LogEntry, ...]
    errors: tuple[ErrorSeen, ...]
    proof: Evidence
    whole: bool = True
    cut: bool = False
    tried: tuple[LogEntry, ...] = ()
    """Older requests of the paths that raised a claimed error, where the exercises were cut."""
    running: bool = False
    """An execution that has not ended."""
    outcome: Outcome = ""
    before: Before | None = None
    """Read only where one of its requests failed."""
    appeared: tuple[Appeared, ...] = ()


@dataclass(frozen=True, slots=True)
class Claimed:
    """An error that the session says is gone, and which of those that were seen, now or before, it means."""

    gone: str
    means: frozenset[ErrorSeen] = frozenset()


@dataclass(frozen=True, slots=True)
class NoiseSeen:
    """A rule of known noise, and the errors that it means."""

    rule: Noise
    means: frozenset[ErrorSeen] = frozenset()


@dataclass(frozen=True, slots=True)
class Health:
    """The units that serve now, and what earlier ones showed (`earlier`: errors before; empty where none was there).

    `read_back`: nothing of before was cut off by a bound. `elsewhere`: errors before of other workloads, with the
    workload's name. `failing`: requests of before that failed. `of_session`: errors of `earlier` that came with
    revisions or executions that were made since the session began. `current`: whether what serves is known to hold the
    commit in question; None where that was not asked or is not known. `lag`: how late an entry may come.
    """

    now: datetime
    lag: timedelta
    units: tuple[UnitLog, ...]
    earlier: tuple[ErrorSeen, ...] = ()
    claimed: tuple[Claimed, ...] = ()
    elsewhere: tuple[tuple[str, ErrorSeen], ...] = ()
    failing: frozenset[Route] = frozenset()
    of_session: frozenset[ErrorSeen] = frozenset()
    read_back: bool = True
    noise: tuple[NoiseSeen, ...] = ()
    current: bool | None = None
    kind: Kind = "service"
