"""Tables that the code makes for itself, and files whose statements go to a database of another maker."""

from __future__ import annotations

import re
from collections.abc import Iterable

_MADE = re.compile(
    rb"\bcreate\s+(?:(?:global|local)\s+)?(?P<temporary>temp(?:orary)?\s+)?(?:unlogged\s+)?table\s+"
    rb"(?:if\s+not\s+exists\s+)?(?:\\?\"?\w+\\?\"?\.)?\\?\"?(?P<name>[A-Za-z_]\w*)"
    rb"|\binto\s+(?P<into>temp(?:orary)?)\s+(?:table\s+)?(?P<other>[A-Za-z_]\w*)",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    rb"^\s*(?:import|from)\s+(?:sqlite3|aiosqlite|apsw|duckdb|pymysql|aiomysql|MySQLdb|mysql\.connector|oracledb|pyodbc"
    rb"|clickhouse_\w+|snowflake\.connector|google\.cloud(?:\.|\s+import\s+)bigquery)\b"
    rb"|(?:\bfrom|\brequire\(|\bimport\(?)\s*['\"](?:better-sqlite3|sqlite3?|(?:node|bun):sqlite|mysql2?(?:/promise)?|duckdb|mssql"
    rb"|oracledb|snowflake-sdk|@clickhouse/client|@google-cloud/bigquery)['\"]",
    re.MULTILINE,
)
_HOLDS = rb"(?:(?<!duck)db|database|pool|session|store|(?<!my)(?<!ms)sql)"
"""How modules are called that hold a connection."""
_OURS = re.compile(
    rb"psycopg|asyncpg|pg8000|postgres|sqlalchemy|sqlmodel|django|drizzle|knex|prisma|kysely|sequelize|typeorm|slonik"
    rb"|['\"]pg['\"]"
    rb"|^\s*(?:from|import)\s+[\w.]*" + _HOLDS + rb"\b(?!\s+from\b)"
    rb"|^\s*from\s+[\w.]+\s+import\s[^\n]*\b(?:db|pool|session|engine|conn|connection)\b"
    rb"|(?:\bfrom|\brequire\(|\bimport\(?)\s*['\"][\w./@-]*" + _HOLDS + rb"(?:\.\w+)?['\"]",
    re.IGNORECASE | re.MULTILINE,
)
"""Drivers, and modules of the project that may hold one: an extractor reads from one database and writes to another."""
_UPSERTS = re.compile(rb"sqlite|duckdb|apsw", re.IGNORECASE)


def made_in(files: Iterable[tuple[str, bytes]]) -> tuple[frozenset[str], frozenset[str]]:
    """The names of tables that code makes, and of those the temporary ones; scripts of SQL are run by somebody else."""
    made, temporary = set[str](), set[str]()
    for path, data in files:
        if not path.endswith((".sql", ".psql", ".pgsql")):
            for found in _MADE.finditer(data):
                name = (found["name"] or found["other"]).decode().lower()
                (temporary if found["temporary"] or found["into"] else made).add(name)
    return frozenset(made), frozenset(temporary)


def goes_elsewhere(data: bytes, *, upserts: bool = False) -> bool:
    """Whether a file loads the client of another maker's database, and nothing that may lead to PostgreSQL.

    `upserts`: of a database that knows ON CONFLICT too.
    """
    found = _OTHERS.search(data)
    return found is not None and _OURS.search(data) is None and not (upserts and not _UPSERTS.search(found[0]))
