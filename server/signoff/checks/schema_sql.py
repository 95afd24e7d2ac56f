"""The SQL that mends a schema: the new is made before the old is dropped, and no table is locked for long."""

from __future__ import annotations

import re
from collections.abc import Iterable

from signoff.model.database import Column, Constraint, Index, Table

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
# https://www.postgresql.org/docs/current/sql-keywords-appendix.html: reserved, so that they stand in quotes
_RESERVED = frozenset(
    (
        "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "both", "case", "cast", "check",
        "collate", "column", "constraint", "create", "current_catalog", "current_date", "current_role", "current_time",
        "current_timestamp", "current_user", "default", "deferrable", "desc", "distinct", "do", "else", "end", "except",
        "false", "fetch", "for", "foreign", "from", "grant", "group", "having", "in", "initially", "intersect", "into",
        "lateral", "leading", "limit", "localtime", "localtimestamp", "not", "null", "offset", "on", "only", "or",
        "order", "placing", "primary", "references", "returning", "select", "session_user", "some", "symmetric",
        "system_user", "table", "then", "to", "trailing", "true", "union", "unique", "user", "using", "variadic",
        "when", "where", "window", "with",
    )
)  # fmt: skip
_LONGEST = 63


def identifier(name: str) -> str:
    """A name as SQL writes it."""
    if _PLAIN.fullmatch(name) and name not in _RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def qualified(table: Table) -> str:
    return f"{identifier(table.schema)}.{identifier(table.name)}"


def add_column(table: Table, column: Column) -> str:
    return f"ALTER TABLE {qualified(table)} ADD COLUMN {identifier(column.name)} {spelled(column)};"


def spelled(column: Column) -> str:
    """A column's type and all that is said of it."""
    parts = [column.type]
    if column.collation:
        parts.append(f"COLLATE {column.collation}")
    if column.generated:
        kept = " STORED" if column.generated == "stored" else ""
        parts.append(f"GENERATED ALWAYS AS ({column.default}){kept}")
    elif column.identity:
        parts.append(f"GENERATED {column.identity.upper()} AS IDENTITY")
    elif column.default is not None:
        parts.append(f"DEFAULT {column.default}")
    if column.not_null:
        parts.append("NOT NULL")
    return " ".join(parts)


def create_index(table: Table, index: Index, replaced: Index | None = None) -> tuple[str, ...]:
    """`replaced`: an index of the same name that is not what is wanted: it goes once the new one is there."""
    name = index.name if replaced is None else f"{index.name[: _LONGEST - 4]}_new"
    unique = "UNIQUE " if index.unique else ""
    # CONCURRENTLY is not for partitioned tables
    slowly = "" if table.kind == "partitioned table" else " CONCURRENTLY"
    made = f"CREATE {unique}INDEX{slowly} {identifier(name)} ON {qualified(table)} USING {index.definition};"
    if replaced is None:
        return (made,)
    return (made, *drop_index(table, replaced), rename_index(table, name, index.name))


def not_deferrable(table: Table, constraint: Constraint, index: Index) -> tuple[str, ...]:
    """A unique constraint or primary key that was DEFERRABLE, under its own name."""
    name, new = identifier(constraint.name), identifier(f"{constraint.name[: _LONGEST - 4]}_new")
    kind, alter = (
        constraint.kind.upper(),
        f"ALTER TABLE {qualified(table)} DROP CONSTRAINT {name}, ADD CONSTRAINT {name}",
    )
    if table.kind == "partitioned table":  # it takes no index that is there
        return (f"{alter} {constraint.definition.partition(' DEFERRABLE')[0]};",)
    made = f"CREATE UNIQUE INDEX CONCURRENTLY {new} ON {qualified(table)} USING {index.definition};"
    return (made, f"{alter} {kind} USING INDEX {new};")


def drop_index(table: Table, index: Index) -> tuple[str, ...]:
    if index.constraint:
        return (f"ALTER TABLE {qualified(table)} DROP CONSTRAINT {identifier(index.name)};",)
    slowly = "" if table.kind == "partitioned table" else " CONCURRENTLY"
    return (f"DROP INDEX{slowly} {identifier(table.schema)}.{identifier(index.name)};",)


def rename_index(table: Table, name: str, wanted: str) -> str:
    return f"ALTER INDEX {identifier(table.schema)}.{identifier(name)} RENAME TO {identifier(wanted)};"


def rebuild_index(table: Table, index: Index) -> tuple[str, ...]:
    """Of an invalid one."""
    return (f"REINDEX INDEX CONCURRENTLY {identifier(table.schema)}.{identifier(index.name)};",)


def unique_index(table: Table, columns: Iterable[str], where: str | None) -> tuple[str, ...]:
    """For an ON CONFLICT target, whose columns and predicate are SQL as the code writes it."""
    slowly = "" if table.kind == "partitioned table" else " CONCURRENTLY"
    predicate = f" WHERE {where}" if where else ""
    return (f"CREATE UNIQUE INDEX{slowly} ON {qualified(table)} ({', '.join(columns)}){predicate};",)


def add_constraint(table: Table, constraint: Constraint, replaced: Constraint | None = None) -> tuple[str, ...]:
    """Checks and foreign keys are added without a look at the rows, and then validated without a lock on writes."""
    definition = constraint.definition
    name = constraint.name if replaced is None else f"{constraint.name[: _LONGEST - 4]}_new"
    add = f"ALTER TABLE {qualified(table)} ADD CONSTRAINT {identifier(name)} {definition}"
    made = [f"{add};"]
    if constraint.kind in {"check", "foreign key"} and not definition.endswith("NOT VALID"):
        made = [
            f"{add} NOT VALID;",
            f"ALTER TABLE {qualified(table)} VALIDATE CONSTRAINT {identifier(name)};",
        ]
    if replaced is None:
        return tuple(made)
    alter = f"ALTER TABLE {qualified(table)}"
    drop = f"{alter} DROP CONSTRAINT {identifier(replaced.name)};"
    return (drop, *made, f"{alter} RENAME CONSTRAINT {identifier(name)} TO {identifier(constraint.name)};")
