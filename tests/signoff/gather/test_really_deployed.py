"""The drift join on what the sandbox really built and runs: nothing planted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from google.cloud import run_v2

from signoff.checks import built, released, serving
from signoff.model.judgement import Link
from support.estate import JOB, WEB, Estate, codes, statuses, words
from support.repositories import Clone, Remote
from support.world import SERVICE, World, a_world

EXTRACTOR = replace(JOB, resource="extractor", inputs=("extractor/**", "shared/**"))


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(tmp_path_factory.mktemp("world"), "web", "extractor") as world:
        yield world


@pytest.fixture
def estate(shipped: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Estate:
    """The shared world as an estate; each test starts where its own commits are not yet."""
    for name, value in shipped.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SIGNOFF_STATE", str(tmp_path / "state"))
    return Estate(shipped.sandbox, "demo", Clone(shipped.clone, Remote(tmp_path / "unused")))


async def test_the_demo_is_green_then_behind_then_green_again(shipped: World, estate: Estate) -> None:
    first = await estate.report(WEB, EXTRACTOR)
    assert [statuses(one.links) for one in first.workloads] == [("pass", "pass", "pass")] * 2
    assert {one.serving for one in first.workloads} == {estate.clone.head()}
    commit = shipped.commit("shared/mapper.py", "NEWER = True\n")
    behind = await estate.report(WEB, EXTRACTOR)
    assert [statuses(one.links) for one in behind.workloads] == [("fail", "blocked", "blocked")] * 2
    assert codes(behind.workloads[0].links[Link.BUILT]) == [built.BEHIND]
    assert {one.wanted for one in behind.workloads} == {commit}
    shipped.git("revert", "--no-edit", "HEAD")
    shipped.git("push", "--quiet", "origin", "main")
    assert {statuses(one.links) for one in (await estate.report(WEB, EXTRACTOR)).workloads} == {("pass",) * 3}


async def test_a_deploy_onto_pinned_traffic_is_not_done(shipped: World, estate: Estate) -> None:
    async with _services(shipped) as services:
        service = await services.get_service(name=SERVICE)
        pinned = service.latest_ready_revision.rpartition("/")[2]
        kind = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
        service.traffic = [{"type_": kind, "revision": pinned, "percent": 100}]
        await (await services.update_service(service=service)).result(timeout=30)
        shipped.commit("web/main.py", (shipped.clone / "web/main.py").read_text() + "\n# changed\n")
        shipped.ship("web")
        links = await estate.links()
        assert statuses(links) == ("pass", "pass", "fail")
        assert codes(links[Link.SERVING]) == [serving.PINNED]
        service = await services.get_service(name=SERVICE)
        service.traffic = []
        await (await services.update_service(service=service)).result(timeout=30)
    assert statuses(await estate.links()) == ("pass", "pass", "pass")


async def test_a_commit_that_exits_at_start_leaves_the_old_revision_serving(shipped: World, estate: Estate) -> None:
    good = (shipped.clone / "web/main.py").read_text()
    shipped.commit("web/main.py", "raise SystemExit('no start')\n")
    with pytest.raises(AssertionError):
        shipped.ship("web")
    links = await estate.links()
    assert statuses(links)[:2] == ("pass", "fail")
    assert codes(links[Link.RELEASED]) == [released.NEVER_READY]
    assert "never became ready" in words(links[Link.RELEASED])
    shipped.commit("web/main.py", good + "\n# mended\n")
    shipped.ship("web")
    assert statuses(await estate.links()) == ("pass", "pass", "pass")


@asynccontextmanager
async def _services(world: World) -> AsyncIterator[Any]:
    from signoff.systems.google.connection import Connection

    connection = Connection(world.sandbox.grpc)
    try:
        yield connection.services
    finally:
        await connection.close()
