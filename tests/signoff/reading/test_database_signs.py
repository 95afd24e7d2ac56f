"""Names that show a PostgreSQL database, and names that only sound so."""

from __future__ import annotations

import pytest

from signoff.reading.database_signs import of_path, of_variable


@pytest.mark.parametrize(
    "name",
    [
        *("DATABASE_URL", "APP_DATABASE_URL", "POSTGRES_HOST", "DB_HOST", "DB_NAME", "PGHOST", "PG_DSN", "DSN"),
        *("SQLALCHEMY_DATABASE_URI", "INSTANCE_CONNECTION_NAME", "CLOUD_SQL_CONNECTION_NAME", "database-url"),
        *("postgres-dsn", "POSTGRES_PASSWORD", "DB_CONNECTION_STRING"),
    ],
)
def test_a_variable_that_names_a_database(name: str) -> None:
    assert of_variable(name)


@pytest.mark.parametrize(
    "name",
    [
        *("SENTRY_DSN", "REDIS_URL", "MONGO_DB_NAME", "FIRESTORE_DATABASE_NAME", "BIGQUERY_DB_NAME", "BASE_URL"),
        *("PORT", "HOST", "API_URL", "GRAPHDB_URL", "DEBUG", "K_SERVICE", "DBT_PROFILE", "NEXT_PUBLIC_API_URL"),
    ],
)
def test_a_variable_that_only_sounds_like_one(name: str) -> None:
    assert not of_variable(name)


@pytest.mark.parametrize(
    "path",
    [
        *("alembic.ini", "api/alembic/versions/1a_first.py", "prisma/schema.prisma", "news/migrations/0001_initial.py"),
        *("db/migrate/001_first.sql", "migrations/001.sql", "supabase/migrations/2026_a.sql", "sql/V1__first.sql"),
        *("drizzle.config.ts", "knexfile.js", "db/structure.sql", "web/migrations/2026/01/a.sql"),
    ],
)
def test_a_file_that_says_what_a_database_is_to_be(path: str) -> None:
    assert of_path(path)


@pytest.mark.parametrize(
    "path",
    ["README.md", "docs/migrations.md", "migrations/__init__.py", "web/report.sql", "versions/v1.py", "prisma.ts"],
)
def test_a_file_that_does_not(path: str) -> None:
    assert of_path(path) is None
