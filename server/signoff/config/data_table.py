"""`[[workloads.NAME.data]]`: rows that the workload has to produce, and when they are due."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from signoff.config.loosens import Loosens, NeverLoosens, changed, dropped, misses_one
from signoff.config.table import Table

TableName = Annotated[str, Field(pattern=r"^[A-Za-z_][\w$-]*(\.[\w$-]+){0,2}$")]
Column = Annotated[str, Field(min_length=1)]
Days = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d(/\d{4}-\d\d-\d\d)?$")]
SeasonText = Annotated[str, Field(pattern=r"^\d\d-\d\d/\d\d-\d\d$")]
Hours = float

SOURCES = ("database", "sqlite", "bigquery")
ROWS = ("table", "query")


def _means_more(old: Sequence[str], new: Sequence[str]) -> bool:
    return bool(set(new) - set(old))


class DueTable(Table):
    """When data has to be there. Left out: at any time."""

    cron: Annotated[str, Loosens("its data is due at other times", changed)] = Field(
        description="A cron expression of five fields, in the time zone of `zone`: at these moments the data is due."
    )
    grace_hours: Annotated[Hours, Loosens("its data may come later", lambda old, new: new > old)] = Field(
        default=0, ge=0, le=24 * 31, description="How much later it may come: until then it is too early to say stale."
    )
    off: Annotated[tuple[Days, ...], Loosens("its data is not due on more days", _means_more)] = Field(
        default=(), strict=False, description='Days on which none is due: "2026-12-25" or "2026-12-24/2027-01-02".'
    )
    seasons: Annotated[tuple[SeasonText, ...], Loosens("its data is due in another season", changed)] = Field(
        default=(), strict=False, description='Times of the year in which data comes, month and day: "10-20/06-20".'
    )


class TrackerTable(Table):
    """A record that says whether the data is complete: a document of Firestore, or the first row of a query."""

    firestore: Annotated[str | None, Loosens("another tracker is read", dropped)] = Field(
        default=None,
        pattern=r"^[^/\s]+/[^/]+(/[^/]+/[^/]+)*$",
        description="The path of a document of Firestore; `{date}` becomes the day that is due.",
    )
    table: Annotated[TableName | None, Loosens("another tracker is read", dropped)] = Field(
        default=None, description="A table, where the data's rows are."
    )
    query: Annotated[str | None, Loosens("another tracker is read", dropped)] = Field(
        default=None, min_length=1, description="A SELECT, where the data's rows are."
    )
    complete: Annotated[dict[str, str | int | bool], Loosens("less makes it complete", changed)] = Field(
        min_length=1, description='Its fields that say complete, and their values: `{ status = "complete" }`.'
    )


class DataTable(Table):
    """Rows that have to be there. One of database, sqlite and bigquery says where, one of table and query which."""

    name: Annotated[str, NeverLoosens("how it is called; a row of another name is another row")] = Field(
        min_length=1, max_length=80, description="How it is called in reports."
    )
    database: Annotated[str | None, Loosens("another database is asked", dropped)] = Field(
        default=None, min_length=1, description="The name of a table [databases.NAME]."
    )
    sqlite: Annotated[str | None, Loosens("another database is asked", dropped)] = Field(
        default=None, min_length=1, description="A SQLite file: its path, from the repository's root or absolute."
    )
    bigquery: Annotated[str | None, Loosens("another database is asked", dropped)] = Field(
        default=None,
        pattern=r"^[a-z0-9.:{}-]+$",
        description="The project in which BigQuery runs the query (the extra `bigquery`); `{project}` is the target's.",
    )
    location: Annotated[str | None, Loosens("another place is asked", dropped)] = Field(
        default=None, pattern=r"^[A-Za-z0-9-]+$", description="BigQuery's location, where it is not the default one."
    )
    most_gigabytes: Annotated[Hours, NeverLoosens("a query that would cost more is unknown, not passed")] = Field(
        default=10, gt=0, description="What a query of BigQuery may read; one that would read more is not run."
    )
    table: Annotated[TableName | None, Loosens("other rows are looked at", dropped)] = Field(
        default=None, description="The table, with its schema or data set where needed."
    )
    query: Annotated[str | None, Loosens("other rows are looked at", dropped)] = Field(
        default=None, min_length=1, description="A SELECT in place of a table."
    )
    time: Annotated[Column, Loosens("other times are looked at", changed)] = Field(
        description="The column that says when a row is of."
    )
    max_age_hours: Annotated[Hours, Loosens("its data may be older", lambda old, new: new > old)] = Field(
        gt=0, le=24 * 366, description="How old the rows may be at the time when they are due."
    )
    at_least: Annotated[int, Loosens("fewer rows are enough", lambda old, new: new < old)] = Field(
        default=1, ge=1, description="How many rows (of each group) have to be that new."
    )
    per: Annotated[Column | None, Loosens("its groups are not looked at one by one", dropped)] = Field(
        default=None, description="The column that makes groups: each of them has to be fresh."
    )
    groups: Annotated[tuple[str, ...], Loosens("a group is not looked at any more", misses_one)] = Field(
        default=(), strict=False, description="The groups that have to be there. Left out: those that are there."
    )
    zone: Annotated[str, Loosens("its times are read otherwise", changed)] = Field(
        default="UTC",
        description="The time zone of the schedule, and of times that have none of their own: America/New_York.",
    )
    due: Annotated[
        DueTable | None, Loosens("its data is not due at any time any more", lambda o, n: o != n and not o)
    ] = Field(default=None, description="When it is due.")
    commit: Annotated[Column | None, Loosens("it is not looked at which code wrote the rows", dropped)] = Field(
        default=None, description="The column in which rows name the commit of the code that wrote them."
    )
    tracker: Annotated[TrackerTable | None, Loosens("its tracker is not read", lambda old, new: old and not new)] = (
        Field(default=None, description="A record beside the data that says whether it is complete.")
    )

    @property
    def place(self) -> tuple[str]:
        """What makes two of them the same one."""
        return (self.name,)


def asked_less(old: Sequence[DataTable], new: Sequence[DataTable]) -> bool:
    """Whether data of `old` is not in `new` at all."""
    return bool({one.place for one in old} - {one.place for one in new})
