"""The replay of migrations and the table of versions, each broken: what is not known is never taken for health."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from signoff.boundary import Boundary, Fault, Policy, Question
from signoff.model.database_use import Database, FromEnvironment, Migrations, Replayed
from signoff.model.judgement import Status
from signoff.walk import CRASHED
from support.local_chain import project_at
from support.postgres import Cluster
from support.repositories import Clone
from support.schema import KEY, LIVE, REPORTS, UPSERT, judged

FAULTS: tuple[Fault, ...] = ("denied", "timeout", "unreachable", "malformed", "incomplete", "empty", "half")
DATABASE = Database("main", FromEnvironment(LIVE), Replayed(Migrations("web/migrations")))
RECORD = "CREATE TABLE schema_migrations (version text); INSERT INTO schema_migrations VALUES ('001');"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    made = project_at(tmp_path, monkeypatch)
    made.commit({"web/store.py": UPSERT, "web/migrations/001_reports.sql": REPORTS + KEY})
    return made


def test_no_broken_answer_about_migrations_passes(clone: Clone, postgres: Cluster) -> None:
    live = postgres.database(REPORTS + KEY + RECORD)
    role = postgres.role()
    live.run(f"GRANT pg_read_all_data TO {role}")
    environment = {LIVE: live.dsn(role)}
    link = judged(clone, environment, DATABASE)
    assert (link.status, link.findings) == (Status.PASS, ())
    kept = Path(os.environ["SIGNOFF_STATE"], "schemas")
    for operation in ("replay", "migrations"):
        for fault in FAULTS:
            asked: list[str] = []

            def plant(question: Question, operation: str = operation, fault: Fault = fault) -> Fault | None:
                if (question.system, question.operation) != ("postgres", operation):
                    return None
                asked.append(operation)  # noqa: B023 (used at once)
                return fault

            if operation == "replay":
                shutil.rmtree(kept)
            link = judged(clone, environment, DATABASE, Boundary(policy=Policy(tries=1), plant=plant))
            assert link.status is Status.UNKNOWN, (operation, fault)
            assert CRASHED not in {one.code for one in link.findings}
            assert asked
            kept.mkdir(parents=True, exist_ok=True)
