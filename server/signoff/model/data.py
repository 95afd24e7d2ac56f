"""The data that a workload produces, as signoff.toml declares it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from signoff.model.database_use import Database
from signoff.model.finding import Location


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
