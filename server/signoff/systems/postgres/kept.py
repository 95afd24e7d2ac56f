"""An `IF NOT EXISTS` that did nothing: is what it kept what it asks for?

In a savepoint that is rolled back, the object is dropped and the statement run again; what it makes then is what it
asks for. Compared by the server's own definitions (incident G1).
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from signoff.model.database import Index, Snapshot, Table
from signoff.model.replay import Kept, LeftOut, Statement
from signoff.systems.postgres import snapshot

if TYPE_CHECKING:
    import asyncpg

_NAME = r'(?:"(?:[^"]|"")+"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)'
_QUALIFIED = rf"{_NAME}(?:\s*\.\s*{_NAME})?"
_IF_NOT = r"if\s+not\s+exists\s+"
_GAP = r"(?:\s|--[^\n]*\n|/\*.*?\*/)*"
_INDEX = re.compile(
    rf"{_GAP}create\s+(?:unique\s+)?index\s+(?P<slowly>concurrently\s+)?{_IF_NOT}(?P<name>{_NAME})\s+on\s+"
    rf"(?:only\s+)?(?P<table>{_QUALIFIED})",
    re.IGNORECASE | re.DOTALL,
)
_TABLE = re.compile(
    rf"{_GAP}create\s+(?:unlogged\s+)?table\s+{_IF_NOT}(?P<name>{_QUALIFIED})", re.IGNORECASE | re.DOTALL
)
_COLUMN = re.compile(
    rf"{_GAP}alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?(?P<table>{_QUALIFIED})\s", re.IGNORECASE | re.DOTALL
)
_ADDED = re.compile(rf"\badd\s+(?:column\s+)?{_IF_NOT}(?P<name>{_NAME})", re.IGNORECASE)
_OTHER = re.compile(rf"{_GAP}create\s+(?:temp(?:orary)?\s+|sequence|materialized\s+view)", re.IGNORECASE | re.DOTALL)

# Everything about a table that is compared, as one text: a cheap look before the whole snapshot.
_LOOKS = """
SELECT coalesce(string_agg(part, E'\\n' ORDER BY part), '') FROM (
    SELECT concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
        pg_get_expr(d.adbin, d.adrelid)) AS part
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = to_regclass($1) AND contype <> 'n'
    UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = to_regclass($1)
) parts
"""


@dataclass(frozen=True, slots=True)
class Conditional:
    """What a statement makes if it is not there. `name`, `table`: as SQL writes them; `names`: of columns."""

    kind: Literal["index", "table", "column"]
    name: str
    table: str
    names: tuple[str, ...] = ()


@asynccontextmanager
async def undone(connection: asyncpg.Connection[Any]) -> AsyncIterator[None]:
    """What happens in the block is taken back; in a savepoint where a script has begun a transaction."""
    within = connection.is_in_transaction()
    await connection.execute("SAVEPOINT signoff" if within else "BEGIN")
    try:
        yield
    finally:
        await connection.execute("ROLLBACK TO SAVEPOINT signoff; RELEASE SAVEPOINT signoff" if within else "ROLLBACK")


def named(sql: str) -> Conditional | None:
    """None: nothing is made conditionally, or not at the statement's own level (a DO block, for instance)."""
    if found := _INDEX.match(sql):
        return Conditional("index", plain_name(found["name"]), found["table"])
    if found := _TABLE.match(sql):
        return Conditional("table", plain_name(found["name"]), found["name"])
    if found := _COLUMN.match(sql):
        names = tuple(plain_name(one["name"]) for one in _ADDED.finditer(sql))
        return Conditional("column", names[0], found["table"], names) if names else None
    return None


async def compared(connection: asyncpg.Connection[Any], statement: Statement) -> Kept | LeftOut | None:
    """None: what is there is what it asks for, or has that and more."""
    import asyncpg

    what = named(statement.sql)
    if what is None:
        if _OTHER.match(statement.sql):
            return None
        says = "IF NOT EXISTS did nothing here, and what it asks for can not be told by itself"
        return LeftOut(statement.place, says)
    before = await connection.fetchval(_LOOKS, what.table)
    wanted: Table | None = None
    try:
        async with undone(connection):
            for drop in await _drops(connection, what):
                await connection.execute(drop)
            await connection.execute(re.sub(r"\bconcurrently\b", "", statement.sql, count=1, flags=re.IGNORECASE))
            if await connection.fetchval(_LOOKS, what.table) != before:
                wanted = await _table(connection, what.table)
    except asyncpg.PostgresError as error:
        return LeftOut(statement.place, f"IF NOT EXISTS did nothing here, and it could not be run again: {error}")
    have = await _table(connection, what.table) if wanted is not None else None
    if wanted is None or have is None:
        return None
    return _difference(statement, what, wanted, have)


def said_there(final: Snapshot, kept: Iterable[Kept]) -> tuple[Kept, ...]:
    """Those that no later statement mended: what was kept is still as it was."""
    return tuple(one for one in kept if _as_it_was(final.tables.get(one.wanted.full_name), one))


def amended(final: Snapshot, kept: Iterable[Kept]) -> Snapshot:
    """With what every `IF NOT EXISTS` asks for in the place of what it kept."""
    tables = dict(final.tables)
    for one in kept:
        table = tables[one.wanted.full_name]
        tables[table.full_name] = replace(
            table,
            columns=_instead(table.columns, one.wanted.columns),
            constraints=_instead(table.constraints, one.wanted.constraints),
            indexes=_instead(table.indexes, one.wanted.indexes),
        )
    return replace(final, tables=tables)


def _instead(there: Sequence[Any], wanted: Sequence[Any]) -> tuple[Any, ...]:
    names = {one.name for one in wanted}
    return (*(one for one in there if one.name not in names), *wanted)


def _as_it_was(table: Table | None, kept: Kept) -> bool:
    if table is None:
        return False
    for parts in ("columns", "indexes", "constraints"):
        now = {one.name: one for one in getattr(table, parts)}
        then = {one.name: one for one in getattr(kept.have, parts)}
        if any(now.get(one.name) != then.get(one.name) for one in getattr(kept.wanted, parts)):
            return False
    return True


async def _drops(connection: asyncpg.Connection[Any], what: Conditional) -> tuple[str, ...]:
    if what.kind == "table":
        return (f"DROP TABLE {what.table} CASCADE",)
    if what.kind == "column":
        return tuple(f"ALTER TABLE {what.table} DROP COLUMN IF EXISTS {_quoted(one)} CASCADE" for one in what.names)
    row = await connection.fetchrow(
        "SELECT c.oid::regclass::text AS name, c.relkind::text AS kind, k.conname AS constraint,"
        " k.conrelid::regclass::text AS table"
        " FROM pg_class c LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')"
        " WHERE c.relname = $1 AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass($2))",
        what.name,
        what.table,
    )
    if row is None:
        return ()
    if row["constraint"] is not None:
        return (f"ALTER TABLE {row['table']} DROP CONSTRAINT {_quoted(row['constraint'])} CASCADE",)
    kind = {"i": "INDEX", "I": "INDEX", "v": "VIEW", "S": "SEQUENCE", "m": "MATERIALIZED VIEW"}.get(
        row["kind"], "TABLE"
    )
    return (f"DROP {kind} {row['name']} CASCADE",)


async def _table(connection: asyncpg.Connection[Any], name: str) -> Table | None:
    """As a snapshot has it."""
    whole = await connection.fetchrow(
        "SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.oid = to_regclass($1)", name,
    )  # fmt: skip
    if whole is None:
        return None
    async with undone(connection):  # its settings too
        rows = await snapshot.rows(connection, None)
    return snapshot.read(rows).tables.get(whole["name"])


def _difference(statement: Statement, what: Conditional, wanted: Table, have: Table) -> Kept | None:
    """Only what the statement itself asks for: what is there beyond that is healthy."""
    names = set(what.names)
    columns = [one for one in wanted.columns if what.kind == "table" or (what.kind == "column" and one.name in names)]
    there = {one.name: one for one in have.columns}
    columns = [one for one in columns if one != there.get(one.name) and not _numbered_alike(one, there.get(one.name))]
    keys = {(one.unique, one.deferrable, one.definition) for one in have.indexes}
    indexes = [
        one
        for one in wanted.indexes
        if (one.unique, one.deferrable, one.definition) not in keys and (what.kind != "index" or one.name == what.name)
    ]
    if what.kind == "index" and not indexes:
        indexes = _on_another_table(wanted, have, what.name)
    said = {(one.kind, one.definition) for one in have.constraints}
    constraints = [one for one in wanted.constraints if (one.kind, one.definition) not in said]
    if what.kind == "index":
        constraints = []
    if not (columns or indexes or constraints):
        return None
    return Kept(
        statement.place,
        _only(wanted, columns, indexes, constraints),
        _only(have, columns, indexes, constraints),
    )


def _on_another_table(wanted: Table, have: Table, name: str) -> list[Index]:
    """An index whose name another table's index has."""
    mine = {one.name for one in have.indexes}
    return [one for one in wanted.indexes if one.name == name and name not in mine]


def _numbered_alike(wanted: Any, have: Any) -> bool:
    """A serial column's sequence has another number at its name when it is made again."""
    return have is not None and wanted.serial and have.serial and replace(wanted, default=have.default) == have


def _only(table: Table, *wanted: Sequence[Any]) -> Table:
    """A table with nothing but the parts of these names."""
    names = [{one.name for one in some} for some in wanted]
    return replace(
        table,
        columns=tuple(one for one in table.columns if one.name in names[0]),
        indexes=tuple(one for one in table.indexes if one.name in names[1]),
        constraints=tuple(one for one in table.constraints if one.name in names[2]),
        triggers=(),
        policies=(),
        definition="",
        granted=None,
    )


def plain_name(name: str) -> str:
    """The last part of a name of SQL, without its quotes; in lower case where it has none."""
    last: str = re.findall(_NAME, name)[-1]
    return last[1:-1].replace('""', '"') if last.startswith('"') else last.lower()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
