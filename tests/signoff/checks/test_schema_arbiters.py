"""Indexes that the planner takes and that the statement fails with, over a real PostgreSQL."""

from __future__ import annotations

import psycopg
import pytest

from signoff.model.judgement import Status
from signoff.model.report import LinkReport
from support.local_chain import codes, told
from support.postgres import Cluster, Database
from support.repositories import Clone
from support.schema import judged, urls

DAYS = "CREATE TABLE days (a int, b int, during int4range, {});"
KEEP = "INSERT INTO days (a, b, during) VALUES (1, 2, '[1,2]') ON CONFLICT {}"


def explained_and_run(database: Database, statement: str) -> None:
    """The planner takes it; psycopg's error where it then fails."""
    database.rows(f"EXPLAIN {statement}")
    database.run(statement)


def link_of(clone: Clone, database: Database, statement: str) -> LinkReport:
    clone.commit({"web/store.py": f"def go(c):\n    return c.execute({statement!r})\n"})
    return judged(clone, urls(database))


@pytest.mark.parametrize("key", ["UNIQUE (a, b)", "PRIMARY KEY (a, b)"])
@pytest.mark.parametrize("partitioned", [False, True])
@pytest.mark.parametrize(
    "target", ["(a, b) DO NOTHING", "(b, a) DO UPDATE SET during = NULL", "ON CONSTRAINT k DO NOTHING"]
)
def test_a_deferrable_constraint_fails_though_the_planner_takes_it_and_the_cure_mends_it(
    target: str, partitioned: bool, key: str, clone: Clone, postgres: Cluster
) -> None:
    days = DAYS.format(f"CONSTRAINT k {key} DEFERRABLE INITIALLY DEFERRED")
    if partitioned:
        days = days[:-1] + " PARTITION BY RANGE (a); CREATE TABLE all_days PARTITION OF days DEFAULT;"
    database, statement = postgres.database(days), KEEP.format(target)
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        explained_and_run(database, statement)
    link = link_of(clone, database, statement)
    (finding,) = [one for one in link.findings if one.severity == "error"]
    assert finding.code == "schema/no-unique-index"
    assert told(finding.message).endswith("fails when it runs: «k» is deferrable")
    for one in finding.fix.says.parts[0].outside.split("; "):  # type: ignore[union-attr]
        database.run(one)
    explained_and_run(database, statement)
    assert judged(clone, urls(database)).status is Status.PASS


def test_a_second_index_over_the_same_columns_does_not_help_a_deferrable_one(clone: Clone, postgres: Cluster) -> None:
    days = DAYS.format("CONSTRAINT k UNIQUE (a, b) DEFERRABLE") + "CREATE UNIQUE INDEX other ON days (a, b);"
    database, statement = postgres.database(days), KEEP.format("(a, b) DO NOTHING")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        explained_and_run(database, statement)
    assert "schema/no-unique-index" in codes(link_of(clone, database, statement))


def test_an_update_over_an_exclusion_constraint_fails_and_doing_nothing_passes(clone: Clone, postgres: Cluster) -> None:
    database = postgres.database(DAYS.format("CONSTRAINT apart EXCLUDE USING gist (during WITH &&)"))
    nothing, update = (
        KEEP.format("ON CONSTRAINT apart DO NOTHING"),
        KEEP.format("ON CONSTRAINT apart DO UPDATE SET a=1"),
    )
    explained_and_run(database, nothing)
    assert link_of(clone, database, nothing).status is Status.PASS
    with pytest.raises(psycopg.errors.WrongObjectType):
        explained_and_run(database, update)
    link = link_of(clone, database, update)
    (finding,) = [one for one in link.findings if one.severity == "error"]
    assert finding.code == "schema/no-unique-index"
    assert "«apart» is an exclusion constraint, and DO UPDATE takes none" in told(finding.message)


def test_a_deferrable_exclusion_constraint_is_none_to_go_by(clone: Clone, postgres: Cluster) -> None:
    database = postgres.database(DAYS.format("CONSTRAINT apart EXCLUDE USING gist (during WITH &&) DEFERRABLE"))
    statement = KEEP.format("ON CONSTRAINT apart DO NOTHING")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        explained_and_run(database, statement)
    assert "schema/no-unique-index" in codes(link_of(clone, database, statement))
