"""The rows that were declared, asked where they are: PostgreSQL, SQLite or BigQuery."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from signoff.boundary import Boundary, Incomplete, Malformed, Question
from signoff.model.data import BigQuery, DataCheck, Rows, SqliteFile, Tables
from signoff.model.data_seen import Group, Moments
from signoff.model.database_use import Database
from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.systems.rows import Row, whole

if TYPE_CHECKING:
    from signoff.systems.google.bigquery import BigQueryReader
    from signoff.systems.postgres.database import Postgres

T = TypeVar("T")
Written = tuple[Quoted, datetime, int]
"""What rows say of the code that wrote them, the newest time, and how many they are."""

_SECONDS = 25.0
_FIRST = datetime.min.replace(tzinfo=UTC)


class TablesReader:
    """`tree`: the repository's root, from which paths of SQLite files are."""

    def __init__(
        self,
        boundary: Boundary,
        tree: Path,
        postgres: Callable[[], Postgres],
        bigquery: Callable[[], BigQueryReader],
    ) -> None:
        self._boundary = boundary
        self._tree = tree
        self._postgres = postgres
        self._bigquery = bigquery

    async def groups(self, check: DataCheck, moments: Moments, now: datetime) -> Known[tuple[Group, ...]] | Unknown:
        """The rows by group (see statements.groups)."""

        def said(dialect: Any) -> str:
            from signoff.systems.tables import statements

            return statements.groups(dialect, check, moments, now)

        return await self._ask(check.tables, "groups", said, check.zone, _groups)

    async def writers(self, check: DataCheck, since: datetime) -> Known[tuple[Written, ...]] | Unknown:
        """Which code wrote the rows of `since` and later."""

        def said(dialect: Any) -> str:
            from signoff.systems.tables import statements

            return statements.writers(dialect, check, since)

        return await self._ask(check.tables, "writers", said, check.zone, _writers)

    async def first_row(
        self, tables: Tables, rows: Rows, columns: Sequence[str]
    ) -> Known[Mapping[str, Any] | None] | Unknown:
        """Some columns of the first row, as Python values; None: there is no row."""

        def said(dialect: Any) -> str:
            from signoff.systems.tables import statements

            return statements.first_row(dialect, rows, columns)

        def read(raw: Sequence[Row]) -> Mapping[str, Any] | None:
            return dict(zip(columns, raw[0], strict=True)) if raw else None

        return await self._ask(tables, "first row", said, "UTC", read)

    async def _ask(
        self, tables: Tables, operation: str, said: Callable[[Any], str], zone: str, read: Callable[[Any], T]
    ) -> Known[T] | Unknown:
        if isinstance(tables, Database):
            from sqlalchemy.dialects.postgresql import asyncpg

            statement = said(asyncpg.dialect())  # type: ignore[no-untyped-call]
            return await self._postgres().rows(tables, operation, statement, zone, read)
        if isinstance(tables, SqliteFile):
            return await self._sqlite(tables, operation, said, zone, read)
        return await self._of_bigquery(tables, operation, said, zone, read)

    async def _sqlite(
        self, tables: SqliteFile, operation: str, said: Callable[[Any], str], zone: str, read: Callable[[Any], T]
    ) -> Known[T] | Unknown:
        from sqlalchemy.dialects import sqlite as dialects

        from signoff.systems.tables import sqlite

        path, statement = self._tree / tables.path, said(dialects.dialect())
        question = Question("sqlite", operation, tables.path, ("sqlite3", "-readonly", str(path), statement))
        return await self._boundary.ask(
            question, lambda: sqlite.rows(path, statement, zone), whole(read), sqlite.why, seconds=_SECONDS
        )

    async def _of_bigquery(
        self, tables: BigQuery, operation: str, said: Callable[[Any], str], zone: str, read: Callable[[Any], T]
    ) -> Known[T] | Unknown:
        bigquery = self._bigquery()
        look = ("bq", "query", f"--project_id={tables.project}", "--use_legacy_sql=false")

        async def fetch() -> Any:
            return await bigquery.rows(tables, said(bigquery.dialect()), zone)

        question = Question("bigquery", operation, tables.project, look)
        return await self._boundary.ask(question, fetch, whole(read), bigquery.why, seconds=_SECONDS)


def _groups(raw: Sequence[Row]) -> tuple[Group, ...]:
    from signoff.systems.tables.statements import MOST_GROUPS

    if len(raw) > MOST_GROUPS:
        raise Incomplete(f"more than {MOST_GROUPS} groups")
    return tuple(
        Group(
            None if name is None else Quoted(str(name)),
            _count(rows), _time(latest), _count(recent), _count(earlier), _count(ahead),
        )
        for name, rows, latest, recent, earlier, ahead in raw
    )  # fmt: skip


def _writers(raw: Sequence[Row]) -> tuple[Written, ...]:
    from signoff.systems.tables.statements import MOST_WRITERS

    if len(raw) > MOST_WRITERS:
        raise Incomplete(f"rows name more than {MOST_WRITERS} codes that wrote them")
    found = []
    for name, last, rows in raw:
        at = _time(last)
        if at is None:
            raise Malformed("rows without a time among those of a time")
        found.append((Quoted("" if name is None else str(name)), at, _count(rows)))
    return tuple(found)


def _time(seconds: object) -> datetime | None:
    """What is before all years (`-infinity`, years before Christ) is of the first one."""
    if seconds is None:
        return None
    since = float(str(seconds))
    return _FIRST if since < _FIRST.timestamp() else datetime.fromtimestamp(since, UTC)


def _count(number: object) -> int:
    return int(str(number))
