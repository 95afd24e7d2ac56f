"""The state of migrations, in the repository and as a real PostgreSQL records them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from signoff.model.database_use import Database, FromEnvironment, Reference
from signoff.model.judgement import Status
from signoff.model.report import LinkReport
from support.local_chain import codes, project_at, told
from support.postgres import Cluster
from support.repositories import Clone
from support.schema import COMPARED, EXPECTED, KEY, LIVE, REPORTS, UPSERT, judged

RECORDS = {
    "alembic": "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ",
    "django": "CREATE TABLE django_migrations (id serial, app text, name text);"
    "INSERT INTO django_migrations (app, name) VALUES ",
    "prisma": "CREATE TABLE _prisma_migrations (migration_name text, finished_at timestamp, rolled_back_at timestamp);"
    "INSERT INTO _prisma_migrations VALUES ",
    "dbmate": "CREATE TABLE schema_migrations (version text); INSERT INTO schema_migrations VALUES ",
    "golang-migrate": "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean);"
    "INSERT INTO schema_migrations VALUES ",
    "flyway": "CREATE TABLE flyway_schema_history (script text, success boolean);"
    "INSERT INTO flyway_schema_history VALUES ",
    "goose": "CREATE TABLE goose_db_version (id serial, version_id bigint, is_applied boolean, tstamp timestamp);"
    "INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), ",
    "knex": "CREATE TABLE knex_migrations (id serial, name varchar(255), batch int, migration_time timestamptz);"
    "INSERT INTO knex_migrations (name) VALUES ",
    "node-pg-migrate": "CREATE TABLE pgmigrations (id serial, name varchar(255), run_on timestamp);"
    "INSERT INTO pgmigrations (name) VALUES ",
    "drizzle": "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id serial, created_at bigint);"
    "INSERT INTO drizzle.__drizzle_migrations (created_at) VALUES ",
}
"""The table of versions as each tool makes it, ready for its rows."""


def revision(name: str, *after: str, body: str = "pass") -> str:
    parents = repr(after) if len(after) > 1 else repr(after[0] if after else None)
    return f"from alembic import op\nrevision = {name!r}\ndown_revision = {parents}\ndef upgrade():\n    {body}\n"


def chain(*names: str) -> dict[str, str]:
    """Alembic's revisions, each after the one before."""
    return {
        f"web/alembic/versions/{name}.py": revision(name, *names[max(at - 1, 0) : at]) for at, name in enumerate(names)
    }


def django(*names: str) -> dict[str, str]:
    found = {}
    for at, name in enumerate(names):
        after = [("shop", one) for one in names[max(at - 1, 0) : at]]
        found[f"web/shop/migrations/{name}.py"] = (
            f"class Migration(migrations.Migration):\n    dependencies = {after}\n"
        )
    return found


def sql(*paths: str) -> dict[str, str]:
    return {f"web/{path}": "SELECT 1;\n" for path in paths}


JOURNAL = json.dumps({"entries": [{"idx": 0, "tag": "0000_a", "when": 100}, {"idx": 1, "tag": "0001_b", "when": 200}]})
GOOSE = "package migrations\nfunc init() { goose.AddMigrationContext(up, down) }\n"
KNEX = "exports.up = function (knex) { return knex.schema.createTable('a', () => {}); };\nexports.down = () => {};\n"
KNEX_TS = 'import { Knex } from "knex";\nexport async function up(knex: Knex): Promise<void> {}\n'
PG = "exports.up = (pgm) => { pgm.createTable('a', {}); };\n"
PG_TS = "import { MigrationBuilder } from 'node-pg-migrate';\nexport async function up(pgm: MigrationBuilder) {}\n"
TOOLS = {
    "goose": ("goose", sql("migrations/00001_a.sql", "migrations/00002_b.sql"), "(1, true)", "(1, true), (2, true)"),
    "knex": (
        "knex",
        {"web/migrations/20260101120000_a.js": KNEX, "web/migrations/20260201120000_b.ts": KNEX_TS},
        "('20260101120000_a.js')",
        "('20260101120000_a.js'), ('20260201120000_b.js')",
    ),
    "node-pg-migrate": (
        "node-pg-migrate",
        {"web/migrations/1700000000000_a.js": PG, "web/migrations/1700000000001_b.ts": PG_TS},
        "('1700000000000_a')",
        "('1700000000000_a'), ('1700000000001_b')",
    ),
    "alembic": ("alembic", chain("a1", "a2"), "('a1')", "('a2')"),
    "django": ("django", django("0001_a", "0002_b"), "('shop', '0001_a')", "('shop', '0001_a'), ('shop', '0002_b')"),
    "prisma": (
        "prisma",
        sql("prisma/migrations/1_a/migration.sql", "prisma/migrations/2_b/migration.sql"),
        "('1_a', now(), NULL), ('2_b', now(), now())",
        "('1_a', now(), NULL), ('2_b', now(), NULL)",
    ),
    "dbmate": ("dbmate", sql("db/migrations/001_a.sql", "db/migrations/002_b.sql"), "('001')", "('001'), ('002')"),
    "golang-migrate": (
        "golang-migrate",
        sql("migrations/1_a.up.sql", "migrations/1_a.down.sql", "migrations/2_b.up.sql"),
        "(1, false)",
        "(2, false)",
    ),
    "flyway": (
        "flyway",
        sql("flyway/V1__a.sql", "flyway/V2__b.sql", "flyway/R__c.sql"),
        "('V1__a.sql', true)",
        "('V1__a.sql', true), ('V2__b.sql', true)",
    ),
    "drizzle": (
        "drizzle",
        sql("drizzle/0000_a.sql", "drizzle/0001_b.sql") | {"web/drizzle/meta/_journal.json": JOURNAL},
        "(100)",
        "(100), (200)",
    ),
}
OTHERWISE = {
    "goose, undone": (
        "goose",
        sql("migrations/00001_a.sql", "migrations/00002_b.sql"),
        "(1, true), (2, true), (2, false)",
        "(1, true), (2, false), (2, true)",
    ),
    "goose, in Go": (
        "goose",
        sql("migrations/00001_a.sql") | {"web/migrations/00002_b.go": GOOSE},
        "(1, true)",
        "(1, true), (2, true)",
    ),
    "node-pg-migrate, in SQL": (
        "node-pg-migrate",
        sql("migrations/1700000000000_a.sql", "migrations/1700000000001_b.sql"),
        "('1700000000000_a')",
        "('1700000000000_a'), ('1700000000001_b')",
    ),
}
"""The same tools, in other ways to use them."""
CASES = pytest.mark.parametrize("tool", (TOOLS | OTHERWISE).values(), ids=(TOOLS | OTHERWISE).keys())


class World:
    def __init__(self, clone: Clone, postgres: Cluster) -> None:
        self.clone = clone
        self.postgres = postgres

    def judged(
        self, files: dict[str, str], records: str, *, live: str = REPORTS + KEY, reads: bool = True
    ) -> LinkReport:
        """What is expected is there; `records`: the table of versions with its rows."""
        self.clone.commit({"web/store.py": UPSERT, **files})
        database = self.postgres.database(live + records)
        role = self.postgres.role()
        if reads:
            database.run(f"GRANT pg_read_all_data TO {role}")
        wanted = self.postgres.database(REPORTS + KEY + records)
        return judged(self.clone, {LIVE: database.dsn(role), EXPECTED: wanted.dsn()}, COMPARED)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: Cluster) -> World:
    return World(project_at(tmp_path, monkeypatch), postgres)


def findings(link: LinkReport) -> set[str]:
    return {one.code for one in link.findings}


@CASES
def test_a_migration_that_was_not_run_waits_for_a_person_at_its_file(
    world: World, tool: tuple[str, dict[str, str], str, str]
) -> None:
    name, files, before, _ = tool
    link = world.judged(files, RECORDS[name] + before)
    assert (link.status, link.waits_on) == (Status.WAITING, "person"), told(link.reason)
    (finding,) = [one for one in link.findings if one.code == "schema/pending"]
    assert finding.location is not None
    assert finding.location.path in files


@pytest.mark.parametrize("folder", ["", "packages/db/"])
@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS.keys())
def test_migrations_that_no_workload_is_made_from_belong_to_the_one_database(
    world: World, tool: tuple[str, dict[str, str], str, str], folder: str
) -> None:
    name, files, before, after = tool
    beside = {folder + path.removeprefix("web/"): text for path, text in files.items()}
    assert world.judged(beside, RECORDS[name] + before).status is Status.WAITING
    link = world.judged(beside, RECORDS[name] + after)
    assert (link.status, findings(link)) == (Status.PASS, set()), told(link.reason)


@CASES
def test_when_every_migration_was_run_nothing_is_said(world: World, tool: tuple[str, dict[str, str], str, str]) -> None:
    name, files, _, after = tool
    link = world.judged(files, RECORDS[name] + after)
    assert (link.status, findings(link)) == (Status.PASS, set()), told(link.reason)


def test_a_database_that_is_ahead_by_an_additive_revision_is_healthy(world: World) -> None:
    link = world.judged(chain("a1", "a2"), RECORDS["alembic"] + "('a3')")
    assert (link.status, findings(link)) == (Status.PASS, {"schema/ahead"})


def test_a_squashed_migration_stands_for_those_that_were_run(world: World) -> None:
    files = django("0001_a", "0002_b")
    files["web/shop/migrations/0001_squashed.py"] = (
        "class Migration(migrations.Migration):\n    replaces = [('shop', '0001_a'), ('shop', '0002_b')]\n"
    )
    link = world.judged(files, RECORDS["django"] + "('shop', '0001_a'), ('shop', '0002_b')")
    assert link.status is Status.PASS, told(link.reason)


def test_a_role_that_may_not_read_the_table_of_versions_is_told_what_to_grant(world: World) -> None:
    link = world.judged(chain("a1", "a2"), RECORDS["alembic"] + "('a1')", reads=False)
    (finding,) = [one for one in link.findings if one.code == "schema/migration-unread"]
    assert "GRANT SELECT ON alembic_version" in told(finding.fix.says)  # type: ignore[union-attr]
    assert link.status is Status.PASS


@pytest.mark.parametrize(
    ("tool", "row"),
    [("golang-migrate", "(2, true)"), ("prisma", "('1_a', now(), NULL), ('2_b', NULL, NULL)")],
)
def test_a_migration_that_ended_halfway_fails(world: World, tool: str, row: str) -> None:
    link = world.judged(TOOLS[tool][1], RECORDS[tool] + row)
    assert link.status is Status.FAIL
    assert "schema/migration-failed" in findings(link)


TWO_HEADS = chain("a1", "a2") | {"web/alembic/versions/b2.py": revision("b2", "a1")}


def test_two_heads_fail_with_the_merge_that_cures(world: World) -> None:
    link = world.judged(TWO_HEADS, RECORDS["alembic"] + "('a2'), ('b2')")
    assert (link.status, codes(link)) == (Status.FAIL, {"schema/migration-heads"})
    link = world.judged({"web/alembic/versions/m.py": revision("m", "a2", "b2")}, RECORDS["alembic"] + "('m')")
    assert link.status is Status.PASS, told(link.reason)


def test_several_heads_by_design_are_healthy(world: World) -> None:
    files = TWO_HEADS | {"web/start.sh": "alembic upgrade heads && exec web\n"}
    link = world.judged(files, RECORDS["alembic"] + "('a2'), ('b2')")
    assert (link.status, findings(link)) == (Status.PASS, set())


def test_two_migrations_of_one_number_fail_where_their_tool_refuses_them(world: World) -> None:
    link = world.judged(sql("migrations/1_a.up.sql", "migrations/1_b.up.sql"), RECORDS["golang-migrate"] + "(1, false)")
    assert codes(link) == {"schema/migration-id"}


def test_a_parent_that_is_not_there_fails(world: World) -> None:
    files = {"web/alembic/versions/a2.py": revision("a2", "gone")}
    link = world.judged(files, RECORDS["alembic"] + "('a2')")
    assert codes(link) == {"schema/migration-parent"}


def test_a_recorded_head_whose_objects_are_missing_says_so(world: World) -> None:
    world.clone.commit({"web/notes.py": "SQL = 'SELECT note FROM reports'\n"})
    live = (REPORTS + KEY).replace(", note text", "")
    link = world.judged(chain("a1"), RECORDS["alembic"] + "('a1')", live=live)
    assert link.status is Status.FAIL
    assert findings(link) == {"schema/missing", "schema/recorded"}


@pytest.mark.parametrize(
    ("path", "text", "tool"),
    [
        ("migrations/1700000000000-a.ts", "export class A implements MigrationInterface { async up() {} }", "TypeORM"),
        ("src/migrations/Migration20260101.ts", "import '@mikro-orm/migrations';\nup() {}", "MikroORM"),
        ("migrations/20260101-a.js", "module.exports = { async up(queryInterface, Sequelize) {} };", "Sequelize"),
        ("migrations/20260101_a.ts", "import { Kysely } from 'kysely';\nexport async function up(db) {}", "Kysely"),
        ("db/migrations/20260101_a.js", "exports.up = async (db) => {};", "a tool that is not known"),
        ("db/migrate/20260101_a.rb", "class A < ActiveRecord::Migration[8.0]\nend\n", "Rails"),
        ("database/migrations/2026_01_01_a.php", "use Illuminate\\Database\\Migrations\\Migration;", "Laravel"),
        ("priv/repo/migrations/20260101_a.exs", "use Ecto.Migration", "Ecto"),
        ("Migrations/20260101_A.cs", "using Microsoft.EntityFrameworkCore.Migrations;", "Entity Framework"),
    ],
)  # fmt: skip
def test_migrations_of_a_tool_that_is_not_read_are_said_at_their_file(
    world: World, path: str, text: str, tool: str
) -> None:
    link = world.judged({f"web/{path}": text}, "")
    [finding] = [one for one in link.findings if one.code == "schema/migration-unread"]
    assert told(finding.message) == f"migrations of {tool} are not read: which of them were run is not known"
    assert finding.location is not None
    assert finding.location.path == f"web/{path}"


@pytest.mark.parametrize("tool", ["knex", "node-pg-migrate", "goose", "dbmate"])
def test_migrations_without_a_table_in_which_they_are_recorded_are_said_to_be(world: World, tool: str) -> None:
    link = world.judged(TOOLS[tool][1], "")
    assert (link.status, findings(link)) == (Status.PASS, {"schema/migration-unread"})


def test_files_in_a_folder_of_migrations_that_are_none_are_passed_over(world: World) -> None:
    files = {"web/migrations/index.js": "exports.up = () => {};", "web/migrations/001_names.js": "exports.names = [];"}
    assert findings(world.judged(files, "")) == set()


def test_what_a_reference_lacks_as_a_table_of_versions_is_no_matter(world: World) -> None:
    world.clone.commit({"web/store.py": UPSERT, **chain("a1")})
    live = world.postgres.database(REPORTS + KEY)
    reference = Database("main", FromEnvironment(LIVE), Reference(FromEnvironment(EXPECTED)))
    role = world.postgres.role()
    link = judged(world.clone, {LIVE: live.dsn(role), EXPECTED: live.dsn(role)}, reference)
    assert link.status is Status.PASS
    assert findings(link) == {"schema/migration-unread"}
