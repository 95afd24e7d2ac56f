"""Faults of what happens beside requests to the APIs: serving, building, and log entries on their way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from google.api_core import exceptions
from google.cloud.devtools import cloudbuild_v1

from signoff_sandbox.settings import Settings
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.run_logs import entry, revision_resource, write
from support.cloudrun import IMAGE, PLACE, Lab, app, lab


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path) as made:
        yield made


def plant(cloud: Cloud, **fault: Any) -> None:
    cloud.faults.planter(fault)()


async def test_an_answer_of_a_service_is_lost_before_or_after_the_service_did_its_work(cloud: Lab) -> None:
    await cloud.build(app("one"))
    service = await cloud.create(f"{IMAGE}:latest")
    plant(cloud.cloud, method="sandbox.Ingress/web", drop=True, times=1)
    plant(cloud.cloud, method="sandbox.Ingress/web", dropAfter=True, times=1)
    for _ in range(2):
        with pytest.raises(httpx2.RemoteProtocolError):
            await cloud.http.get(service.uri)
    assert (await cloud.http.get(service.uri)).status_code == 200
    logged = [(one.http_request.status, bool(one.labels)) for one in cloud.entries("requests")]
    assert logged == [(499, False), (200, True), (200, True)], "the second one reached an instance"


async def test_a_build_fails_as_planted(cloud: Lab) -> None:
    plant(cloud.cloud, method="sandbox.Builder/*", code="INTERNAL", message="no worker", times=1)
    with pytest.raises(exceptions.GoogleAPICallError):
        await cloud.build(app("one"))
    (build,) = [one async for one in await cloud.builds.list_builds(project_id="demo")]
    assert (build.status, build.status_detail) == (cloudbuild_v1.Build.Status.INTERNAL_ERROR, "no worker")


@pytest.mark.parametrize(("log", "seconds"), [("stdout", 30), ("stderr", 0)])
def test_entries_of_a_log_come_late(log: str, seconds: int) -> None:
    cloud = Cloud(Settings())
    plant(cloud, method="sandbox.Logging/stdout", latencySeconds=30)
    write(cloud, entry(revision_resource(f"{PLACE}/services/web", "web-1"), log))
    (written,) = cloud.logbook.everything()
    taken = written.receive_timestamp.ToDatetime(tzinfo=UTC) - written.timestamp.ToDatetime(tzinfo=UTC)
    assert taken == timedelta(seconds=seconds)
    later = datetime.now(UTC) + timedelta(seconds=31)
    assert len(list(cloud.logbook.visible(datetime.now(UTC)))) == (0 if seconds else 1)
    assert len(list(cloud.logbook.visible(later))) == 1


def test_entries_of_a_log_are_lost() -> None:
    cloud = Cloud(Settings())
    plant(cloud, method="sandbox.Logging/system", drop=True, times=1)
    for _ in range(2):
        write(cloud, entry(revision_resource(f"{PLACE}/services/web", "web-1"), "varlog%2Fsystem"))
    assert len(list(cloud.logbook.everything())) == 1
