"""Planted faults strike over both wires, as often as planted."""

from __future__ import annotations

import time
from typing import Any

import grpc
import httpx2
import pytest
from google.api_core import exceptions
from google.cloud import run_v2

from signoff_sandbox.server import RunningSandbox
from support.google_clients import over_grpc
from support.planted import PLACE, SERVICE

LIST = "google.cloud.run.v2.Services/ListServices"


@pytest.fixture
def client(connected: grpc.aio.Channel) -> Any:
    return over_grpc(run_v2.ServicesAsyncClient, connected)


async def plant(http: httpx2.AsyncClient, **fault: Any) -> None:
    answer = await http.post("/sandbox/faults", json=fault)
    assert answer.status_code == 200, answer.text


async def test_a_code_strikes_as_often_as_planted(
    planted: RunningSandbox, client: Any, http: httpx2.AsyncClient
) -> None:
    await plant(http, method="google.cloud.run.v2.Services/*", code="RESOURCE_EXHAUSTED", message="slow down", times=2)
    with pytest.raises(exceptions.ResourceExhausted, match="slow down"):
        await client.list_services(parent=PLACE)
    answer = await http.get(f"/v2/{SERVICE}")
    assert (answer.status_code, answer.json()["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert (await client.get_service(name=SERVICE)).name == SERVICE
    left = (await http.get("/sandbox/faults")).json()["faults"]
    assert left == [
        {"method": "google.cloud.run.v2.Services/*", "code": "RESOURCE_EXHAUSTED", "message": "slow down", "times": 0}
    ]


async def test_another_method_is_not_struck(planted: RunningSandbox, client: Any, http: httpx2.AsyncClient) -> None:
    await plant(http, method=LIST, code="UNAVAILABLE")
    assert (await client.get_service(name=SERVICE)).name == SERVICE
    with pytest.raises(exceptions.ServiceUnavailable):
        await client.list_services(parent=PLACE, retry=None)
    await http.delete("/sandbox/faults")
    assert len((await client.list_services(parent=PLACE)).services) == 1


async def test_latency_delays_the_answer(planted: RunningSandbox, client: Any, http: httpx2.AsyncClient) -> None:
    await plant(http, method=LIST, latencySeconds=0.2)
    began = time.monotonic()
    await client.list_services(parent=PLACE)
    assert time.monotonic() - began >= 0.2
    with pytest.raises((exceptions.DeadlineExceeded, exceptions.RetryError)):
        await client.list_services(parent=PLACE, timeout=0.05)


async def test_a_dropped_connection_is_no_answer(
    planted: RunningSandbox, client: Any, http: httpx2.AsyncClient
) -> None:
    await plant(http, method=LIST, drop=True)
    with pytest.raises(httpx2.RemoteProtocolError):
        await http.get(f"/v2/{PLACE}/services")
    with pytest.raises(exceptions.ServiceUnavailable, match="Socket closed"):
        await client.list_services(parent=PLACE, retry=None)


async def test_lists_can_be_emptied_and_cut_short(
    planted: RunningSandbox, client: Any, http: httpx2.AsyncClient
) -> None:
    for number in range(4):
        name = f"{PLACE}/services/more{number}"
        planted.cloud.store.put("services", name, run_v2.Service.pb()(name=name))
    await plant(http, method=LIST, truncate=2, times=1)
    cut = await client.list_services(run_v2.ListServicesRequest(parent=PLACE, page_size=3))
    assert len([service async for service in cut]) == 2, "and nothing says that more follow"
    await plant(http, method=LIST, emptyList=True, times=1)
    assert [service async for service in await client.list_services(parent=PLACE)] == []
    assert len([service async for service in await client.list_services(parent=PLACE)]) == 5


async def test_only_lists_are_cut(planted: RunningSandbox, client: Any, http: httpx2.AsyncClient) -> None:
    await plant(http, method="*", emptyList=True)
    assert len((await client.get_service(name=SERVICE)).traffic_statuses) == 1
    assert (await http.get("/v2/projects/demo/logs")).json() == {}


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ({"code": "UNAVAILABLE"}, "'method' must be"),
        ({"method": "*"}, "needs an effect"),
        ({"method": "*", "code": "503"}, "is not a gRPC status code"),
        ({"method": "*", "cod": "UNAVAILABLE"}, "unknown key 'cod'"),
        ({"method": "*", "latencySeconds": -1}, "'latencySeconds' must be"),
        ({"method": "*", "drop": True, "times": "twice"}, "'times' must be"),
        ("drop", "must be an object"),
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused(
    running: RunningSandbox, http: httpx2.AsyncClient, fault: Any, complaint: str
) -> None:
    answer = await http.post("/sandbox/faults", json=fault)
    assert answer.status_code == 400
    assert complaint in answer.json()["error"]["message"]
    assert running.cloud.faults.planted == []
