"""A snapshot of a database: a dozen queries in one transaction, and their rows as facts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from signoff.model.database import (
    Asker,
    Column,
    Constraint,
    ConstraintKind,
    Enum,
    Index,
    Named,
    Relation,
    Snapshot,
    Table,
)
from signoff.systems.postgres import queries
from signoff.systems.postgres.extension_names import Rows, without_schemas

if TYPE_CHECKING:
    import asyncpg

_KINDS: Mapping[str, Relation] = {
    "r": "table",
    "p": "partitioned table",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
}
_CONSTRAINTS: Mapping[str, ConstraintKind] = {
    "p": "primary key",
    "u": "unique",
    "f": "foreign key",
    "c": "check",
    "x": "exclusion",
}
_IDENTITY = {"": "", "a": "always", "d": "by default"}
_GENERATED = {"": "", "s": "stored", "v": "virtual"}
_INDEX = re.compile(r" USING (.*)\Z", re.DOTALL)
_STORAGE = re.compile(r" WITH \([^()]*\)(?= WHERE |\Z)| TABLESPACE \S+(?= WHERE |\Z)")
_TRIGGER = re.compile(r" (BEFORE|AFTER|INSTEAD OF) .*\Z", re.DOTALL)
_WITH_TABLE = ("columns", "constraints", "indexes", "triggers", "policies")


async def rows(connection: asyncpg.Connection[Any], role: str | None) -> Rows:
    """Everything that the queries answer, in a transaction that has begun. `role`: whose rights are read too."""
    about = await connection.fetch(queries.ABOUT, role)
    await connection.execute(queries.NO_SEARCH_PATH)
    return {
        "about": about,
        "tables": await connection.fetch(queries.TABLES, role),
        "columns": await connection.fetch(queries.COLUMNS),
        "constraints": await connection.fetch(queries.CONSTRAINTS),
        "indexes": await connection.fetch(queries.INDEXES),
        "triggers": await connection.fetch(queries.TRIGGERS),
        "policies": await connection.fetch(queries.POLICIES),
        "types": await connection.fetch(queries.TYPES),
        "functions": await connection.fetch(queries.FUNCTIONS),
        "sequences": await connection.fetch(queries.SEQUENCES),
        "extensions": await connection.fetch(queries.EXTENSIONS),
        "members": await connection.fetch(queries.MEMBERS),
    }


def read(raw: Rows) -> Snapshot:
    """KeyError or IndexError where a part is missing: half of an answer is none."""
    raw = without_schemas(raw)
    (about,) = raw["about"]
    parts = {name: _by_table(raw[name]) for name in _WITH_TABLE}
    tables = [_table(row, {name: parts[name].get(row["oid"], ()) for name in _WITH_TABLE}) for row in raw["tables"]]
    types = raw["types"]
    return Snapshot(
        major=about["version"] // 10000,
        asker=Asker(about["role"], about["superuser"], about["writes"]),
        tables={table.full_name: table for table in tables},
        enums={_name(row): Enum(_name(row), tuple(row["labels"])) for row in types if row["kind"] == "e"},
        domains={_name(row): Named(_name(row), row["definition"]) for row in types if row["kind"] == "d"},
        functions={name: Named(name, row["definition"]) for row in raw["functions"] for name in [_function(row)]},
        sequences={_name(row): Named(_name(row), row["definition"]) for row in raw["sequences"]},
        extensions={row["name"]: row["version"] for row in raw["extensions"]},
        search_path=tuple(about["search_path"]),
        hidden=frozenset(about["hidden"]),
        role_exists=about["role_exists"],
    )


def _by_table(found: Iterable[Mapping[str, Any]]) -> Mapping[int, Sequence[Mapping[str, Any]]]:
    by_table: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in found:
        by_table[row["table"]].append(row)
    return by_table


def _name(row: Mapping[str, Any]) -> str:
    return f"{row['schema']}.{row['name']}"


def _function(row: Mapping[str, Any]) -> str:
    return f"{_name(row)}({row['arguments']})"


def _table(row: Mapping[str, Any], parts: Mapping[str, Sequence[Mapping[str, Any]]]) -> Table:
    granted = row["granted"]
    return Table(
        schema=row["schema"],
        name=row["name"],
        kind=_KINDS[row["kind"]],
        columns=tuple(_column(one) for one in parts["columns"]),
        constraints=tuple(
            Constraint(one["name"], _CONSTRAINTS[one["kind"]], one["definition"]) for one in parts["constraints"]
        ),
        indexes=tuple(_index(one) for one in parts["indexes"]),
        triggers=tuple(_trigger(one) for one in parts["triggers"]),
        policies=tuple(Named(one["name"], one["definition"]) for one in parts["policies"]),
        definition=row["definition"],
        row_security=row["row_security"],
        partition=row["partition"],
        granted=None if granted is None else frozenset(granted),
    )


def _column(row: Mapping[str, Any]) -> Column:
    default = row["default"]
    serial = bool(row["owned"]) and default is not None and default.startswith("nextval(")
    return Column(
        name=row["name"],
        type=row["type"],
        not_null=row["not_null"],
        default=default,
        identity=_IDENTITY[row["identity"]],
        generated=_GENERATED[row["generated"]],
        collation=row["collation"],
        serial=serial,
    )


def _index(row: Mapping[str, Any]) -> Index:
    """The server writes `CREATE UNIQUE INDEX name ON schema.table USING btree (a) WITH (fillfactor='70') WHERE (b)`."""
    found = _INDEX.search(row["definition"])
    if found is None:
        raise ValueError("an index without an access method")
    return Index(
        name=row["name"],
        definition=_STORAGE.sub("", found[1]),
        columns=tuple(row["columns"]),
        unique=row["unique"],
        valid=row["valid"],
        building=row["busy"] and not row["valid"],
        predicate=row["predicate"],
        constraint=row["constraint"],
        deferrable=row["deferrable"],
    )


def _trigger(row: Mapping[str, Any]) -> Named:
    found = _TRIGGER.search(row["definition"])
    if found is None:
        raise ValueError("a trigger without a time")
    off = " (disabled)" if row["enabled"] == "D" else ""
    return Named(row["name"], found[0].strip() + off)
