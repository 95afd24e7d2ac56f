"""The statements that ask for rows, made by SQLAlchemy for the dialect that they go to. Each only selects.

A declared query becomes a subquery, so that nothing else than a SELECT can stand there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Double, Select, Text, case, cast, column, extract, func, literal, select, table, text
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.elements import ColumnClause, ColumnElement
from sqlalchemy.types import TIMESTAMP

from signoff.model.data import DataCheck, Rows
from signoff.model.data_seen import Moments

MOST_GROUPS = 1_000
MOST_WRITERS = 50
EPOCH = "signoff_epoch"
"""A function that the SQLite adapter adds: a stored time as seconds since 1970."""
AHEAD_SECONDS = 300.0
"""Clocks differ: a time that is this much ahead of ours is not in the future yet."""

_PARTS = re.compile(
    r"""'(?:[^']|'')*'|"[^"]*"|`[^`]*`|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$"""
    r"|(?P<beside>--[^\n]*|/\*.*?\*/|\s+)|(?P<end>;)|.",
    re.DOTALL,
)
"""Of a query: what is quoted, what says nothing, and what ends it."""


def groups(dialect: Dialect, check: DataCheck, moments: Moments, now: datetime) -> str:
    """Each group with its rows, newest time, rows for the last and the earlier moment, and rows ahead.

    Times are seconds since 1970; what is ahead counts for nothing else.
    """
    at = now.timestamp()
    rows = _rows(check.rows, _names(check), dialect, check.time, extra=check.per)
    name, seconds = _named("name"), _named("seconds")
    past = seconds <= literal(at + AHEAD_SECONDS)
    due = _cutoff(moments.due, check, at)
    before = _cutoff(moments.before, check, at)
    statement = (
        select(
            name,
            func.count().label("rows"),
            func.max(case((past, seconds))).label("latest"),
            _count(past & (seconds >= literal(due))).label("recent"),
            _count(past & (seconds >= literal(before))).label("earlier"),
            _count(seconds > literal(at + AHEAD_SECONDS)).label("ahead"),
        )
        .select_from(rows)
        .group_by(name)
        .order_by(name)
        .limit(MOST_GROUPS + 1)
    )
    return _said(statement, dialect)


def writers(dialect: Dialect, check: DataCheck, since: datetime) -> str:
    """The codes that wrote rows of `since` and later, with the newest time and the number of their rows."""
    rows = _rows(check.rows, _names(check), dialect, check.time, extra=check.commit)
    name, seconds = _named("name"), _named("seconds")
    statement = (
        select(name, func.max(seconds).label("last"), func.count().label("rows"))
        .select_from(rows)
        .where(seconds >= literal(since.timestamp()))
        .group_by(name)
        .order_by(func.max(seconds).desc())
        .limit(MOST_WRITERS + 1)
    )
    return _said(statement, dialect)


def first_row(dialect: Dialect, rows: Rows, columns: Sequence[str]) -> str:
    """Some columns of the first row."""
    statement: Select[Any] = select(*(_named(name) for name in columns))
    return _said(statement.select_from(_source(rows, columns)).limit(1), dialect)


def _named(name: str) -> ColumnClause[Any]:
    return column(name)


def _names(check: DataCheck) -> list[str]:
    return list(dict.fromkeys(name for name in (check.time, check.per, check.commit) if name))


def _rows(rows: Rows, names: Sequence[str], dialect: Dialect, time: str, *, extra: str | None) -> Any:
    """A subquery of two columns: `name` (that of `extra`, as text) and `seconds`."""
    seconds = _seconds(dialect, column(time)).label("seconds")
    name = literal(None) if extra is None else cast(column(extra), Text())
    return select(name.label("name"), seconds).select_from(_source(rows, names)).subquery("dated")


def _source(rows: Rows, names: Sequence[str]) -> Any:
    columns = [_named(name) for name in names]
    if rows.table is not None:
        schema, _, name = rows.table.rpartition(".")
        return table(name, *columns, schema=schema or None)
    query = _without_end(rows.query or "").strip().replace(":", r"\:")
    return text(f"{query}\n").columns(*columns).subquery("asked")  # the line ends: its last part may be a comment


def _without_end(query: str) -> str:
    """Without the semicolon that ends it and the comments after that: it becomes a part of another query."""
    end = None
    for part in _PARTS.finditer(query):
        if part["end"]:
            end = part.start() if end is None else end
        elif not part["beside"]:
            end = None
    return query[:end]


def _seconds(dialect: Dialect, time: ColumnElement[Any]) -> ColumnElement[Any]:
    """Seconds since 1970. What has no time zone is in that of the session, or (SQLite) of the function."""
    if dialect.name == "sqlite":
        return getattr(func, EPOCH)(time)  # type: ignore[no-any-return]
    moment = cast(time, TIMESTAMP(timezone=True))
    if dialect.name == "bigquery":
        return func.unix_micros(moment) / literal(1_000_000.0)
    return cast(extract("epoch", moment), Double)


def _cutoff(moment: datetime | None, check: DataCheck, now: float) -> float:
    """From when on a row counts for a moment; of a moment that never was, from now on."""
    return now if moment is None else (moment - check.max_age).timestamp()


def _count(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _said(statement: Select[Any], dialect: Dialect) -> str:
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
