"""The data that a workload produces: what signoff.toml declares of it, and what the tables showed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from signoff.model.database_use import Database
from signoff.model.facts import Known, Unknown
from signoff.model.finding import Location
from signoff.model.lineage import Content
from signoff.model.quoted import Quoted
from signoff.model.subject import Commit


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """A SQLite database in a file; `path` from the repository's root, or absolute."""

    path: str


@dataclass(frozen=True, slots=True)
class BigQuery:
    """BigQuery, where jobs are run and paid in `project`. `most_bytes`: a query that would read more is not run."""

    project: str
    location: str | None = None
    most_bytes: int = 10 * 1024**3


Tables = Database | SqliteFile | BigQuery


@dataclass(frozen=True, slots=True)
class Season:
    """Days of a year on which data comes, both ends among them; `first` after `last`: over the turn of the year."""

    first: tuple[int, int]
    """Month and day."""
    last: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Due:
    """When data has to be there: at each moment of `cron` (in the check's time zone), and `grace` later at the latest.

    Nothing is due on the days `off` (spans, both ends among them) and outside of the `seasons`, where there are any.
    """

    cron: str
    grace: timedelta = timedelta(0)
    off: tuple[tuple[date, date], ...] = ()
    seasons: tuple[Season, ...] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """What is asked: the rows of a table (its name, with its schema) or of a query; exactly one is not None."""

    table: str | None = None
    query: str | None = None


@dataclass(frozen=True, slots=True)
class FirestoreDocument:
    """A document by its path in the project's database; `{date}` is the day that is due, in the check's time zone."""

    project: str
    path: str
    database: str = "(default)"


@dataclass(frozen=True, slots=True)
class Tracker:
    """A record that says whether the data is complete: it is, when each field of `complete` has its value.

    `source`: a document, or the first row of a query on `tables`.
    """

    source: FirestoreDocument | Rows
    complete: tuple[tuple[str, str | int | bool], ...]
    tables: Tables | None = None


@dataclass(frozen=True, slots=True)
class DataCheck:
    """One `[[workloads.NAME.data]]`. The rows of each group need `at_least` rows that are at most `max_age` old.

    `time`: the column that says when a row is of; what has no time zone of its own is in `zone`. `per`: the column
    that makes groups (None: all rows are one); `groups`: those that have to be there. `commit`: the column in which
    rows say which code wrote them.
    """

    name: str
    tables: Tables
    rows: Rows
    time: str
    max_age: timedelta
    at_least: int = 1
    per: str | None = None
    groups: tuple[str, ...] = ()
    zone: str = "UTC"
    due: Due | None = None
    commit: str | None = None
    tracker: Tracker | None = None
    place: Location | None = None


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
    before it; `ahead`: with a time in the future; `undated`: without one.
    """

    name: Quoted | None
    rows: int
    latest: datetime | None
    recent: int
    earlier: int
    ahead: int
    undated: int


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
