"""Lists gone wrong in every way, as Google's own pagers see them over gRPC and over REST."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from google.cloud import run_v2

from signoff_sandbox.server import RunningSandbox
from signoff_sandbox.world import buckets
from support.either_wire import EitherWire
from support.planted import PLACE

LIST = "google.cloud.run.v2.Services/ListServices"
NAMES = ["a", "b", "c", "d", "e"]


@pytest.fixture(autouse=True)
def services(running: RunningSandbox) -> None:
    for name in NAMES:
        full = f"{PLACE}/services/{name}"
        running.cloud.store.put("services", full, run_v2.Service.pb()(name=full))


async def names(wire: EitherWire, size: int = 0) -> list[str]:
    request = run_v2.ListServicesRequest(parent=PLACE, page_size=size)
    found = await wire.everything(run_v2, "Services", "list_services", request=request)
    return [service.name.rpartition("/")[2] for service in found]


async def test_a_list_is_empty(wire: EitherWire, plant: Any) -> None:
    await plant(method=LIST, emptyList=True, times=1)
    assert await names(wire, 2) == []
    assert await names(wire, 2) == NAMES


async def test_a_list_is_cut_short_and_does_not_say_so(wire: EitherWire, plant: Any) -> None:
    await plant(method=LIST, truncate=1)
    assert await names(wire, 2) == ["a"]


async def test_pages_are_smaller_than_asked_for(running: RunningSandbox, wire: EitherWire, plant: Any) -> None:
    await plant(method=LIST, pageSize=2)
    assert await names(wire, 4) == NAMES
    assert running.cloud.calls[LIST] == 3
    assert await names(wire, 1) == NAMES, "and never larger"
    assert running.cloud.calls[LIST] == 8


async def test_a_page_in_the_middle_is_lost(wire: EitherWire, plant: Any) -> None:
    await plant(method=LIST, losePage=True, times=1)
    assert await names(wire, 2) == ["a", "b", "e"]


async def test_the_last_page_is_lost_where_it_is_the_next(wire: EitherWire, plant: Any) -> None:
    await plant(method=LIST, losePage=True, times=1)
    assert await names(wire, 3) == ["a", "b", "c"]


async def test_a_page_comes_twice(wire: EitherWire, plant: Any) -> None:
    await plant(method=LIST, repeatPage=True, times=1)
    assert await names(wire, 2) == ["a", "b", *NAMES]


async def test_a_page_comes_again_for_ever(running: RunningSandbox, wire: EitherWire, plant: Any) -> None:
    await plant(method=LIST, repeatPage=True, times=7)
    assert await names(wire, 2) == [*["a", "b"] * 7, *NAMES]
    assert running.cloud.calls[LIST] == 10


async def test_only_lists_are_cut(wire: EitherWire, plant: Any) -> None:
    await plant(method="*", emptyList=True, losePage=True, repeatPage=True)
    assert (await wire.call(run_v2, "Services", "get_service", name=f"{PLACE}/services/a")).name.endswith("/a")


class TestMethodsBesideTheTable:
    """Cloud Storage is spoken over HTTP alone."""

    METHOD = "storage.objects.list"

    @pytest.fixture(autouse=True)
    def objects(self, running: RunningSandbox) -> None:
        buckets.create_bucket(running.cloud, "things", "demo", "US")
        for name in NAMES:
            buckets.put(running.cloud, "things", name, b"x", "text/plain")

    @staticmethod
    async def listed(http: httpx2.AsyncClient, token: str = "") -> tuple[list[str], str]:
        query = f"?pageToken={token}" if token else ""
        answer = (await http.get(f"/storage/v1/b/things/o{query}")).json()
        return [item["name"] for item in answer.get("items", [])], answer.get("nextPageToken", "")

    async def test_a_list_is_empty(self, http: httpx2.AsyncClient, plant: Any) -> None:
        await plant(method=self.METHOD, emptyList=True, times=1)
        assert await self.listed(http) == ([], "")
        assert await self.listed(http) == (NAMES, "")

    async def test_a_list_is_cut_short(self, http: httpx2.AsyncClient, plant: Any) -> None:
        await plant(method=self.METHOD, truncate=2)
        assert await self.listed(http) == (["a", "b"], "")

    async def test_a_page_comes_twice(self, http: httpx2.AsyncClient, plant: Any) -> None:
        await plant(method=self.METHOD, repeatPage=True, times=1)
        found, token = await self.listed(http)
        assert found == NAMES
        assert await self.listed(http, token) == (NAMES, "")
