"""Every outside call of the link `schema`, broken in turn: drift never passes, and health is never taken on trust."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from signoff.boundary import Boundary, Fault, Policy, Question
from signoff.model.judgement import Status
from signoff.model.report import LinkReport
from signoff.walk import CRASHED
from support.local_chain import project_at
from support.postgres import Cluster
from support.repositories import Clone
from support.schema import COMPARED, KEY, REPORTS, UPSERT, judged, urls

FAULTS: tuple[Fault, ...] = ("denied", "timeout", "unreachable", "malformed", "incomplete", "empty", "half")
Call = tuple[str, str, str]


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    made = project_at(tmp_path, monkeypatch)
    notes = "async def notes(c):\n    return await c.fetch('SELECT note FROM reports')\n"
    made.commit({"web/store.py": UPSERT, "web/notes.py": notes})
    return made


def call(question: Question) -> Call:
    return question.system, question.operation, str(question.resource)


def met(clone: Clone, environment: Mapping[str, str]) -> tuple[LinkReport, list[Call]]:
    """The link in a clean look, and the calls that it made."""
    calls: dict[Call, None] = {}

    def note(question: Question) -> None:
        calls[call(question)] = None

    link = judged(clone, environment, COMPARED, Boundary(plant=note))
    assert {one[:2] for one in calls if one[0] == "postgres"} == {("postgres", "snapshot"), ("postgres", "explain")}
    assert len(calls) >= 5
    return link, list(calls)


def broken(clone: Clone, environment: Mapping[str, str], fault: Fault, at: Call) -> LinkReport:
    plant: Callable[[Question], Fault | None] = lambda question: fault if call(question) == at else None  # noqa: E731
    link = judged(clone, environment, COMPARED, Boundary(policy=Policy(tries=1), plant=plant))
    assert CRASHED not in {one.code for one in link.findings}, at
    return link


@pytest.mark.parametrize("fault", FAULTS)
def test_no_broken_answer_makes_a_drifted_database_pass(clone: Clone, postgres: Cluster, fault: Fault) -> None:
    kept = REPORTS + "CREATE UNIQUE INDEX reports_key ON reports (a, b);"
    environment = urls(postgres.database(kept.replace(", note text", "")), postgres.database(REPORTS + KEY))
    link, calls = met(clone, environment)
    assert link.status is Status.FAIL
    for at in calls:
        assert broken(clone, environment, fault, at).status in {Status.FAIL, Status.UNKNOWN}, at


@pytest.mark.parametrize("fault", FAULTS)
def test_without_an_answer_a_healthy_database_is_not_proven(clone: Clone, postgres: Cluster, fault: Fault) -> None:
    live = postgres.database(REPORTS + KEY)
    environment = urls(live, postgres.database(template=live))
    link, calls = met(clone, environment)
    assert link.status is Status.PASS
    for at in calls:
        assert broken(clone, environment, fault, at).status is Status.UNKNOWN, at
