"""The tables in which tools record the migrations that they ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from signoff.model.migration_state import Applied, Recorder

if TYPE_CHECKING:
    import asyncpg

_FIND = """
SELECT c.oid::regclass::text AS table, c.relname::text AS name,
    has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable,
    ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relname = ANY($1) AND n.nspname !~ '^pg_' ORDER BY c.oid
"""
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "alembic_version": ("version_num",),
    "django_migrations": ("app", "name"),
    "_prisma_migrations": ("migration_name", "finished_at", "rolled_back_at"),
    "schema_migrations": ("version",),
    "flyway_schema_history": ("script", "success"),
    "__drizzle_migrations": ("created_at",),
    "goose_db_version": ("id", "version_id", "is_applied"),
    "knex_migrations": ("name",),
    "pgmigrations": ("name",),
}


async def rows(connection: asyncpg.Connection[Any]) -> Mapping[str, Any]:
    """Raw, in a transaction that has begun."""
    found: list[dict[str, Any]] = []
    for table in await connection.fetch(_FIND, list(_COLUMNS)):
        wanted = _COLUMNS[table["name"]]
        if not set(wanted) <= set(table["columns"]):
            continue
        columns = (*wanted, "dirty") if "dirty" in table["columns"] else wanted
        said: Sequence[Any] = ()
        if table["readable"]:
            said = await connection.fetch(f"SELECT {', '.join(columns)} FROM {table['table']}")  # noqa: S608 (a regclass)
        found.append({**table, "rows": said})
    return {"tables": found}


def read(raw: Mapping[str, Any]) -> tuple[Applied, ...]:
    """KeyError where the answer is not whole."""
    return tuple(_applied(table) for table in raw["tables"])


def _applied(table: Mapping[str, Any]) -> Applied:
    name, said = table["name"], table["rows"]
    recorder: Recorder
    failed: tuple[str, ...] = ()
    if name == "alembic_version":
        recorder, ids = "alembic", {row["version_num"] for row in said}
    elif name == "django_migrations":
        recorder, ids = "django", {f"{row['app']}/{row['name']}" for row in said}
    elif name == "_prisma_migrations":
        recorder = "prisma"
        ids = {row["migration_name"] for row in said if row["finished_at"] and not row["rolled_back_at"]}
        halfway = {row["migration_name"] for row in said if not row["finished_at"] and not row["rolled_back_at"]}
        failed = tuple(sorted(halfway - ids))
    elif name == "flyway_schema_history":
        recorder, ids = "flyway", {row["script"] for row in said if row["success"]}
        failed = tuple(sorted({row["script"] for row in said if not row["success"]} - ids))
    elif name == "__drizzle_migrations":
        recorder, ids = "drizzle", {str(row["created_at"]) for row in said}
    elif name == "goose_db_version":  # the newest row of a version says whether it is undone
        newest = {row["version_id"]: row["is_applied"] for row in sorted(said, key=lambda row: row["id"])}
        recorder, ids = "numbers", {str(version) for version, applied in newest.items() if applied and version}
    elif name in {"knex_migrations", "pgmigrations"}:
        recorder, ids = "knex" if name == "knex_migrations" else "node-pg-migrate", {row["name"] for row in said}
    else:
        recorder = "newest-number" if "dirty" in table["columns"] else "numbers"
        ids = {str(row["version"]) for row in said}
        failed = tuple(str(row["version"]) for row in said if recorder == "newest-number" and row["dirty"])
    return Applied(recorder, table["table"], table["readable"], frozenset(ids), failed)
