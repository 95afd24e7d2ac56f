"""Traffic moves when the revision is ready and its time has come, and old instances finish what they began."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from google.cloud import run_v2

from signoff_sandbox.world import run_reconciler
from support.apps import Hold, obedient
from support.cloudrun import IMAGE, Lab, lab
from support.pace import ManualPace

MIGRATION = 42.0
LATEST, REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
RECONCILING, SUCCEEDED = run_v2.Condition.State.CONDITION_RECONCILING, run_v2.Condition.State.CONDITION_SUCCEEDED


def short(name: str) -> str:
    return name.rpartition("/")[2]


@pytest.fixture
def pace() -> ManualPace:
    return ManualPace()


@pytest.fixture
def hold(tmp_path: Path) -> Hold:
    return Hold(tmp_path / "hold")


@pytest.fixture
async def cloud(tmp_path: Path, pace: ManualPace, hold: Hold) -> AsyncIterator[Lab]:
    async with lab(tmp_path, pace, traffic_seconds=MIGRATION) as made:
        await made.build(obedient())
        container = {"image": f"{IMAGE}:latest", "env": [hold.variable]}
        creating = asyncio.create_task(made.create("", template={"containers": [container]}))
        await pace.until_somebody_sleeps(MIGRATION)
        await pace.move(MIGRATION)
        await creating
        yield made


async def answers(cloud: Lab, service: run_v2.Service) -> str:
    return (await cloud.http.get(service.uri)).text


async def test_the_latest_ready_revision_is_not_yet_the_one_that_serves(cloud: Lab, pace: ManualPace) -> None:
    before = await cloud.service()
    wanted = run_v2.Service(before)
    wanted.template.labels["second"] = "yes"
    updating = asyncio.create_task(cloud.update(wanted))
    await pace.until_somebody_sleeps(MIGRATION)
    between = await cloud.service()
    assert between.latest_ready_revision == between.latest_created_revision != before.latest_ready_revision
    assert (between.reconciling, between.observed_generation, between.generation) == (True, 1, 2)
    assert {c.type_: c.state for c in between.conditions} == {
        "ConfigurationsReady": SUCCEEDED,
        "RoutesReady": RECONCILING,
    }
    assert await answers(cloud, before) == short(before.latest_ready_revision)
    await pace.move(MIGRATION)
    after = await updating
    assert (after.reconciling, after.observed_generation) == (False, 2)
    assert await answers(cloud, before) == short(after.latest_ready_revision)


async def test_the_traffic_statuses_say_where_requests_go_and_not_where_they_shall_go(
    cloud: Lab, pace: ManualPace
) -> None:
    first = short((await cloud.service()).latest_ready_revision)
    wanted = await cloud.service()
    wanted.template.labels["second"] = "yes"
    wanted.traffic = [{"type_": REVISION, "revision": first, "percent": 100}, {"type_": LATEST, "tag": "new"}]
    updating = asyncio.create_task(cloud.update(wanted))
    await pace.until_somebody_sleeps(MIGRATION)
    await pace.move(MIGRATION)
    pinned = await updating
    assert await answers(cloud, pinned) == first
    pinned.traffic = [{"type_": LATEST, "percent": 100}]
    moving = asyncio.create_task(cloud.update(pinned))
    await pace.until_somebody_sleeps(MIGRATION)
    between = await cloud.service()
    assert [(t.type_.name, t.percent) for t in between.traffic] == [(LATEST, 100)]
    assert [(s.revision, s.percent, s.tag) for s in between.traffic_statuses] == [(first, 100, ""), ("", 0, "new")]
    assert await answers(cloud, pinned) == first
    await pace.move(MIGRATION)
    after = await moving
    assert [(s.type_.name, s.percent) for s in after.traffic_statuses] == [(LATEST, 100)]
    assert await answers(cloud, after) == short(after.latest_ready_revision)


async def test_a_change_that_moves_no_traffic_waits_for_nothing(cloud: Lab) -> None:
    service = await cloud.service()
    service.scaling.max_instance_count = 7
    assert (await cloud.update(service)).observed_generation == 2


async def test_a_request_that_the_old_revision_has_is_finished_before_it_is_told_to_end(
    cloud: Lab, pace: ManualPace, hold: Hold
) -> None:
    before = await cloud.service()
    request = asyncio.create_task(cloud.http.get(f"{before.uri}/hold/a"))
    await cloud.until_true(lambda: hold.holds("a"))
    wanted = run_v2.Service(before)
    wanted.template.labels["second"] = "yes"
    updating = asyncio.create_task(cloud.update(wanted))
    await pace.until_somebody_sleeps(MIGRATION)
    await pace.move(MIGRATION)
    after = await updating
    old = short(before.latest_ready_revision)
    assert cloud.running(before.latest_ready_revision) == 0
    assert not [e for e in cloud.entries("stdout", revision_name=old) if e.text_payload == "SIGTERM"]
    assert not request.done()
    hold.free("a")
    assert (await request).text == old
    await cloud.until_logged("stdout", "SIGTERM")
    assert [e.resource.labels["revision_name"] for e in cloud.entries("stdout") if e.text_payload == "SIGTERM"] == [old]
    assert await answers(cloud, after) == short(after.latest_ready_revision)
    retired = await cloud.revisions.get_revision(name=before.latest_ready_revision)
    active = {c.type_: c for c in retired.conditions}["Active"]
    assert active.revision_reason == run_v2.Condition.RevisionReason.RETIRED


async def test_of_too_many_revisions_the_oldest_that_serve_nothing_are_forgotten(
    cloud: Lab, pace: ManualPace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_reconciler, "MOST_REVISIONS", 3)
    names = [(await cloud.service()).latest_ready_revision]
    for number in range(1, 5):
        service = await cloud.service()
        service.template.labels["number"] = str(number)
        service.traffic = [{"type_": REVISION, "revision": short(names[0]), "percent": 100}]
        names.append((await cloud.update(service)).latest_ready_revision)
    kept = {revision.name async for revision in await cloud.revisions.list_revisions(parent=service.name)}
    assert kept == {names[0], names[3], names[4]}
