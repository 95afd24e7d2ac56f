"""Fields that are wrong on the wire, as Google's own clients see them over gRPC and over REST."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from google.cloud import artifactregistry_v1, run_v2
from google.protobuf import json_format

from signoff_sandbox.server import RunningSandbox
from signoff_sandbox.world import buckets
from support.either_wire import EitherWire
from support.planted import AT, DIGEST, PLACE, REPOSITORY, SERVICE

GET = "google.cloud.run.v2.Services/GetService"
IMAGE = "google.devtools.artifactregistry.v1.ArtifactRegistry/GetDockerImage"
MADE = datetime.fromisoformat(AT)


async def service(wire: EitherWire) -> Any:
    return await wire.call(run_v2, "Services", "get_service", name=SERVICE)


async def nothing(wire: EitherWire, asked: Awaitable[Any]) -> bool:
    """Whether the client could make nothing of the answer; what cannot be read, grpc.aio hands on as None."""
    try:
        found = await asked
    except json_format.ParseError:
        return wire.rest
    return not wire.rest and (found is None or found._response is None)


@contextmanager
def unknown_number() -> Iterator[None]:
    """The client warns of a number that its enum does not have, and hands it on."""
    with pytest.warns(UserWarning, match=r"Unrecognized \w+ enum value: 9999"):
        yield


async def test_a_time_that_is_none(planted: RunningSandbox, wire: EitherWire, plant: Any) -> None:
    await plant(method=GET, malformed="createTime")
    with pytest.raises((json_format.ParseError, ValueError, OverflowError)):
        (await service(wire)).create_time.isoformat()


async def test_a_text_that_is_none(planted: RunningSandbox, wire: EitherWire, plant: Any) -> None:
    await plant(method=GET, malformed="terminalCondition.type")
    assert await nothing(wire, service(wire))


async def test_an_enum_that_is_none(
    planted: RunningSandbox, wire: EitherWire, plant: Any, http: httpx2.AsyncClient
) -> None:
    await plant(method=GET, malformed="ingress")
    if wire.rest:
        assert (await http.get(f"/v2/{SERVICE}")).json()["ingress"] == "NO_SUCH_VALUE"
    with pytest.warns(UserWarning, match="Unrecognized IngressTraffic enum value"):
        assert int((await service(wire)).ingress) not in {int(known) for known in run_v2.IngressTraffic}


async def test_a_negative_size(planted: RunningSandbox, wire: EitherWire, plant: Any) -> None:
    await plant(method=IMAGE, malformed="imageSizeBytes")
    name = f"{REPOSITORY}/dockerImages/web@{DIGEST}"
    image = await wire.call(artifactregistry_v1, "ArtifactRegistry", "get_docker_image", name=name)
    assert image.image_size_bytes == -1


async def test_fields_inside_lists_maps_and_operations_are_reached(
    planted: RunningSandbox, wire: EitherWire, plant: Any
) -> None:
    lists = "google.cloud.run.v2.Services/ListServices"
    await plant(method=lists, malformed="services.labels.team")
    assert await nothing(wire, wire.call(run_v2, "Services", "list_services", parent=PLACE))
    await plant(method="google.cloud.run.v2.Services/UpdateService", unknownEnum="*.ingress")
    asked = await service(wire)
    asked.template.labels["a"] = "b"
    started = await wire.call(run_v2, "Services", "update_service", service=asked)
    with unknown_number():
        assert int(started.metadata.ingress) == 9999


async def test_an_enum_value_of_tomorrow(
    planted: RunningSandbox, wire: EitherWire, plant: Any, http: httpx2.AsyncClient
) -> None:
    await plant(method=GET, unknownEnum="terminalCondition.state")
    with unknown_number():
        assert int((await service(wire)).terminal_condition.state) == 9999
    plain = (await http.get(f"/v2/{SERVICE}")).json()
    assert plain["terminalCondition"]["state"] == "VALUE_OF_TOMORROW"


async def test_a_clock_that_is_off_shifts_every_time_of_a_method(
    planted: RunningSandbox, wire: EitherWire, plant: Any
) -> None:
    await plant(method=GET, skewSeconds=-90.5)
    found = await service(wire)
    for moment in (found.create_time, found.update_time, found.terminal_condition.last_transition_time):
        assert moment == MADE - timedelta(seconds=90.5)


async def test_a_clock_that_is_off_for_the_whole_cloud(planted: RunningSandbox, wire: EitherWire, plant: Any) -> None:
    before = await service(wire)
    await plant(method="sandbox.Clock/now", skewSeconds=86400)
    before.template.labels["a"] = "b"
    await wire.call(run_v2, "Services", "update_service", service=before)
    after = await service(wire)
    assert after.create_time == MADE, "what was is as it was"
    ahead = after.update_time - datetime.now(after.update_time.tzinfo)
    assert timedelta(hours=23) < ahead < timedelta(hours=25)


async def test_fields_of_methods_beside_the_table(
    running: RunningSandbox, http: httpx2.AsyncClient, plant: Any
) -> None:
    buckets.create_bucket(running.cloud, "things", "demo", "US")
    buckets.put(running.cloud, "things", "a", b"abc", "text/plain")
    right = (await http.get("/storage/v1/b/things/o/a")).json()
    await plant(method="storage.objects.get", malformed="size", skewSeconds=3600)
    wrong = (await http.get("/storage/v1/b/things/o/a")).json()
    assert (right["size"], wrong["size"]) == ("3", "-1")
    shifted = datetime.fromisoformat(wrong["timeCreated"]) - datetime.fromisoformat(right["timeCreated"])
    assert shifted == timedelta(hours=1)
    assert (await http.get("/storage/v1/b/things/o/a?alt=media")).content == b"abc", "content is no field"
