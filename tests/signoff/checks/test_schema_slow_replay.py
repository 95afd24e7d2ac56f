"""Migrations whose replay takes longer than a look may take."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from signoff import walk as walking
from signoff.boundary import Boundary
from signoff.chain import CHECKS
from signoff.model.judgement import Link, Status
from signoff.model.report import LinkReport
from signoff.model.subject import Workload, WorkloadName
from signoff.survey import Survey
from signoff.systems import Systems
from signoff.systems.postgres import shadows as shadows_of
from support import postgres as servers
from support.local_chain import NOW, subject, told
from support.replays import FOLDER, World
from support.repositories import Clone
from support.schema import KEY, REPORTS

LOOK = 5.0
"""Seconds that a look takes at most: much longer than making the shadow takes, shorter than the migration."""
SLOW = f"SELECT pg_sleep({LOOK + 3});"


async def looked(clone: Clone, made: Systems, said: list[str], seconds: float | None = None) -> LinkReport:
    """One look with connections that go on living. `said`: what it tells meanwhile."""
    web = Workload(WorkloadName("web"), "service", "web", ("web/**",), database=FOLDER)

    async def nobody(_: Survey) -> Mapping[WorkloadName, walking.Overview]:
        return {}

    def progress(_done: int, _total: int | None, message: str) -> None:
        said.append(message)

    async with Survey(subject(clone, web), made, NOW) as survey:
        checks = [check for check in CHECKS if check.name == "schema"]
        report = await walking.walk(survey, checks, nobody, progress=progress, seconds=seconds)
        return report.workloads[0].links[Link.SCHEMA]


async def test_a_replay_that_takes_longer_than_a_look_goes_on_and_the_next_look_finds_it(
    clone: Clone, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone.commit({"db/migrations/001_reports.sql": REPORTS + SLOW, "db/migrations/002_key.sql": KEY})
    monkeypatch.setattr(walking, "PATIENCE", 0.2)
    said: list[str] = []
    made = Systems(Boundary(), clone.path, environment=world.environment(REPORTS + KEY))
    try:
        first = await looked(clone, made, said, seconds=LOOK)
        assert (first.status, first.waits_on) == (Status.WAITING, "time")
        assert told(first.reason) == (
            "not finished within 5 s (main: 1 of 3 statements replayed): ask again, or run signoff check schema,"
            " which has no such limit"
        )
        assert "main: 1 of 3 statements replayed" in said
        second = await looked(clone, made, said)
        assert second.status is Status.PASS, told(second.reason)
        assert made.boundary.calls["postgres", "replay"] == 1
        assert made.under_way == ()
    finally:
        await made.close()


async def test_a_replay_that_nobody_will_ask_about_again_ends_with_what_it_made(clone: Clone, world: World) -> None:
    clone.commit({"db/migrations/001_reports.sql": REPORTS + "SELECT pg_sleep(60);"})
    made = Systems(Boundary(), clone.path, environment=world.environment(REPORTS + KEY))
    await looked(clone, made, [], seconds=LOOK)
    assert made.under_way
    await made.close()
    assert made.under_way == ()
    assert (
        servers.Database(world.shadows, "postgres").rows(
            "SELECT datname::text FROM pg_database WHERE datname LIKE 'signoff%'"
        )
        == []
    )


async def test_a_replay_that_never_ends_is_unknown_and_says_what_to_do(
    clone: Clone, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone.commit({"db/migrations/001_reports.sql": REPORTS + "SELECT pg_sleep(60);"})
    monkeypatch.setattr(shadows_of, "SECONDS", LOOK)
    made = Systems(Boundary(), clone.path, environment=world.environment(REPORTS + KEY))
    try:
        link = await looked(clone, made, [])
    finally:
        await made.close()
    assert link.status is Status.UNKNOWN
    assert "was not there within 5 s (main: 1 of 2 statements replayed): commit a dump" in told(link.reason)
