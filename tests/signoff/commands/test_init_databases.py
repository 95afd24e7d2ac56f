"""The database that the code shows stands in the first signoff.toml, ready to be asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.commands.context import Context
from signoff.commands.init import init
from signoff.commands.run import run
from signoff.config import load
from signoff.model.database_use import (
    Database,
    Dump,
    FromEnvironment,
    Migrations,
    Replayed,
    TeamCommand,
)
from signoff.model.judgement import Link, Status
from signoff.views.words import sentence
from support.postgres import Cluster
from support.repositories import Remote

SHELL = """\
gcloud run deploy web --image us-docker.pkg.dev/acme/r/web --region us-east1 --project acme \\
  --set-secrets=DATABASE_URL=database-url:latest,API_KEY=key:1
gcloud run jobs deploy sweep --image us-docker.pkg.dev/acme/r/sweep --region us-east1 --project acme
"""
BASE = {
    "deploy.sh": SHELL,
    "web/Dockerfile": "FROM x\nCOPY web /app\n",
    "sweep/Dockerfile": "FROM x\nCOPY sweep /app\n",
    "web/db.py": 'import os\n\nURL = os.environ["DATABASE_URL"]\n',
    "web/requirements.txt": "asyncpg==0.30\n",
    "sweep/main.py": "print('swept')\n",
}
TABLE = "CREATE TABLE reports (a int);"


def lay(folder: Path, files: dict[str, str]) -> None:
    (folder / ".git").mkdir(exist_ok=True)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8")


async def made(folder: Path, files: dict[str, str]) -> tuple[str, dict[str, Database | None]]:
    """The file, and the database of each workload as it is loaded again."""
    lay(folder, {**BASE, **files})
    result = await init(folder)
    config = load(folder)
    found = {str(one.name): one.database for one in config.workloads_for(config.target())}
    return result.text, {name: one if isinstance(one, Database) else None for name, one in found.items()}


EXPECTED = {
    "sql": ({"db/migrations/001_a.sql": TABLE, "db/migrations/002_b.sql": "SELECT 1;"}, Migrations("db/migrations")),
    "prisma": ({"prisma/migrations/20250101_a/migration.sql": TABLE, "prisma/schema.prisma": "x"},
               Migrations("prisma/migrations")),
    "drizzle": ({"drizzle.config.ts": "x", "db/migrations/0000_a.sql": TABLE}, Migrations("db/migrations")),
    "drizzle where its tool puts it": ({"drizzle.config.ts": "x", "drizzle/0000_a.sql": TABLE}, Migrations("drizzle")),
    "drizzle by its journal": ({"drizzle.config.ts": "x", "src/db/out/0000_a.sql": TABLE,
                                "src/db/out/meta/_journal.json": "{}"}, Migrations("src/db/out")),
    "numbered": ({"sql/001_a.sql": TABLE, "sql/002_b.sql": "SELECT 1;"}, Migrations("sql")),
    "flyway": ({"sql/V1__a.sql": TABLE, "sql/V2__b.sql": TABLE}, Migrations("sql")),
    "dump": ({"db/structure.sql": TABLE}, Dump("db/structure.sql")),
    "alembic": ({"alembic.ini": "[alembic]\nscript_location = alembic\n", "alembic/env.py": "x"},
                TeamCommand(("alembic", "upgrade", "head"), "DATABASE_URL")),
    "alembic elsewhere": ({"web/alembic.ini": "[alembic]\nscript_location = alembic\n"},
                          TeamCommand(("sh", "-c", "cd 'web' && alembic upgrade head"), "DATABASE_URL")),
    "alembic from anywhere": ({"web/alembic.ini": "[alembic]\nscript_location = %(here)s/alembic\n"},
                              TeamCommand(("alembic", "-c", "web/alembic.ini", "upgrade", "head"), "DATABASE_URL")),
    "django": ({"web/manage.py": "x", "web/app/migrations/0001_initial.py": "x"},
               TeamCommand(("python", "web/manage.py", "migrate", "--noinput"), "DATABASE_URL")),
}  # fmt: skip


@pytest.mark.parametrize("case", EXPECTED.values(), ids=EXPECTED.keys())
async def test_what_the_database_should_hold_is_found(
    case: tuple[dict[str, str], Migrations | Dump | TeamCommand], tmp_path: Path
) -> None:
    _text, databases = await made(tmp_path, case[0])
    web = databases["web"]
    assert web is not None
    assert web.source == FromEnvironment("DATABASE_URL_PRODUCTION")
    assert web.expected == Replayed(case[1])


async def test_only_the_workload_that_shows_a_database_uses_it_and_the_way_out_stands_beside_it(tmp_path: Path) -> None:
    text, databases = await made(tmp_path, {"db/migrations/001_a.sql": TABLE})
    assert databases["sweep"] is None
    assert 'schema = { database = "main" }  # web/db.py:3 reads DATABASE_URL' in text
    assert '# or schema = { none = "why" }' in text
    assert '# instead of dsn_env: dsn_secret = "database-url"   # deploy.sh:2 hands it to the code' in text
    assert "set DATABASE_URL_PRODUCTION where signoff runs" in text


async def test_a_workload_that_reads_the_url_of_another_database_is_left_open(tmp_path: Path) -> None:
    text, databases = await made(tmp_path, {"sweep/main.py": 'import os\nU = os.environ["ANALYTICS_DB_URL"]\n'})
    assert databases["web"] is not None
    assert databases["sweep"] is None
    assert "# the code reads ANALYTICS_DB_URL too: another database has a table of its own" in text


@pytest.mark.parametrize(
    ("path", "content", "variable"),
    [
        ("web/db.ts", "export const url = process.env.POSTGRES_URL;\n", "POSTGRES_URL"),
        (
            "web/schema.prisma",
            'datasource db {\n  provider = "postgresql"\n  url = env("APP_DB_URL")\n}\n',
            "APP_DB_URL",
        ),
        ("web/db.go", 'var url = os.Getenv("PG_DSN")\n', "PG_DSN"),
        ("web/db.py", "class Settings(BaseSettings):\n    database_url: str\n", "DATABASE_URL"),
    ],
)
async def test_the_variable_is_the_one_that_the_code_reads(
    path: str, content: str, variable: str, tmp_path: Path
) -> None:
    _text, databases = await made(tmp_path, {"web/db.py": "import asyncpg\n", path: content})
    assert databases["web"] is not None
    assert databases["web"].source == FromEnvironment(f"{variable}_PRODUCTION")


@pytest.mark.parametrize(
    "files",
    [
        {"web/requirements.txt": "flask\n", "web/db.py": "import os\nos.environ['SENTRY_DSN']\n"},
        {"web/requirements.txt": "flask\n", "web/db.py": "", "web/tests/test_db.py": "os.environ['DATABASE_URL']\n"},
        {"web/requirements.txt": "flask\n", "web/db.py": "", "web/node_modules/x/db.js": "process.env.DATABASE_URL\n"},
    ],
)
async def test_without_a_sign_nothing_of_a_database_is_written(files: dict[str, str], tmp_path: Path) -> None:
    text, databases = await made(tmp_path, files)
    assert set(databases.values()) == {None}
    assert "database" not in text


async def test_a_database_of_another_maker_is_left_to_a_person_to_close(tmp_path: Path) -> None:
    files = {"web/requirements.txt": "pymysql\n", "web/db.py": 'import os\nU = os.environ["DATABASE_URL"]\n'}
    text, databases = await made(tmp_path, files)
    assert set(databases.values()) == {None}
    assert "[databases" not in text
    assert '# schema = { none = "its database is not PostgreSQL: web/requirements.txt names pymysql" }' in text


async def test_the_written_file_says_the_next_step_and_passes_once_it_is_taken(
    tmp_path: Path, postgres: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    clone = Remote(tmp_path).clone("work")
    clone.commit({**BASE, "db/migrations/001_reports.sql": TABLE})
    await init(clone.path)
    clone.commit({"signoff.toml": (clone.path / "signoff.toml").read_text("utf-8")})
    clone.push()
    monkeypatch.delenv("DATABASE_URL_PRODUCTION", raising=False)

    async def looked() -> tuple[Status, str]:
        context = Context.open(clone.path)
        try:
            report = await run(context, [Link.SCHEMA], ["web"])
        finally:
            await context.close()
        link = report.workloads[0].links[Link.SCHEMA]
        return link.status, sentence(link.reason) if link.reason is not None else ""

    status, says = await looked()
    assert status is Status.UNKNOWN
    assert "the environment variable DATABASE_URL_PRODUCTION is not set: set it where signoff runs" in says
    database = postgres.database(TABLE)
    monkeypatch.setenv("DATABASE_URL_PRODUCTION", database.dsn(postgres.role()))
    assert (await looked())[0] is Status.PASS
