"""`expected` of `[databases.NAME]`: what it resolves to, and its mistakes with line and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.config import load
from signoff.config.errors import ConfigError
from signoff.model.database_use import (
    Database,
    Dump,
    Expected,
    FromEnvironment,
    Metadata,
    Migrations,
    Reference,
    Replayed,
    TeamCommand,
)

HEAD = """[targets.production]
project = "acme"
regions = ["us-central1"]
branch = "main"
[workloads.web]
kind = "service"
inputs = ["web/**"]
schema = { database = "main" }
[databases.main]
dsn_env = "DATABASE_URL"
"""


def expected(tmp_path: Path, written: str) -> Expected | None:
    (tmp_path / ".git").mkdir()
    path = tmp_path / "signoff.toml"
    path.write_text(f"{HEAD}expected = {written}\n")
    found = load(path)
    (workload,) = found.workloads_for(found.target())
    assert isinstance(workload.database, Database)
    return workload.database.expected


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('{ dsn_env = "WANTED_{TARGET}" }', Reference(FromEnvironment("WANTED_PRODUCTION"))),
        ('{ migrations = "db/migrations/" }', Replayed(Migrations("db/migrations"))),
        ('{ dump = "db/schema.sql" }', Replayed(Dump("db/schema.sql"))),
        (
            '{ command = ["alembic", "upgrade", "head"], dsn_env = "URL", shadow_env = "SHADOW" }',
            Replayed(TeamCommand(("alembic", "upgrade", "head"), "URL"), FromEnvironment("SHADOW")),
        ),
        ('{ sqlalchemy = "app.models:Base.metadata" }', Replayed(Metadata("app.models:Base.metadata"))),
    ],
)
def test_each_way_is_told_by_its_key(tmp_path: Path, written: str, meant: Expected) -> None:
    assert expected(tmp_path, written) == meant


@pytest.mark.parametrize(
    ("written", "says", "fix"),
    [
        ("{}", "exactly one way", "migrations ="),
        ('{ migrations = "a", dump = "b" }', "exactly one way", "migrations ="),
        ('{ migrations = "a", dsn_env = "B" }', "exactly one way", "migrations ="),
        ('{ command = ["a"] }', "in which variable", "dsn_env ="),
        ('{ dsn_env = "A", shadow_env = "B" }', "nothing is replayed", "remove shadow_env"),
    ],
)
def test_what_can_not_be_meant_is_refused_with_the_remedy(tmp_path: Path, written: str, says: str, fix: str) -> None:
    with pytest.raises(ConfigError) as caught:
        expected(tmp_path, written)
    text = str(caught.value)
    assert says in text
    assert fix in text
    assert "11" in text
