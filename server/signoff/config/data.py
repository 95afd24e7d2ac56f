"""`[[workloads.NAME.data]]` as what is asked in one target, and the rules that one table alone can not tell."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from signoff.config.databases import named_database
from signoff.config.lines import Place
from signoff.model.data import BigQuery, DataCheck, Due, FirestoreDocument, Rows, Season, SqliteFile, Tables, Tracker
from signoff.model.finding import Location

if TYPE_CHECKING:
    from signoff.config.data_table import DataTable, DueTable, TrackerTable
    from signoff.config.schema import Document
    from signoff.model.subject import Target


def data_rules(document: Document) -> Iterator[tuple[Place, str, str]]:
    """The place, what is wrong there, and the remedy."""
    for name, workload in document.workloads.items():
        for at, table in enumerate(workload.data):
            place: Place = ("workloads", name, "data", at)
            if any(other.name == table.name for other in workload.data[:at]):
                yield (*place, "name"), f"there is another {table.name}", "give each its own name"
            yield from _sources(place, table, document)
            yield from _time_zone(place, table)
            if table.tracker is not None:
                yield from _one_of((*place, "tracker"), table.tracker, ("firestore", "table", "query"))
            if table.groups and table.per is None:
                yield (*place, "groups"), "names groups of no column", 'add per = "the column that makes groups"'
            if table.due is not None:
                yield from _due((*place, "due"), table.due)


def data_of(
    tables: Sequence[DataTable], document: Document, target: Target, place: Callable[[int], Location]
) -> tuple[DataCheck, ...]:
    """What one workload has to produce. `place`: where each is written, by its position."""
    return tuple(_check(table, document, target, place(at)) for at, table in enumerate(tables))


def _check(table: DataTable, document: Document, target: Target, place: Location) -> DataCheck:
    return DataCheck(
        name=table.name,
        tables=_tables(table, document, target),
        rows=Rows(table.table, table.query),
        time=table.time,
        max_age=timedelta(hours=table.max_age_hours),
        at_least=table.at_least,
        per=table.per,
        groups=table.groups,
        zone=table.zone,
        due=None if table.due is None else _as_due(table.due),
        commit=table.commit,
        tracker=None if table.tracker is None else _tracker(table.tracker, target),
        place=place,
    )


def _tables(table: DataTable, document: Document, target: Target) -> Tables:
    if table.sqlite is not None:
        return SqliteFile(table.sqlite.replace("{target}", target.name))
    if table.bigquery is not None:
        project = table.bigquery.replace("{project}", target.project)
        return BigQuery(project, table.location, int(table.most_gigabytes * 1024**3))
    return named_database(table.database or "", document, target)


def _tracker(table: TrackerTable, target: Target) -> Tracker:
    complete = tuple(table.complete.items())
    if table.firestore is not None:
        return Tracker(FirestoreDocument(target.project, table.firestore), complete)
    return Tracker(Rows(table.table, table.query), complete)


def _as_due(table: DueTable) -> Due:
    spans = [span.split("/") for span in table.off]
    off = tuple((date.fromisoformat(span[0]), date.fromisoformat(span[-1])) for span in spans)
    return Due(table.cron, timedelta(hours=table.grace_hours), off, tuple(map(_season, table.seasons)))


def _season(written: str) -> Season:
    first, last = (tuple(map(int, end.split("-"))) for end in written.split("/"))
    return Season((first[0], first[1]), (last[0], last[1]))


def _sources(place: Place, table: DataTable, document: Document) -> Iterator[tuple[Place, str, str]]:
    from signoff.config.data_table import ROWS, SOURCES

    yield from _one_of(place, table, SOURCES)
    yield from _one_of(place, table, ROWS)
    if table.database is not None and table.database not in document.databases:
        near = difflib.get_close_matches(table.database, document.databases, n=1)
        fix = f"did you mean {near[0]}?" if near else f"add [databases.{table.database}]"
        yield (*place, "database"), f"there is no database {table.database}", fix


def _one_of(place: Place, table: DataTable | TrackerTable, keys: Sequence[str]) -> Iterator[tuple[Place, str, str]]:
    if sum(getattr(table, key) is not None for key in keys) != 1:
        yield place, f"must have exactly one of {', '.join(keys)}", f"write one of {', '.join(keys)}"


def _time_zone(place: Place, table: DataTable) -> Iterator[tuple[Place, str, str]]:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(table.zone)
    except (ValueError, OSError, LookupError):
        yield (*place, "zone"), f"{table.zone} is no time zone", 'write a name such as zone = "America/New_York"'


def _due(place: Place, table: DueTable) -> Iterator[tuple[Place, str, str]]:
    from signoff.reading.due import BadCron, check_cron

    try:
        check_cron(table.cron)
    except BadCron as error:
        yield (*place, "cron"), f"is no cron expression: {error}", 'write five fields: cron = "0 7 * * 1-5"'
    for at, span in enumerate(table.off):
        try:
            days = [date.fromisoformat(day) for day in span.split("/")]
        except ValueError:
            yield (*place, "off", at), f"{span} is no day", 'write "2026-12-25" or "2026-12-24/2027-01-02"'
        else:
            if days[0] > days[-1]:
                yield (*place, "off", at), f"{span} ends before it begins", "write the earlier day first"
    for at, season in enumerate(table.seasons):
        try:
            for end in season.split("/"):
                date.fromisoformat(f"2024-{end}")
        except ValueError:
            yield (*place, "seasons", at), f"{season} is no time of the year", 'write month and day: "10-20/06-20"'
