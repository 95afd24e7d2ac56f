"""Drivers of PostgreSQL in lists of dependencies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.model.sql_use import Driver, Place
from signoff.reading.database_drivers import drivers_in


@pytest.mark.parametrize(
    ("path", "data", "line", "name"),
    [
        ("requirements.txt", b"flask\npsycopg2-binary==2.9  # db\n", 2, "psycopg2-binary"),
        ("pyproject.toml", b'dependencies = [\n  "asyncpg>=0.3",\n]', 2, "asyncpg"),
        ("pyproject.toml", b'dependencies = ["flask", "psycopg[binary]>=3"]', 1, "psycopg"),
        ("pyproject.toml", b'[tool.poetry.dependencies]\nasyncpg = "^0.3"', 2, "asyncpg"),
        ("web/package.json", b'{"dependencies": {\n "pg": "^8"}}', 2, "pg"),
    ],
)
def test_a_driver_has_its_place(path: str, data: bytes, line: int, name: str) -> None:
    assert drivers_in({path: data}) == (Driver(Place(path, line), name),)


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("requirements.txt", b"# psycopg2\nflask\nasyncpg-listen-mock"),
        ("package.json", b'{"devDependencies": {"pg": "8"}, "dependencies": {"express": "4"}}'),
        ("package.json", b"[not json"),
        ("tests/requirements.txt", b"asyncpg"),
        ("README.md", b"asyncpg"),
    ],
)
def test_what_looks_alike_is_none(path: str, data: bytes) -> None:
    assert drivers_in({path: data}) == ()


@given(st.sampled_from(["package.json", "requirements.txt", "pyproject.toml"]), st.binary())
def test_no_file_breaks_the_reader(path: str, data: bytes) -> None:
    drivers_in({path: data})
