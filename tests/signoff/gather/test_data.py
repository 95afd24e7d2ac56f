"""Rows, trackers and the commits that rows name, gathered over a real repository, a real SQLite and a Firestore."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import grpc
import pytest

from signoff.boundary import Boundary, Fault
from signoff.checks.fresh import TRACKER_BEHIND, judge
from signoff.checks.written_by import OLD_CODE, UNKNOWN_CODE
from signoff.gather.data import data
from signoff.model.data import DataCheck, FirestoreDocument, Rows, SqliteFile, Tracker
from signoff.model.judgement import Judgement, Status
from support.firestore import running_firestore
from support.local_chain import JOB, NOW, project_at, survey
from support.repositories import Clone

CHECK = DataCheck("games", SqliteFile("games.sqlite"), Rows(table="games"), "at", timedelta(hours=26))


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    made = project_at(tmp_path, monkeypatch)
    made.commit({"job/main.py": "new = 1\n"})
    made.push()
    return made


def written(clone: Clone, rows: Sequence[tuple[float, str | None]]) -> None:
    """Rows by hours before now, and the commit that they name."""
    with sqlite3.connect(clone.path / "games.sqlite") as connection:
        connection.execute("CREATE TABLE games (at TEXT, code TEXT)")
        moments = [((NOW - timedelta(hours=ago)).isoformat(), code) for ago, code in rows]
        connection.executemany("INSERT INTO games VALUES (?, ?)", moments)


async def judged(clone: Clone, check: DataCheck = CHECK) -> Judgement:
    job = replace(JOB, data=(check,))
    asked = survey(clone, job)
    try:
        async with asked:
            return judge(job, await data(asked, job))
    finally:
        await asked.systems.close()


def codes(judgement: Judgement) -> list[str]:
    return [finding.code for finding in judgement.findings]


BY_COMMIT = replace(CHECK, commit="code")


async def test_rows_that_a_backfill_of_the_old_code_wrote_after_the_change_are_found(clone: Clone) -> None:
    """Incident F4: the fix is committed, the backfill runs, and the deploy comes after it."""
    written(clone, [(0.5, clone.head("HEAD~1")), (0.7, clone.head("HEAD~1"))])
    found = await judged(clone, BY_COMMIT)
    assert (found.status, codes(found)) == (Status.FAIL, [OLD_CODE])


async def test_rows_that_were_written_again_after_the_deploy_are_quiet(clone: Clone) -> None:
    written(clone, [(0.5, clone.head()[:12]), (0.7, clone.head())])
    found = await judged(clone, BY_COMMIT)
    assert (found.status, codes(found)) == (Status.PASS, [])


async def test_rows_of_a_later_commit_that_leaves_the_job_as_it_is_are_of_the_shipped_code(clone: Clone) -> None:
    mended = clone.head()
    clone.commit({"web/page.py": "other = 1\n"})
    clone.push()
    written(clone, [(0.5, mended)])
    assert (await judged(clone, BY_COMMIT)).status is Status.PASS


async def test_rows_that_name_no_commit_of_this_repository_are_unknown(clone: Clone) -> None:
    written(clone, [(0.5, "f" * 40)])
    found = await judged(clone, BY_COMMIT)
    assert (found.status, codes(found)) == (Status.UNKNOWN, [UNKNOWN_CODE])


async def test_rows_that_name_no_writer_are_unknown(clone: Clone) -> None:
    written(clone, [(0.5, None)])
    assert (await judged(clone, BY_COMMIT)).status is Status.UNKNOWN


TRACKED = replace(
    CHECK, tracker=Tracker(FirestoreDocument("acme-prod", "runs/{date}"), (("status", "complete"), ("done.all", True)))
)


@pytest.mark.parametrize(
    ("fields", "status", "found_codes"),
    [
        ({"status": "complete", "done": {"all": True}}, Status.PASS, []),
        ({"status": "complete", "done": {"all": False}}, Status.PASS, [TRACKER_BEHIND]),
        ({"status": "complete"}, Status.PASS, [TRACKER_BEHIND]),
        (None, Status.PASS, [TRACKER_BEHIND]),
    ],
)
async def test_the_document_of_the_day_that_is_due_is_read(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any] | None, status: Status, found_codes: list[str]
) -> None:
    written(clone, [(0.5, None)])
    async with running_firestore() as server:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", server.address)
        if fields is not None:
            server.documents[f"runs/{NOW.date().isoformat()}"] = fields
        found = await judged(clone, TRACKED)
        assert (found.status, codes(found)) == (status, found_codes)
        assert all(said.get("authorization") in {None, "Bearer owner"} for said in server.metadata)


@pytest.mark.parametrize("refusal", [grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAVAILABLE])
async def test_a_tracker_that_is_refused_is_unknown_and_not_behind(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, refusal: grpc.StatusCode
) -> None:
    written(clone, [(0.5, None)])
    async with running_firestore() as server:
        server.refuse = refusal
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", server.address)
        found = await judged(clone, TRACKED)
    assert found.status is Status.UNKNOWN


@pytest.mark.parametrize(("done", "found_codes"), [(1, []), (0, [TRACKER_BEHIND])])
async def test_a_tracker_may_be_a_table_beside_the_data(clone: Clone, done: int, found_codes: list[str]) -> None:
    written(clone, [(0.5, None)])
    with sqlite3.connect(clone.path / "games.sqlite") as connection:
        connection.execute("CREATE TABLE tracker AS SELECT ? AS done", (done,))
    found = await judged(clone, replace(CHECK, tracker=Tracker(Rows(table="tracker"), (("done", True),))))
    assert (found.status, codes(found)) == (Status.PASS, found_codes)


@pytest.mark.parametrize("fault", get_args(Fault))
async def test_no_answer_that_goes_wrong_on_its_way_makes_the_data_fresh(clone: Clone, fault: Fault) -> None:
    """Two groups, of which one is stale: whatever is lost of the answers, it never passes."""
    with sqlite3.connect(clone.path / "games.sqlite") as connection:
        connection.execute("CREATE TABLE games (at TEXT, code TEXT)")
        rows = [((NOW - timedelta(hours=ago)).isoformat(), code) for ago, code in ((1, "north"), (90, "south"))]
        connection.executemany("INSERT INTO games VALUES (?, ?)", rows)
    job = replace(JOB, data=(replace(CHECK, per="code"),))
    planted = Boundary(plant=lambda question: fault if question.system == "sqlite" else None)
    asked = survey(clone, job, boundary=planted)
    async with asked:
        found = judge(job, await data(asked, job))
    await asked.systems.close()
    assert found.status is Status.UNKNOWN


@pytest.mark.parametrize("system", ["sqlite", "git"])
@pytest.mark.parametrize("fault", get_args(Fault))
async def test_no_answer_that_goes_wrong_hides_rows_of_the_old_code(clone: Clone, fault: Fault, system: str) -> None:
    written(clone, [(0.3, clone.head()), (0.5, clone.head("HEAD~1"))])
    job = replace(JOB, data=(BY_COMMIT,))
    planted = Boundary(plant=lambda question: fault if question.system == system else None)
    asked = survey(clone, job, boundary=planted)
    async with asked:
        found = judge(job, await data(asked, job))
    await asked.systems.close()
    assert found.status in {Status.UNKNOWN, Status.FAIL}
