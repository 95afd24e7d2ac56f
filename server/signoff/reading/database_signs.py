"""What shows that a workload uses a PostgreSQL database: files of its repository, names in its environment."""

from __future__ import annotations

import re

_PATHS: tuple[tuple[str, str], ...] = (
    (r"(^|/)alembic\.ini$|(^|/)alembic/env\.py$", "a configuration of Alembic"),
    (r"(^|/)alembic/versions/[^/]+\.py$", "migrations of Alembic"),
    (r"(^|/)schema\.prisma$|(^|/)prisma/migrations/", "a schema of Prisma"),
    (r"(^|/)migrations/\d{4}_[^/]+\.py$", "migrations of Django"),
    (r"(^|/)drizzle\.config\.[cm]?[jt]s$", "a configuration of Drizzle"),
    (r"(^|/)knexfile\.[cm]?[jt]s$", "a configuration of Knex"),
    (r"(^|/)supabase/migrations/[^/]+\.sql$", "migrations of Supabase"),
    (r"(^|/)(db/)?(migrations?|migrate|flyway|liquibase|changelogs?)/([^/]+/)*[^/]+\.sql$", "migrations in SQL"),
    (r"(^|/)[VUR]\d*([._]\d+)*__[^/]*\.sql$", "migrations of Flyway"),
    (r"(^|/)(structure|schema|schema_dump|db_schema)\.sql$", "a schema in SQL"),
)
_COMPILED = tuple((re.compile(pattern), says) for pattern, says in _PATHS)
_DEFINES = re.compile(
    r"\.prisma$|(^|/)(structure|schema|schema_dump|db_schema|dump|seeds?)\.sql$|(^|/)alembic\.ini$|(^|/)alembic/"
)
_VARIABLE = re.compile(
    r"(\w+_)?(DATABASE|POSTGRES|POSTGRESQL|PG|DB|SQL)_?(URL|URI|DSN|HOST|NAME|CONNECTION|CONN|CONNECTION_NAME"
    r"|CONNECTION_STRING|INSTANCE|INSTANCE_CONNECTION_NAME)"
    r"|PG(HOST|DATABASE|SERVICE|SERVICEFILE)|POSTGRES(QL)?_(DB|USER|PASSWORD|SERVER)|DSN"
    r"|(\w+_)?(CLOUD_?SQL_\w+|INSTANCE_CONNECTION_NAME)|SQLALCHEMY_\w*UR[IL]",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"SENTRY|MONGO|REDIS|FIRE(BASE|STORE)|BIG_?QUERY|BQ_|ELASTIC|CLICKHOUSE|SNOWFLAKE|INFLUX|DYNAMO|NEO4J|CASSANDRA"
    r"|SPANNER|DATASTORE|GRAPH|VECTOR|SQLITE",
    re.IGNORECASE,
)
"""Databases of other makers, and what only sounds like one."""


def of_path(path: str) -> str | None:
    """What a file shows; None for any other file."""
    return next((says for pattern, says in _COMPILED if pattern.search(path)), None)


def of_variable(name: str) -> bool:
    """Whether an environment variable or secret names a database, or says how to connect to it."""
    word = re.sub(r"[^A-Za-z0-9]", "_", name)
    return _VARIABLE.fullmatch(word) is not None and not _OTHERS.search(word)


def defines(path: str) -> bool:
    """Whether a file says what the database is to be, and so does not need it to be that."""
    return _DEFINES.search(path) is not None
