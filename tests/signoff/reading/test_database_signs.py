"""What shows that code speaks to a database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.model.sql_use import Place, Sign
from signoff.reading.database_signs import database_signs


@pytest.mark.parametrize(
    ("path", "data", "line", "why"),
    [
        ("alembic.ini", b"[alembic]", 1, "the configuration of Alembic is here"),
        ("app/alembic/versions/1_x.py", b"revision = '1'\ndown_revision = None", 1, "a migration of Alembic is here"),
        ("shop/migrations/0001_initial.py", b"", 1, "a migration of Django is here"),
        ("prisma/migrations/1_x/migration.sql", b"", 1, "a migration of Prisma is here"),
        ("drizzle/0000_x.sql", b"", 1, "a migration of Drizzle is here"),
        ("sql/V1_2__x.sql", b"", 1, "a migration of Flyway is here"),
        ("migrations/001.sql", b"", 1, "a migration is here"),
        ("db/migrate/1_x.up.sql", b"", 1, "a migration is here"),
        ("app/q.py", b"\nq('insert into t values (1) on conflict (a) do nothing')", 2, "an upsert is written here"),
        ("app/q.ts", b"db.insert(t).onConflictDoNothing()", 1, "an upsert is written here"),
        ("schema.prisma", b'datasource db {\n  provider = "postgresql"\n}', 2, "Prisma's schema is for PostgreSQL"),
        ("requirements.txt", b"flask\npsycopg2-binary==2.9  # db\n", 2, "psycopg2-binary is installed"),
        ("pyproject.toml", b'dependencies = [\n  "asyncpg>=0.3",\n]', 2, "asyncpg is installed"),
        ("pyproject.toml", b'dependencies = ["flask", "asyncpg>=0.3"]', 1, "asyncpg is installed"),
        ("pyproject.toml", b'[tool.poetry.dependencies]\nasyncpg = "^0.3"', 2, "asyncpg is installed"),
        ("web/package.json", b'{"dependencies": {\n "pg": "^8"}}', 2, "pg is installed"),
        ("deploy/service.yaml", b"env:\n  - name: DATABASE_URL", 2,
         "the name DATABASE_URL looks like a database's address"),
        (".env.example", b"PGHOST=localhost", 1, "the name PGHOST looks like a database's address"),
    ],
)  # fmt: skip
def test_a_sign_has_its_place_and_its_reason(path: str, data: bytes, line: int, why: str) -> None:
    assert database_signs({path: data}) == (Sign(Place(path, line), why),)


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("README.md", b"INSERT ... ON CONFLICT (a) DO NOTHING; DATABASE_URL"),
        ("docs/q.sql", b"insert into t on conflict (a) do nothing"),
        ("tests/q.py", b"on_conflict_do_nothing()"),
        ("app/q.py", b"# what happens on conflict is decided elsewhere"),
        ("app/versions/v1.py", b"API = 1"),
        ("requirements.txt", b"# psycopg2\nflask\nasyncpg-listen-mock"),
        ("package.json", b'{"devDependencies": {"pg": "8"}, "dependencies": {"express": "4"}}'),
        ("package.json", b"[not json"),
        ("service.yaml", b"# DATABASE_URL\nname: DATABASES"),
        ("schema.prisma", b'provider = "mysql"'),
    ],
)
def test_what_looks_alike_is_no_sign(path: str, data: bytes) -> None:
    assert database_signs({path: data}) == ()


@given(st.sampled_from(["package.json", "requirements.txt", "a.py", "a.yaml", "a.prisma"]), st.binary())
def test_no_file_breaks_the_reader(path: str, data: bytes) -> None:
    database_signs({path: data})
