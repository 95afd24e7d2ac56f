"""Files whose statements go to a database of another maker than PostgreSQL."""

from __future__ import annotations

import re

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


def goes_elsewhere(data: bytes, *, upserts: bool = False) -> bool:
    """Whether a file loads the client of another maker's database, and nothing that may lead to PostgreSQL.

    `upserts`: of a database that knows ON CONFLICT too.
    """
    found = _OTHERS.search(data)
    return found is not None and _OURS.search(data) is None and not (upserts and not _UPSERTS.search(found[0]))
