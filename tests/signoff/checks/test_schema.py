"""The link `schema` over a real repository and a real PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.model.database_use import NoDatabase
from signoff.model.judgement import Status
from signoff.model.report import LinkReport
from support.local_chain import codes, notes, project_at, told
from support.postgres import Cluster
from support.repositories import Clone
from support.schema import COMPARED, KEY, LIVE, REPORTS, UPSERT, judged, urls


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    made = project_at(tmp_path, monkeypatch)
    made.commit({"web/store.py": UPSERT})
    return made


def says(link: LinkReport) -> str:
    return " | ".join(told(finding.message) for finding in link.findings)


def test_an_upsert_with_its_unique_index_passes(clone: Clone, postgres: Cluster) -> None:
    link = judged(clone, urls(postgres.database(REPORTS + KEY)))
    assert link.status is Status.PASS
    assert "every ON CONFLICT (1) has its unique index" in told(link.reason)


def test_an_index_that_if_not_exists_kept_is_the_cause_and_the_cure_is_in_order(
    clone: Clone, postgres: Cluster
) -> None:
    kept = REPORTS + "CREATE UNIQUE INDEX reports_key ON reports (a, b);" + KEY.replace("INDEX", "INDEX IF NOT EXISTS")
    link = judged(clone, urls(postgres.database(kept)))
    assert link.status is Status.FAIL
    (finding,) = [one for one in link.findings if one.severity == "error"]
    assert finding.code == "schema/no-unique-index"
    assert told(finding.message) == (
        "ON CONFLICT («a, b, c, d») on «reports» has no unique index to go by: the index «reports_key» has «(a, b)»"
    )
    assert finding.location is not None
    assert (finding.location.path, finding.location.line) == ("web/store.py", 7)
    fix = told(finding.fix.says)  # type: ignore[union-attr]
    assert fix.index("CREATE UNIQUE INDEX CONCURRENTLY") < fix.index("DROP INDEX CONCURRENTLY")


def test_with_an_expected_schema_the_cure_has_the_indexs_own_name(clone: Clone, postgres: Cluster) -> None:
    wanted = postgres.database(REPORTS + KEY)
    kept = postgres.database(REPORTS + "CREATE UNIQUE INDEX reports_key ON reports (a, b);")
    link = judged(clone, urls(kept, wanted), COMPARED)
    (finding,) = [one for one in link.findings if one.severity == "error"]
    cure = finding.fix.says.parts[0].outside  # type: ignore[union-attr]
    for statement in cure.split("; "):
        kept.run(statement)
    assert judged(clone, urls(kept, wanted), COMPARED).status is Status.PASS
    assert kept.rows("SELECT indexdef FROM pg_indexes WHERE tablename = 'reports'") == [
        ("CREATE UNIQUE INDEX reports_key ON public.reports USING btree (a, b, c, d)",)
    ]


@pytest.mark.parametrize(
    ("index", "why"),
    [
        ("CREATE UNIQUE INDEX k ON reports (a, b, c, d) WHERE total > 0", "only WHERE"),
        ("ALTER TABLE reports ADD CONSTRAINT k UNIQUE (a, b, c, d) DEFERRABLE", "is deferrable"),
        (
            "CREATE UNIQUE INDEX k ON reports (a, b, c, d);"
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'k'::regclass",
            "is invalid",
        ),
        ("CREATE INDEX k ON reports (a, b, c, d)", "has no unique index to go by"),
    ],
)
def test_an_index_that_is_no_match_is_said_to_be_none_and_why(
    clone: Clone, postgres: Cluster, index: str, why: str
) -> None:
    link = judged(clone, urls(postgres.database(f"{REPORTS}{index}")))
    assert codes(link) - {"schema/nothing-expected"} == {"schema/no-unique-index"}
    assert why in says(link)


@pytest.mark.parametrize(
    "index",
    [
        "CREATE UNIQUE INDEX other_name ON reports (d, c, b, a)",
        "ALTER TABLE reports ADD CONSTRAINT k UNIQUE (a, b, c, d)",
        "ALTER TABLE reports ADD PRIMARY KEY (a, b, c, d)",
        "CREATE UNIQUE INDEX k ON reports (a, b, c, d) INCLUDE (note)",
    ],
)
def test_an_equivalent_index_is_healthy(clone: Clone, postgres: Cluster, index: str) -> None:
    assert judged(clone, urls(postgres.database(f"{REPORTS}{index}"))).status is Status.PASS


def test_a_table_that_is_not_there_fails_with_the_line_that_needs_it(clone: Clone, postgres: Cluster) -> None:
    link = judged(clone, urls(postgres.database()))
    assert codes(link) == {"schema/missing"}
    assert "no such table" in says(link)


def test_a_table_of_a_schema_that_the_role_may_not_use_is_not_verified(clone: Clone, postgres: Cluster) -> None:
    hidden = "CREATE SCHEMA app;" + (REPORTS + KEY).replace("reports", "app.reports").replace("app.reports_key", "k")
    link = judged(clone, urls(postgres.database(hidden)))
    assert link.status is Status.UNKNOWN
    assert codes(link) == {"schema/not-verified"}


def test_a_table_that_is_only_read_and_in_such_a_schema_is_not_verified_either(clone: Clone, postgres: Cluster) -> None:
    clone.commit({"web/notes.py": "async def notes(c):\n    return await c.fetch('SELECT day FROM days')\n"})
    live = postgres.database(REPORTS + KEY + "CREATE SCHEMA app; CREATE TABLE app.days (day date)")
    link = judged(clone, urls(live))
    assert link.status is Status.UNKNOWN
    assert "the table «days» is in a schema that the role which asks may not use" in says(link)


def test_a_table_that_is_locked_is_waited_for(clone: Clone, postgres: Cluster) -> None:
    database = postgres.database(REPORTS + KEY)
    with database.connect() as holder, holder.transaction():
        holder.execute("LOCK TABLE reports IN SHARE MODE")  # as CREATE INDEX holds it
        link = judged(clone, urls(database))
    assert link.status is Status.WAITING
    assert link.waits_on == "time"


def test_an_index_that_is_being_built_is_waited_for(clone: Clone, postgres: Cluster) -> None:
    half = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'reports_key'::regclass"
    database = postgres.database(f"{REPORTS}{KEY}{half}")
    with database.connect() as builder, builder.transaction():
        builder.execute("LOCK TABLE reports IN SHARE UPDATE EXCLUSIVE MODE")  # as CONCURRENTLY holds it
        link = judged(clone, urls(database))
    assert link.status is Status.WAITING
    assert "is being built" in says(link)
    assert judged(clone, urls(database)).status is Status.FAIL


def test_a_missing_column_fails_only_where_the_code_names_it(clone: Clone, postgres: Cluster) -> None:
    wanted = postgres.database(REPORTS + KEY)
    live = postgres.database((REPORTS + KEY).replace(", note text", ""))
    link = judged(clone, urls(live, wanted), COMPARED)
    assert link.status is Status.PASS
    assert notes(link) == {"schema/drift"}
    clone.commit({"web/notes.py": "SQL = 'SELECT note FROM reports'\n"})
    link = judged(clone, urls(live, wanted), COMPARED)
    assert codes(link) == {"schema/missing"}
    (finding,) = [one for one in link.findings if one.severity == "error"]
    assert finding.location is not None
    assert (finding.location.path, finding.location.line) == ("web/notes.py", 1)
    assert told(finding.fix.says) == "«ALTER TABLE public.reports ADD COLUMN note text;»"  # type: ignore[union-attr]


def test_what_the_database_has_ahead_of_the_code_is_only_told(clone: Clone, postgres: Cluster) -> None:
    wanted = postgres.database(REPORTS + KEY)
    live = postgres.database(REPORTS + KEY + "ALTER TABLE reports ADD later text; CREATE TABLE next (id int)")
    link = judged(clone, urls(live, wanted), COMPARED)
    assert link.status is Status.PASS
    assert len(link.findings) == 2


def test_an_upsert_that_is_put_together_at_run_time_is_never_taken_for_healthy(clone: Clone, postgres: Cluster) -> None:
    upsert = "INSERT INTO reports (a) VALUES (1) ON CONFLICT ({columns}) DO NOTHING"
    dynamic = f"def put(c, columns):\n    c.execute(f'{upsert}')\n"
    clone.commit({"web/dynamic.py": dynamic})
    link = judged(clone, urls(postgres.database(REPORTS + KEY)))
    assert link.status is Status.UNKNOWN
    assert "schema/not-checkable" in codes(link)


def test_without_a_declaration_the_line_to_add_is_said(clone: Clone) -> None:
    link = judged(clone, {}, None)
    assert link.status is Status.UNKNOWN
    assert codes(link) == {"schema/undeclared"}
    assert "[workloads.web]" in told(link.findings[0].fix.says)  # type: ignore[union-attr]


def test_a_person_may_say_that_there_is_none(clone: Clone) -> None:
    link = judged(clone, {}, NoDatabase("the upserts go to SQLite"))
    assert link.status is Status.SKIPPED
    assert "the upserts go to SQLite" in told(link.reason)


def test_a_connection_url_that_is_not_set_is_named(clone: Clone) -> None:
    link = judged(clone, {})
    assert link.status is Status.UNKNOWN
    assert f"environment variable {LIVE} is not set" in told(link.reason)


def test_migrations_without_anything_expected_are_unknown(clone: Clone, postgres: Cluster) -> None:
    clone.commit({"web/migrations/001_reports.sql": REPORTS})
    link = judged(clone, urls(postgres.database(REPORTS + KEY)))
    assert link.status is Status.UNKNOWN
    assert "add expected" in told(link.reason)


def test_a_role_that_may_write_is_told(clone: Clone, postgres: Cluster) -> None:
    database = postgres.database(REPORTS + KEY)
    role = postgres.role()
    database.run(f"GRANT INSERT ON reports TO {role}")
    link = judged(clone, {LIVE: database.dsn(role)})
    assert link.status is Status.PASS
    assert notes(link) == {"schema/writable"}


def test_a_column_that_the_code_names_has_to_be_there_also_where_nothing_is_expected(
    clone: Clone, postgres: Cluster
) -> None:
    live = postgres.database((REPORTS + KEY).replace(", note text", ""))
    passing = judged(clone, urls(live))
    assert passing.status is Status.PASS
    assert "that the code names are there" in told(passing.reason)
    clone.commit({"web/notes.py": "async def notes(c):\n    return await c.fetch('SELECT note FROM reports')\n"})
    link = judged(clone, urls(live))
    assert codes(link) == {"schema/missing"}
    assert says(link) == "the code uses «note» of the table «reports», and it has no such column"
    assert link.findings[0].location is not None
    assert (link.findings[0].location.path, link.findings[0].location.line) == ("web/notes.py", 2)


def test_a_table_of_another_kind_of_database_is_only_told_where_the_expected_schema_lacks_it_too(
    clone: Clone, postgres: Cluster
) -> None:
    clone.commit({"web/other.py": "def rows(c):\n    return c.execute('SELECT day FROM warehouse_days')\n"})
    live = postgres.database(REPORTS + KEY)
    assert codes(judged(clone, urls(live))) == {"schema/missing"}
    link = judged(clone, urls(live, postgres.database(template=live)), COMPARED)
    assert link.status is Status.PASS
    assert codes(link) == {"schema/drift"}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("id serial PRIMARY KEY, a int", "id int PRIMARY KEY, a int"),
        ("id int, a int", "id int NOT NULL, a int"),
        ("a int", "id int NOT NULL, a int"),
    ],
)
def test_what_every_insert_has_to_give_fails_for_workloads_that_insert(
    wanted: str, found: str, clone: Clone, postgres: Cluster
) -> None:
    expected, live = (
        postgres.database(f"CREATE TABLE days ({wanted})"),
        postgres.database(f"CREATE TABLE days ({found})"),
    )
    for statement, status in (("INSERT INTO days (a) VALUES (1)", Status.FAIL), ("SELECT a FROM days", Status.PASS)):
        clone.commit({"web/store.py": f"def go(c):\n    return c.execute('{statement}')\n"})
        assert judged(clone, urls(live, expected), COMPARED).status is status, statement


CITEXT = (
    "CREATE TABLE days (a citext, b citext[] NOT NULL, CHECK (a <> 'q'));"
    "CREATE UNIQUE INDEX d ON days (a) WHERE a = 'k'"
)


def test_the_schema_that_an_extension_is_in_makes_no_difference(clone: Clone, postgres: Cluster) -> None:
    clone.commit({"web/store.py": "def go(c):\n    return c.fetch('SELECT a, b FROM days')\n"})
    expected = postgres.database(f"CREATE EXTENSION citext; {CITEXT}")
    apart = 'CREATE SCHEMA "my ext"; CREATE EXTENSION citext SCHEMA "my ext"; SET search_path = public, "my ext";'
    link = judged(clone, urls(postgres.database(f"{apart}{CITEXT}"), expected), COMPARED)
    assert link.status is Status.PASS
    assert codes(link) == set()
    drifted = postgres.database(apart + CITEXT.replace("a citext", "a text"))
    assert judged(clone, urls(drifted, expected), COMPARED).status is Status.FAIL


def test_a_name_that_no_extension_brought_keeps_its_schema(clone: Clone, postgres: Cluster) -> None:
    clone.commit({"web/store.py": "def go(c):\n    return c.fetch('SELECT mood FROM days')\n"})
    made = "CREATE EXTENSION citext; CREATE SCHEMA other; CREATE TYPE mood AS ENUM ('a');"
    made += "CREATE TYPE other.mood AS ENUM ('a'); CREATE TABLE days (mood {}mood)"
    live, expected = postgres.database(made.format("other.")), postgres.database(made.format(""))
    assert judged(clone, urls(live, expected), COMPARED).status is Status.FAIL


STAGED = """\
async def load(c, rows):
    await c.execute("CREATE TEMP TABLE stage (a int PRIMARY KEY) ON COMMIT DROP")
    await c.execute("INSERT INTO stage (a) VALUES ($1) ON CONFLICT (a) DO NOTHING", rows)
    await c.execute("INSERT INTO days (a) SELECT a FROM stage")
"""


def test_a_temporary_table_of_the_code_is_not_looked_for(clone: Clone, postgres: Cluster) -> None:
    clone.commit({"web/store.py": STAGED})
    live = postgres.database("CREATE TABLE days (a int)")
    assert judged(clone, urls(live)).status is Status.PASS
    clone.commit({"web/store.py": STAGED.replace("TEMP ", "").replace(" ON COMMIT DROP", "")})
    link = judged(clone, urls(live))
    assert link.status is Status.UNKNOWN
    assert codes(link) == {"schema/not-verified"}
    assert "the code makes the table «stage» itself where it is not there, and it is not there" in says(link)
    clone.commit({"web/store.py": STAGED.replace("CREATE TEMP TABLE", "TRUNCATE")})
    assert judged(clone, urls(live)).status is Status.FAIL


def test_a_temporary_table_of_a_script_of_sql_is_not_looked_for(clone: Clone, postgres: Cluster) -> None:
    script = (
        "CREATE TEMP TABLE stage (a int);\nINSERT INTO stage (a) VALUES (1);\nINSERT INTO days SELECT a FROM stage;\n"
    )
    clone.commit({"web/load.sql": script})
    live = postgres.database(f"{REPORTS}{KEY}CREATE TABLE days (a int)")
    assert judged(clone, urls(live)).status is Status.PASS
    clone.commit({"web/load.sql": script.replace("TEMP ", "")})
    assert judged(clone, urls(live)).status is Status.FAIL


@pytest.mark.parametrize(
    "text",
    [
        "import sqlite3\ndef keep(c):\n    c.execute('INSERT INTO cache (k) VALUES (1) ON CONFLICT (k) DO NOTHING')\n",
        "from google.cloud import bigquery\ndef rows(c):\n    return c.query('SELECT day FROM games')\n",
        "import logging\nlogging.info('select from menu')\nlogging.info('select a date from calendar')\n",
        "WARNING = 'DELETE FROM your account'\n",
    ],
)
def test_what_is_not_asked_of_this_database_is_not_looked_for_in_it(text: str, clone: Clone, postgres: Cluster) -> None:
    live = postgres.database("CREATE TABLE days (a int)")
    ours = "import asyncpg\nasync def days(c):\n    return await c.fetch('SELECT a FROM days')\n"
    clone.commit({"web/store.py": ours, "web/other.py": text})
    link = judged(clone, urls(live))
    assert link.status is Status.PASS, says(link)
