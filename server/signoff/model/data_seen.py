"""What the tables showed of the data that a workload produces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from signoff.model.data import DataCheck
from signoff.model.facts import Known, Unknown
from signoff.model.lineage import Content
from signoff.model.quoted import Quoted
from signoff.model.subject import Commit


@dataclass(frozen=True, slots=True)
class Moments:
    """When data was last due (`due`; without a schedule: now), until when that may take, and the time before that.

    `due` None: it was never due yet. `next`: when it is due again, where that is known.
    """

    due: datetime | None
    settled: datetime | None
    before: datetime | None
    next: datetime | None


@dataclass(frozen=True, slots=True)
class Group:
    """Rows with one value of `per`. `recent`: those that count for the moment it was last due, `earlier` for the one
    before it; `ahead`: with a time in the future. `rows`: all of them, those without a time too.
    """

    name: Quoted | None
    rows: int
    latest: datetime | None
    recent: int
    earlier: int
    ahead: int


@dataclass(frozen=True, slots=True)
class WrittenBy:
    """Rows that name one commit as their writer, since the newest change of the inputs (`changed`), and its newest ones
    in any case. `content`: what that commit holds of the change; None where no commit is meant by what they say.
    """

    says: Quoted
    last: datetime
    rows: int
    commit: Commit | None
    content: Content | None


@dataclass(frozen=True, slots=True)
class Writers:
    """`changed`: when the newest commit that touches the inputs was made."""

    changed: datetime
    found: tuple[WrittenBy, ...]


@dataclass(frozen=True, slots=True)
class Tracked:
    """What the tracker says: each field that counts with its value (None: it is not there); None: no such record."""

    fields: tuple[tuple[str, Quoted | None], ...] | None
    complete: bool


@dataclass(frozen=True, slots=True)
class DataSeen:
    """One check with what became known for it."""

    check: DataCheck
    moments: Moments
    groups: Known[tuple[Group, ...]] | Unknown
    tracked: Known[Tracked] | Unknown | None = None
    writers: Known[Writers] | Unknown | None = None


@dataclass(frozen=True, slots=True)
class DataFacts:
    """All that is declared of one workload."""

    now: datetime
    seen: tuple[DataSeen, ...]
