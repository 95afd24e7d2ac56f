"""What the run-time role may do, and where it looks for tables, over a real PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from signoff.model.judgement import Status
from signoff.model.report import LinkReport
from support.local_chain import codes, told
from support.postgres import Cluster
from support.repositories import Clone
from support.schema import KEY, MAIN, REPORTS, UPSERT, judged, urls

KEEP = (
    "INSERT INTO reports (a, b, c, d, total) VALUES (1, 2, 3, 4, 5)"
    " ON CONFLICT (a, b, c, d) DO UPDATE SET total = excluded.total"
)
APP = "CREATE SCHEMA app; GRANT USAGE ON SCHEMA app TO PUBLIC; SET search_path = app;"


def lacks(link: LinkReport) -> list[str]:
    return [told(one.message) for one in link.findings if one.code == "schema/rights"]


def test_the_run_time_role_needs_to_be_there_and_to_have_its_rights(clone: Clone, postgres: Cluster) -> None:
    clone.commit({"web/store.py": UPSERT})
    database = postgres.database(REPORTS + KEY)
    link = judged(clone, urls(database), replace(MAIN, role="nobody_at_all"))
    assert codes(link) == {"schema/rights"}
    role = postgres.role()
    link = judged(clone, urls(database), replace(MAIN, role=role))
    (finding,) = [one for one in link.findings if one.severity == "error"]
    assert finding.code == "schema/rights"
    database.run(finding.fix.says.parts[0].outside)  # type: ignore[union-attr]
    assert judged(clone, urls(database), replace(MAIN, role=role)).status is Status.PASS
    database.run(KEEP, role=role)


def test_an_upsert_reads_its_target_and_updates_what_is_there(clone: Clone, postgres: Cluster) -> None:
    clone.commit({"web/store.py": UPSERT})
    database, role = postgres.database(REPORTS + KEY), postgres.role()
    database.run(f"GRANT INSERT ON reports TO {role}")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.run(KEEP, role=role)
    link = judged(clone, urls(database), replace(MAIN, role=role))
    assert link.status is Status.FAIL
    assert lacks(link) == [f"«{role}» lacks SELECT, UPDATE on «public.reports», and the code needs it"]


ORM = """from sqlalchemy.dialects.postgresql import insert
class Report(Base):
    __tablename__ = "reports"
    a = mapped_column(Integer)
    b, c, d = mapped_column(Integer), mapped_column(Integer), mapped_column(Integer)
def keep(c, rows):
    c.execute(insert(Report).values(rows).{})
"""


@pytest.mark.parametrize(
    ("call", "rights"),
    [
        ('on_conflict_do_update(index_elements=["a", "b", "c", "d"], set_={"total": 1})', "INSERT, SELECT, UPDATE"),
        ('on_conflict_do_nothing(index_elements=["a", "b", "c", "d"])', "INSERT, SELECT"),
    ],
)
def test_an_upsert_of_an_orm_takes_the_rights_that_its_statement_takes(
    call: str, rights: str, clone: Clone, postgres: Cluster
) -> None:
    clone.commit({"web/store.py": ORM.replace("{}", call)})
    reports = "CREATE TABLE reports (a int, b int, c int, d int, total int);"
    database, role = postgres.database(reports + KEY), postgres.role()
    link = judged(clone, urls(database), replace(MAIN, role=role))
    assert lacks(link) == [f"«{role}» lacks {rights} on «public.reports», and the code needs it"]
    database.run(f"GRANT {rights} ON reports TO {role}")
    assert judged(clone, urls(database), replace(MAIN, role=role)).status is Status.PASS


@pytest.mark.parametrize(
    ("statement", "right"),
    [
        ("SELECT a FROM reports", "SELECT"),
        ("INSERT INTO reports (a) VALUES (1)", "INSERT"),
        ("UPDATE reports SET total = 1", "UPDATE"),
        ("DELETE FROM reports", "DELETE"),
        ("INSERT INTO archive (a) SELECT a FROM reports", "SELECT"),
        ("WITH gone AS (DELETE FROM reports RETURNING a) SELECT a FROM gone", "DELETE"),
    ],
)
def test_each_statement_takes_its_own_right(statement: str, right: str, clone: Clone, postgres: Cluster) -> None:
    clone.commit({"web/store.py": f"def go(c):\n    return c.fetch({statement!r})\n"})
    database, role = postgres.database(REPORTS + "CREATE TABLE archive (a int)"), postgres.role()
    database.run(f"GRANT ALL ON archive TO {role}")
    link = judged(clone, urls(database), replace(MAIN, role=role))
    assert lacks(link) == [f"«{role}» lacks {right} on «public.reports», and the code needs it"]
    database.run(f"GRANT {right} ON reports TO {role}")
    assert judged(clone, urls(database), replace(MAIN, role=role)).status is Status.PASS


def test_an_insert_that_leaves_a_serial_column_out_takes_its_sequence_too(clone: Clone, postgres: Cluster) -> None:
    insert = "INSERT INTO days (a) VALUES (1)"
    clone.commit({"web/store.py": f"def go(c):\n    return c.execute('{insert}')\n"})
    database, role = postgres.database("CREATE TABLE days (id serial, a int)"), postgres.role()
    database.run(f"GRANT INSERT ON days TO {role}")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.run(insert, role=role)
    link = judged(clone, urls(database), replace(MAIN, role=role))
    assert lacks(link) == [f"«{role}» lacks USAGE of its sequences on «public.days», and the code needs it"]
    (finding,) = [one for one in link.findings if one.code == "schema/rights"]
    database.run(finding.fix.says.parts[0].outside)  # type: ignore[union-attr]
    database.run(insert, role=role)
    assert judged(clone, urls(database), replace(MAIN, role=role)).status is Status.PASS


@pytest.mark.parametrize(
    ("table", "insert"),
    [
        ("id int GENERATED BY DEFAULT AS IDENTITY, a int", "INSERT INTO days (a) VALUES (1)"),
        ("id serial, a int", "INSERT INTO days (id, a) VALUES (1, 1)"),
    ],
)
def test_an_insert_that_asks_no_sequence_takes_no_right_on_one(
    table: str, insert: str, clone: Clone, postgres: Cluster
) -> None:
    clone.commit({"web/store.py": f"def go(c):\n    return c.execute('{insert}')\n"})
    database, role = postgres.database(f"CREATE TABLE days ({table})"), postgres.role()
    database.run(f"GRANT INSERT ON days TO {role}")
    database.run(insert, role=role)
    assert judged(clone, urls(database), replace(MAIN, role=role)).status is Status.PASS


def test_names_are_looked_for_where_the_run_time_role_looks(clone: Clone, postgres: Cluster) -> None:
    """A stale twin in public is not what the role's statements reach."""
    clone.commit({"web/store.py": UPSERT})
    role = postgres.role()
    rights = (
        f"GRANT ALL ON ALL TABLES IN SCHEMA app, public TO {role}; ALTER ROLE {role} SET search_path = app, public;"
    )
    sound = postgres.database(f"{REPORTS}{APP}{REPORTS}{KEY}{rights}")
    assert judged(clone, urls(sound), replace(MAIN, role=role)).status is Status.PASS
    stale = postgres.database(f"{REPORTS}{KEY}{APP}{REPORTS}{rights}")
    assert "schema/no-unique-index" in codes(judged(clone, urls(stale), replace(MAIN, role=role)))


def test_a_schema_of_the_run_time_roles_own_name_is_where_it_looks_first(clone: Clone, postgres: Cluster) -> None:
    clone.commit({"web/store.py": UPSERT})
    role = postgres.role()
    own = APP.replace("app", role)
    live = postgres.database(f"{own}{REPORTS}{KEY}GRANT ALL ON ALL TABLES IN SCHEMA {role} TO {role}")
    assert judged(clone, urls(live), replace(MAIN, role=role)).status is Status.PASS


def test_a_table_beside_the_search_path_of_the_asking_role_is_not_verified(clone: Clone, postgres: Cluster) -> None:
    clone.commit({"web/store.py": UPSERT, "web/days.py": "def days(c):\n    return c.fetch('SELECT a FROM days')\n"})
    live = urls(postgres.database(f"{APP}{REPORTS}{KEY}CREATE TABLE days (a int)"))
    link = judged(clone, live)
    assert link.status is Status.UNKNOWN
    assert codes(link) == {"schema/not-verified"}
    said = {told(one.message) for one in link.findings}
    assert "the table «days» is in the schema «app», where the role that asks does not look" in said
    assert judged(clone, live, replace(MAIN, search_path=("app",))).status is Status.PASS
    assert judged(clone, live, replace(MAIN, search_path=("public",))).status is Status.FAIL
