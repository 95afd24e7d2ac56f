"""Migrations that take away what the code that serves still uses: a real database, and Cloud Run on the sandbox."""

from __future__ import annotations

from dataclasses import replace

import pytest

from signoff.chain import CHECKS
from signoff.gather.overview import overviews
from signoff.model.database_use import Database, FromEnvironment, Reference
from signoff.model.judgement import Link, Status
from signoff.model.report import LinkReport
from signoff.walk import walk
from support.estate import WEB, Estate
from support.local_chain import told
from support.postgres import Cluster
from support.schema import EXPECTED, LIVE, REPORTS

RECORD = "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES "
FIRST = "revision = 'a1'\ndown_revision = None\ndef upgrade():\n    pass\n"
DROP = "from alembic import op\nrevision = 'a2'\ndown_revision = 'a1'\ndef upgrade():\n    {}\n"
DROPS = DROP.format("op.drop_column('reports', 'note')")
OLD = "SQL = 'SELECT a, note FROM reports'\n"
NEW = "SQL = 'SELECT a FROM reports'\n"
USES = replace(WEB, database=Database("main", FromEnvironment(LIVE), Reference(FromEnvironment(EXPECTED))))


class World:
    def __init__(self, estate: Estate, postgres: Cluster, patch: pytest.MonkeyPatch) -> None:
        self.estate = estate
        self.postgres = postgres
        self.patch = patch

    def ship(self, files: dict[str, str], minute: int, *, serves: bool) -> None:
        """Commit and push, and where it `serves`, build and serve it."""
        commit = self.estate.clone.commit(files)
        self.estate.clone.push()
        if serves:
            made = self.estate.build(commit, minute)
            self.estate.service(self.estate.revision(minute, made, minute + 1))

    async def judged(self, live: str) -> LinkReport:
        database = self.postgres.database(live)
        role = self.postgres.role()
        database.run(f"GRANT pg_read_all_data TO {role}")
        self.patch.setenv(LIVE, database.dsn(role))
        self.patch.setenv(EXPECTED, database.dsn(role))
        async with self.estate.survey(USES) as survey:
            report = await walk(survey, [check for check in CHECKS if check.name == "schema"], overviews)
        return report.workloads[0].links[Link.SCHEMA]


@pytest.fixture
def world(estate: Estate, postgres: Cluster, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(estate, postgres, monkeypatch)


def destructive(link: LinkReport) -> list[str]:
    return [told(one.message) for one in link.findings if one.code == "schema/destructive"]


async def test_a_column_is_not_dropped_before_the_code_that_stopped_using_it_serves(world: World) -> None:
    world.ship({"web/store.py": OLD, "web/alembic/versions/a1.py": FIRST}, 5, serves=True)
    world.ship({"web/store.py": NEW, "web/alembic/versions/a2.py": DROPS}, 10, serves=False)
    link = await world.judged(f"{REPORTS}{RECORD}('a1')")
    assert (link.status, link.waits_on) == (Status.WAITING, "person")
    (says,) = destructive(link)
    assert says.startswith("the migration «a2» drops «reports.note», which the code that serves now (")
    assert says.endswith("uses at «web/store.py:1»")


async def test_once_that_code_serves_the_migration_is_only_to_be_run(world: World) -> None:
    world.ship({"web/store.py": OLD, "web/alembic/versions/a1.py": FIRST}, 5, serves=True)
    world.ship({"web/store.py": NEW, "web/alembic/versions/a2.py": DROPS}, 10, serves=True)
    link = await world.judged(f"{REPORTS}{RECORD}('a1')")
    assert (link.status, destructive(link)) == (Status.WAITING, [])
    assert "is not used by the code that serves" in " ".join(told(one.message) for one in link.findings)


async def test_a_column_that_is_gone_while_old_code_serves_is_told(world: World) -> None:
    world.ship({"web/store.py": OLD, "web/alembic/versions/a1.py": FIRST}, 5, serves=True)
    world.ship({"web/store.py": NEW, "web/alembic/versions/a2.py": DROPS}, 10, serves=False)
    link = await world.judged(f"{REPORTS.replace(', note text', '')}{RECORD}('a2')")
    assert link.status is Status.PASS
    (says,) = destructive(link)
    assert says.endswith("it is gone already, so that this code fails")


async def test_an_additive_migration_takes_nothing_away(world: World) -> None:
    world.ship({"web/store.py": OLD, "web/alembic/versions/a1.py": FIRST}, 5, serves=True)
    adds = DROP.format("op.add_column('reports', Column('more'))")
    world.ship({"web/store.py": NEW, "web/alembic/versions/a2.py": adds}, 10, serves=False)
    assert destructive(await world.judged(f"{REPORTS}{RECORD}('a1')")) == []


async def test_where_nobody_knows_which_code_serves_that_is_said(world: World) -> None:
    world.ship({"web/store.py": NEW, "web/alembic/versions/a1.py": FIRST}, 5, serves=False)
    world.ship({"web/alembic/versions/a2.py": DROPS}, 10, serves=False)
    unknown = "sha256:" + "0" * 64
    world.estate.service(world.estate.revision(1, unknown, 2))
    (says,) = destructive(await world.judged(f"{REPORTS}{RECORD}('a1')"))
    assert says.endswith("it is not known which code serves now")
