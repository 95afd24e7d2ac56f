"""The link `schema` against migrations that are replayed into a shadow database."""

from __future__ import annotations

import asyncio

import pytest

from signoff.model.database_use import Database, Dump, FromEnvironment, Migrations, Replayed
from signoff.model.finding import Finding
from signoff.model.judgement import Status
from signoff.model.replay import Replay
from signoff.model.report import LinkReport
from signoff.model.secret import Secret
from signoff.model.sql_use import Place
from signoff.reading.sql_script import statements
from signoff.systems.postgres.replay import replayed
from signoff.systems.postgres.shadow import Shadow
from signoff.systems.postgres.shadows import read
from support.local_chain import codes, told
from support.postgres import Cluster
from support.replays import FOLDER, SHADOW, World
from support.repositories import Clone
from support.schema import KEY, LIVE, REPORTS, judged, urls

CONDITIONAL = KEY.replace("INDEX", "INDEX IF NOT EXISTS")
OLD = "CREATE UNIQUE INDEX reports_key ON reports (a, b);"


def says(link: LinkReport) -> str:
    return " | ".join(told(finding.message) for finding in link.findings)


def kept(link: LinkReport) -> Finding:
    (found,) = [one for one in link.findings if one.code == "schema/kept"]
    return found


def test_an_old_index_that_the_migrations_only_know_anew_is_the_cause(world: World) -> None:
    link = world.judged(REPORTS + OLD, reports=REPORTS, key=f"\n{CONDITIONAL}")
    assert link.status is Status.FAIL, told(link.reason)
    found = kept(link)
    assert told(found.message) == (
        "the unique index «reports_key» exists with «(a, b)», and the migration wants «(a, b, c, d)»:"
        " IF NOT EXISTS keeps what is there"
    )
    assert found.location is not None
    assert (found.location.path, found.location.line) == ("db/migrations/002_key.sql", 2)
    assert found.severity == "error"


def test_a_workload_that_only_reads_a_table_does_not_need_its_rows_to_be_unique(clone: Clone, world: World) -> None:
    clone.commit({"web/store.py": "def rows(c):\n    return c.fetch('SELECT a, total FROM reports WHERE b = 1')\n"})
    link = world.judged(REPORTS + OLD, reports=REPORTS, key=CONDITIONAL)
    assert link.status is Status.PASS, told(link.reason)
    assert kept(link).severity == "warning"


def test_an_index_that_the_migrations_themselves_make_twice_is_found_in_the_replay(world: World) -> None:
    link = world.judged(REPORTS + OLD, reports=REPORTS + OLD, key=CONDITIONAL)
    assert codes(link) >= {"schema/kept", "schema/no-unique-index"}
    assert "wants «(a, b, c, d)»" in told(kept(link).message)


def test_the_cure_of_a_kept_index_cures_in_an_order_in_which_nothing_goes_missing(world: World) -> None:
    link = world.judged(REPORTS + OLD, reports=REPORTS + OLD, key=CONDITIONAL)
    cure = kept(link).fix.says.parts[0].outside.rstrip(";").split("; ")  # type: ignore[union-attr]
    assert [one.split(" ON ")[0] for one in cure] == [
        "CREATE UNIQUE INDEX CONCURRENTLY reports_key_new",
        "DROP INDEX CONCURRENTLY public.reports_key",
        "ALTER INDEX public.reports_key_new RENAME TO reports_key",
    ]
    link = world.judged(REPORTS + OLD + ";".join(cure).replace("CONCURRENTLY", ""))
    assert link.status is Status.PASS
    assert "a new one made from the migrations would not" in told(kept(link).message)


SILENT = {
    "other columns": (OLD, CONDITIONAL),
    "other order": ("CREATE INDEX k ON reports (a, b);", "CREATE INDEX IF NOT EXISTS k ON reports (b, a);"),
    "not unique": ("CREATE INDEX k ON reports (a);", "CREATE UNIQUE INDEX IF NOT EXISTS k ON reports (a);"),
    "partial": ("CREATE INDEX k ON reports (a) WHERE b > 0;", "CREATE INDEX IF NOT EXISTS k ON reports (a);"),
    "method": ("CREATE INDEX k ON reports USING hash (a);", "CREATE INDEX IF NOT EXISTS k ON reports (a);"),
    "concurrently": (
        "CREATE INDEX k ON reports (a);",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS k ON reports (a, total);",
    ),
    "of a constraint": (
        "ALTER TABLE reports ADD CONSTRAINT k UNIQUE (a, b);",
        "CREATE UNIQUE INDEX IF NOT EXISTS k ON reports (a, b, c);",
    ),
    "of another table": (
        "CREATE TABLE other (a int); CREATE INDEX k ON other (a);",
        "CREATE INDEX IF NOT EXISTS k ON reports (a);",
    ),
    "within a transaction": (OLD, f"BEGIN; {CONDITIONAL} COMMIT;"),
    "a column's type": ("", "ALTER TABLE reports ADD COLUMN IF NOT EXISTS note varchar(5);"),
    "a column's default": ("", "ALTER TABLE reports ADD COLUMN IF NOT EXISTS note text DEFAULT 'x';"),
    "a table's column": ("", "CREATE TABLE IF NOT EXISTS reports (a int NOT NULL, more text);"),
    "a table's key": ("", "CREATE TABLE IF NOT EXISTS reports (a int NOT NULL, UNIQUE (a));"),
}


def replay_of(server: Cluster, *scripts: str) -> Replay:
    """What scripts make in a new database of the server."""
    said = [one for number, script in enumerate(scripts) for one in statements(script, f"{number}.sql")]
    return read(asyncio.run(replayed(Shadow(Secret(server.database().dsn()), ours=False), said, None)))


@pytest.mark.parametrize("case", SILENT.values(), ids=SILENT.keys())
def test_what_if_not_exists_kept_and_is_otherwise_is_known_with_its_line(
    shadows: Cluster, case: tuple[str, str]
) -> None:
    found = replay_of(shadows, REPORTS, case[0], f"SELECT 1;\n{case[1]}")
    assert [one.place for one in found.kept] == [Place("2.sql", 2)]
    assert not found.left_out


HARMLESS = {
    "the same index": (KEY, CONDITIONAL),
    "the same index, written otherwise": (KEY, "create unique index if not exists Reports_Key on reports(a,b,c,d);"),
    "the same table": ("", REPORTS.replace("TABLE", "TABLE IF NOT EXISTS")),
    "a table that has more by now": ("", "CREATE TABLE IF NOT EXISTS reports (a int NOT NULL, b int);"),
    "a table with a serial": (
        "CREATE TABLE s (id bigserial PRIMARY KEY);",
        "CREATE TABLE IF NOT EXISTS s (id bigserial PRIMARY KEY);",
    ),
    "the same column": ("", "ALTER TABLE reports ADD COLUMN IF NOT EXISTS note text;"),
    "the same column with a key": (
        "ALTER TABLE reports ADD id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;",
        "ALTER TABLE reports ADD COLUMN IF NOT EXISTS id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;",
    ),
    "a schema": ("CREATE SCHEMA s;", "CREATE SCHEMA IF NOT EXISTS s;"),
    "a temporary table": ("CREATE TEMP TABLE t (a int);", "CREATE TEMP TABLE IF NOT EXISTS t (a int);"),
    "mended by the next statement": (OLD, f"{CONDITIONAL} DROP INDEX reports_key; {KEY}"),
    "gone by the next statement": (OLD, f"{CONDITIONAL} DROP INDEX reports_key; {KEY.replace('_key', '_all')}"),
}


@pytest.mark.parametrize("case", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_if_not_exists_kept_and_is_the_same_is_quiet(shadows: Cluster, case: tuple[str, str]) -> None:
    found = replay_of(shadows, REPORTS, *case)
    assert (found.kept, found.left_out) == ((), ())


def test_another_name_with_the_same_columns_is_healthy(world: World) -> None:
    link = world.judged(REPORTS + KEY.replace("reports_key", "k"), reports=REPORTS, key=CONDITIONAL)
    assert (link.status, codes(link)) == (Status.PASS, set())


def test_an_if_not_exists_in_a_block_can_not_be_told_and_is_not_taken_for_healthy(world: World) -> None:
    block = f"DO $$ BEGIN {CONDITIONAL} END $$;"
    link = world.judged(REPORTS + KEY, reports=REPORTS + KEY, block=block)
    assert link.status is Status.UNKNOWN
    assert codes(link) == {"schema/not-replayed"}


def test_a_statement_that_fails_is_named_with_its_place(world: World) -> None:
    link = world.judged(REPORTS + KEY, reports=REPORTS, broken="\n\nALTER TABLE nowhere ADD a int;")
    assert link.status is Status.UNKNOWN
    assert 'the replay stops at db/migrations/002_broken.sql:3: relation "nowhere" does not exist' in told(link.reason)


def test_an_extension_that_the_shadow_lacks_is_no_drift_and_no_health(world: World) -> None:
    places = "CREATE EXTENSION no_such_thing; CREATE TABLE places (id int, at no_such_type);"
    link = world.judged(REPORTS + KEY, reports=REPORTS + KEY, places=places)
    assert link.status is Status.UNKNOWN
    assert codes(link) == {"schema/not-replayed"}
    assert "no extension no_such_thing" in says(link)


def test_a_replay_that_stops_in_a_transaction_leaves_no_role_behind(world: World) -> None:
    rights = "BEGIN; GRANT SELECT ON reports TO a_passing_role; SELECT nothing_of_that_name; COMMIT;"
    link = world.judged(REPORTS + KEY, reports=REPORTS + KEY, rights=rights)
    assert "the replay stops at db/migrations/002_rights.sql:1" in told(link.reason)
    with world.shadows.database().connect() as connection:
        assert connection.execute("SELECT FROM pg_roles WHERE rolname = 'a_passing_role'").fetchall() == []


def test_roles_that_migrations_name_are_made_and_leave_nothing_behind(world: World) -> None:
    rights = "GRANT SELECT ON reports TO somebody_else; ALTER TABLE reports OWNER TO an_owner;"
    link = world.judged(REPORTS + KEY, reports=REPORTS + KEY, rights=rights)
    assert link.status is Status.PASS, told(link.reason)
    with world.shadows.database().connect() as connection:
        assert connection.execute("SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'").fetchall() == [("postgres",)]
        left = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'signoff%'").fetchall()
    assert left == []


def test_a_dump_with_psqls_own_commands_is_what_is_expected(world: World) -> None:
    world.clone.commit({"db/schema.sql": (
        "\\restrict abc\nSET client_min_messages = warning;\nSELECT pg_catalog.set_config('search_path', '', false);\n"
        f"{REPORTS.replace('reports', 'public.reports')}\n"
        "COPY public.reports (a, b) FROM stdin;\n1\t2\n3\t;\n\\.\n\n"
        f"{KEY.replace('ON reports', 'ON public.reports')}\n\\unrestrict abc\n"
    )})  # fmt: skip
    dump = Database("main", FromEnvironment(LIVE), Replayed(Dump("db/schema.sql"), FromEnvironment(SHADOW)))
    assert world.judged(REPORTS + KEY, dump).status is Status.PASS
    link = world.judged(REPORTS.replace(", total numeric", ", total text") + KEY, dump)
    assert codes(link) == {"schema/differs"}


def test_nothing_at_the_path_is_unknown(world: World) -> None:
    link = world.judged(REPORTS + KEY)
    assert link.status is Status.UNKNOWN
    assert "the commit has no SQL at db/migrations" in told(link.reason)


def test_the_server_of_the_judged_database_is_never_a_shadow(world: World) -> None:
    world.clone.commit({"db/migrations/001_reports.sql": REPORTS + KEY})
    live = world.postgres.database(REPORTS + KEY)
    link = judged(world.clone, {LIVE: live.dsn(), SHADOW: live.dsn()}, FOLDER)
    assert "name another one" in told(link.reason) or "superuser" in told(link.reason)


def test_what_was_replayed_once_is_not_replayed_again(world: World) -> None:
    link = world.judged(REPORTS + OLD, reports=REPORTS + OLD, key=CONDITIONAL)
    world.clone.commit({"web/other.py": "A = 1\n"})
    live = urls(world.postgres.database(REPORTS + OLD))
    again = judged(world.clone, {**live, SHADOW: "postgresql://nobody@127.0.0.1:1/none"}, FOLDER)
    assert told(kept(again).message) == told(kept(link).message)


def test_what_an_extension_keeps_from_being_made_hides_no_drift_of_other_tables(world: World) -> None:
    places = "CREATE EXTENSION no_such_thing; CREATE TABLE places (id int, total no_such_type);"
    live = REPORTS.replace("total numeric", "total text") + KEY + "CREATE TABLE places (id int, total text);"
    link = world.judged(live, reports=REPORTS + KEY, places=places)
    assert link.status is Status.FAIL
    assert codes(link) >= {"schema/differs"}


@pytest.mark.parametrize("folder", ["db/changes", "web/changes"])
def test_migrations_of_a_folder_with_any_name_are_no_code_of_the_workload(
    folder: str, clone: Clone, world: World
) -> None:
    """What a migration wrote to once may be gone; one that was not run is waited for."""
    later = "UPDATE reports SET note = 'none'; ALTER TABLE reports DROP COLUMN note;"
    clone.commit({f"{folder}/1.sql": REPORTS + KEY, f"{folder}/2-later.sql": later})
    declared = Database("main", FromEnvironment(LIVE), Replayed(Migrations(folder), FromEnvironment(SHADOW)))
    recorded = "CREATE TABLE schema_migrations (version text); GRANT SELECT ON schema_migrations TO PUBLIC;"
    recorded += "INSERT INTO schema_migrations VALUES ('1')"
    without = REPORTS.replace(", note text", "") + KEY
    link = world.judged(f"{without}{recorded}, ('2')", declared)
    assert link.status is Status.PASS, says(link)
    link = world.judged(f"{REPORTS}{KEY}{recorded}", declared)
    assert link.status is Status.WAITING, says(link)
