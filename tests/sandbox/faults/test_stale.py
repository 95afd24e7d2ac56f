"""Stale reads: answers from the past, over gRPC, over REST and for what is beside them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.cloud import logging_v2, run_v2
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2AsyncClient
from google.iam.v1.policy_pb2 import Policy

from signoff_sandbox import state
from signoff_sandbox.server import RunningSandbox
from signoff_sandbox.settings import Settings
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.faults import Effects
from signoff_sandbox.world.past import as_it_was
from support.either_wire import EitherWire
from support.google_clients import over_grpc
from support.planted import PLACE, SERVICE, STATE, entry

READS = "google.cloud.run.v2.Services/*"


def service(uri: str, name: str = SERVICE) -> Any:
    return run_v2.Service.pb()(name=name, uri=uri)


async def uri(wire: EitherWire) -> str:
    return (await wire.call(run_v2, "Services", "get_service", name=SERVICE)).uri


async def uris(wire: EitherWire) -> list[str]:
    found = await wire.everything(run_v2, "Services", "list_services", parent=PLACE)
    return [one.uri for one in found]


async def test_reads_are_some_writes_behind(running: RunningSandbox, wire: EitherWire, plant: Any) -> None:
    for name in ("one", "two", "three"):
        running.cloud.store.put("services", SERVICE, service(name))
    running.cloud.store.put("services", f"{SERVICE}x", service("new", f"{SERVICE}x"))
    await plant(method=READS, staleWrites=1, times=2)
    assert await uri(wire) == "two"
    assert await uris(wire) == ["two"], "what was written once was not there"
    assert await uris(wire) == ["three", "new"]


async def test_reads_are_some_seconds_behind(running: RunningSandbox, wire: EitherWire, plant: Any) -> None:
    cloud, now = running.cloud, datetime.now(UTC)
    cloud.clock = lambda: now
    cloud.store.put("services", SERVICE, service("one"))
    now += timedelta(seconds=50)
    cloud.store.put("services", SERVICE, service("two"))
    cloud.store.delete("services", SERVICE)
    now += timedelta(seconds=20)
    assert await uris(wire) == []
    await plant(method=READS, staleSeconds=30)
    assert await uri(wire) == "one"
    now += timedelta(seconds=10)
    assert await uris(wire) == []


async def test_a_write_works_on_what_is_there_now(planted: RunningSandbox, wire: EitherWire, plant: Any) -> None:
    await plant(method="*", staleWrites=1)
    asked = run_v2.Service(name=SERVICE, template={"containers": [{"image": "us-docker.pkg.dev/p/r/i"}]})
    await wire.call(run_v2, "Services", "update_service", service=asked)
    assert planted.cloud.store.get("services", SERVICE).generation == 8  # type: ignore[union-attr]


async def test_the_log_is_read_as_it_was(running: RunningSandbox, connected: grpc.aio.Channel, plant: Any) -> None:
    cloud, now = running.cloud, datetime(2026, 1, 2, 3, 10, tzinfo=UTC)
    cloud.clock = lambda: now
    state.merge(cloud, {"logEntries": [entry("old"), entry("new", receiveTimestamp="2026-01-02T03:09:50Z")]})
    client = over_grpc(LoggingServiceV2AsyncClient, connected)

    async def ids() -> list[str]:
        request = logging_v2.types.ListLogEntriesRequest(resource_names=["projects/demo"])
        return [one.insert_id async for one in await client.list_log_entries(request)]

    assert await ids() == ["new", "old"]
    await plant(method="google.logging.v2.*", staleSeconds=30)
    assert await ids() == ["old"]


def test_what_was_planted_has_always_been_there() -> None:
    cloud = Cloud(Settings())
    state.merge(cloud, STATE)
    past = as_it_was(cloud, Effects(stale_seconds=3600))
    assert state.dump(past) == state.dump(cloud)
    again = Effects(stale_writes=1)
    state.merge(cloud, {"services": [{"name": SERVICE, "uri": "changed"}]})
    assert state.dump(as_it_was(cloud, again))["services"] == STATE["services"]


def test_policies_are_stale_too() -> None:
    cloud = Cloud(Settings())
    cloud.iam_policies[SERVICE] = Policy(version=1)
    cloud.iam_policies[SERVICE] = Policy(version=3)
    assert as_it_was(cloud, Effects(stale_writes=1)).iam_policies[SERVICE].version == 1
    del cloud.iam_policies[SERVICE]
    assert SERVICE not in cloud.iam_policies
    with pytest.raises(KeyError):
        del cloud.iam_policies[SERVICE]


def test_history_has_an_end() -> None:
    cloud = Cloud(Settings())
    for number in range(cloud.store.LONGEST_HISTORY + 10):
        cloud.store.put("services", SERVICE, service(str(number)))
    assert len(cloud.store.history) == cloud.store.LONGEST_HISTORY
    past: Any = as_it_was(cloud, Effects(stale_seconds=3600)).store.get("services", SERVICE)
    assert past.uri == "9", "as far back as it reaches"
