"""Instances come and go: minimum, idle time, cold starts, and what probes make of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import run_v2

from support.apps import obedient
from support.cloudrun import IMAGE, Lab, lab
from support.pace import ManualPace, settle

IDLE = 900.0
LATEST, REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"


@pytest.fixture
def pace() -> ManualPace:
    return ManualPace()


@pytest.fixture
async def cloud(tmp_path: Path, pace: ManualPace) -> AsyncIterator[Lab]:
    async with lab(tmp_path, pace, idle_seconds=IDLE) as made:
        await made.build(obedient())
        yield made


async def pid(cloud: Lab, service: run_v2.Service) -> str:
    return (await cloud.http.get(f"{service.uri}/pid")).text


def started(cloud: Lab) -> list[str]:
    """Why instances were started, as the system log has it."""
    texts = [entry.text_payload for entry in cloud.entries("varlog%2Fsystem")]
    return [text.split()[4] for text in texts if text.startswith("Starting new instance. Reason: ")]


async def test_a_service_scales_to_zero_and_the_next_request_is_a_cold_start(cloud: Lab, pace: ManualPace) -> None:
    service = await cloud.create(f"{IMAGE}:latest")
    first = await pid(cloud, service)
    assert await pid(cloud, service) == first
    while cloud.running(service.latest_ready_revision):  # a request is over a moment after its answer was read
        await pace.move(IDLE)
    await cloud.until_true(lambda: not Path(f"/proc/{first}").exists())
    assert await pid(cloud, service) != first
    assert started(cloud) == ["DEPLOYMENT_ROLLOUT", "AUTOSCALING"]
    said = [entry.text_payload for entry in cloud.entries("varlog%2Fsystem")]
    assert said.count('Default STARTUP TCP probe succeeded after 1 attempt for container "" on port 8080.') == 2


async def test_the_minimum_is_there_before_the_first_request_and_never_goes(cloud: Lab, pace: ManualPace) -> None:
    template = {"containers": [{"image": f"{IMAGE}:latest"}], "scaling": {"min_instance_count": 2}}
    service = await cloud.create("", template=template)
    assert cloud.running(service.latest_ready_revision) == 2
    await pace.move(IDLE * 2)
    assert cloud.running(service.latest_ready_revision) == 2


async def test_the_minimum_of_a_service_is_shared_by_its_traffic(cloud: Lab) -> None:
    first = await cloud.create(f"{IMAGE}:latest", scaling={"min_instance_count": 2})
    await cloud.until_true(lambda: cloud.running(first.latest_ready_revision) == 2)
    wanted = run_v2.Service(first)
    wanted.template.labels["second"] = "yes"
    old = first.latest_ready_revision.rpartition("/")[2]
    wanted.traffic = [{"type_": REVISION, "revision": old, "percent": 50}, {"type_": LATEST, "percent": 50}]
    second = await cloud.update(wanted)
    await cloud.until_true(lambda: cloud.running(second.latest_ready_revision) == 1)


async def test_a_minimum_of_a_revision_that_nobody_is_routed_to_holds_nothing_up(cloud: Lab) -> None:
    template = {"containers": [{"image": f"{IMAGE}:latest"}], "scaling": {"min_instance_count": 1}}
    first = await cloud.create("", template=template)
    wanted = run_v2.Service(first)
    wanted.template.labels["second"] = "yes"
    await cloud.update(wanted)
    assert cloud.running(first.latest_ready_revision) == 0


def probing(cloud: Lab, **probes: Any) -> dict[str, Any]:
    return {"template": {"containers": [{"image": f"{IMAGE}:latest", "name": "main", **probes}]}}


async def test_a_startup_probe_that_fails_is_the_reason_of_the_revision(cloud: Lab, pace: ManualPace) -> None:
    probe = {"http_get": {"path": "/health"}, "period_seconds": 7, "timeout_seconds": 5, "failure_threshold": 2}
    files = obedient()
    files["main.py"] = files["main.py"].replace("healthy = True\n", "healthy = False\n", 1)
    await cloud.build(files, f"{IMAGE}:sick")
    template = {"containers": [{"image": f"{IMAGE}:sick", "name": "main", "startup_probe": probe}]}
    creating = asyncio.create_task(cloud.create("", template=template))
    await cloud.until_true(lambda: any(0 < left <= 7 for left in pace.sleepers()))
    await pace.move(7)
    with pytest.raises(exceptions.GoogleAPICallError, match="failed the configured startup probe checks"):
        await creating
    said = [entry.text_payload for entry in cloud.entries("varlog%2Fsystem")]
    assert any(
        text.startswith(
            'STARTUP HTTP probe failed 2 times consecutively for container "main" on port 8080. The instance'
        )
        for text in said
    )


async def test_a_startup_probe_that_succeeds_lets_the_revision_serve(cloud: Lab) -> None:
    service = await cloud.create("", **probing(cloud, startup_probe={"http_get": {"path": "/health"}}))
    assert await pid(cloud, service)
    said = [entry.text_payload for entry in cloud.entries("varlog%2Fsystem")]
    assert 'STARTUP HTTP probe succeeded after 1 attempt for container "main" on port 8080.' in said


async def test_an_instance_whose_liveness_probe_fails_is_shut_down(cloud: Lab, pace: ManualPace) -> None:
    probe = {"http_get": {"path": "/health"}, "period_seconds": 5, "failure_threshold": 2}
    service = await cloud.create("", **probing(cloud, liveness_probe=probe))
    first = await pid(cloud, service)
    await pace.until_somebody_sleeps(5)
    await pace.move(5)
    await cloud.http.get(f"{service.uri}/sicken")
    for _ in range(3):
        await pace.until_somebody_sleeps(5)
        await pace.move(5)
    await cloud.until_true(lambda: not Path(f"/proc/{first}").exists())
    await settle()
    said = [entry.text_payload for entry in cloud.entries("varlog%2Fsystem")]
    assert any(
        text.startswith('LIVENESS HTTP probe failed 2 times consecutively for container "main"') for text in said
    )
    assert await pid(cloud, service) != first
