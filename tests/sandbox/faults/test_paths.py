"""Faults on HTTP methods that have no gRPC: Cloud Storage, and Cloud Run's version 1."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from signoff_sandbox.server import RunningSandbox
from signoff_sandbox.world import buckets
from support.planted import PLACE

SERVICES = "run.namespaces.services.list"
URL = "/apis/serving.knative.dev/v1/namespaces/demo/services"
HOST = {"host": "us-central1-run.googleapis.com"}
NAMES = ["a", "b", "c", "d", "e"]


@pytest.fixture(autouse=True)
def planted(running: RunningSandbox) -> None:
    from signoff_sandbox import state

    state.merge(running.cloud, {"services": [{"name": f"{PLACE}/services/{name}"} for name in NAMES]})
    buckets.create_bucket(running.cloud, "things", "demo", "US")


async def listed(http: httpx2.AsyncClient, limit: int) -> list[str]:
    """What a client has that follows `continue`."""
    found: list[str] = []
    more = ""
    while True:
        query = {"limit": str(limit)} | ({"continue": more} if more else {})
        answer = (await http.get(URL, params=query, headers=HOST)).json()
        found += [item["metadata"]["name"] for item in answer["items"]]
        more = answer["metadata"].get("continue", "")
        if not more:
            return found


async def test_a_refusal_has_googles_words_and_details(http: httpx2.AsyncClient, plant: Any) -> None:
    await plant(method=SERVICES, code="RESOURCE_EXHAUSTED", message="slow down", retrySeconds=7, times=1)
    answer = await http.get(URL, headers=HOST)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    error = answer.json()["error"]
    assert (error["message"], error["status"]) == ("slow down", "RESOURCE_EXHAUSTED")
    assert error["details"][-1] == {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}
    assert error["details"][0]["metadata"]["service"] == "run.googleapis.com"
    assert await listed(http, 10) == NAMES


async def test_a_quota_counts_every_method_that_it_is_for(http: httpx2.AsyncClient, plant: Any) -> None:
    await plant(method="run.namespaces.services.*", quota=1)
    assert (await http.get(URL, headers=HOST)).status_code == 200
    assert (await http.get(f"{URL}/a", headers=HOST)).status_code == 429


async def test_pages_are_small_lost_and_repeated(running: RunningSandbox, http: httpx2.AsyncClient, plant: Any) -> None:
    await plant(method=SERVICES, losePage=True, times=1)
    assert await listed(http, 2) == ["a", "b", "e"]
    await plant(method=SERVICES, repeatPage=True, times=1)
    assert await listed(http, 2) == ["a", "b", *NAMES]
    calls = running.cloud.calls
    for size, limit, pages in ((1, 4, 5), (4, 2, 3)):
        calls.clear()
        await plant(method=SERVICES, pageSize=size)
        assert await listed(http, limit) == NAMES
        assert calls[SERVICES] == pages
        await http.delete("/sandbox/faults")
    await plant(method=SERVICES, truncate=1, times=1)
    assert await listed(http, 4) == ["a"]
    await plant(method=SERVICES, emptyList=True)
    assert await listed(http, 4) == []


async def test_an_upload_is_lost_before_and_after_it_was_stored(
    running: RunningSandbox, http: httpx2.AsyncClient, plant: Any
) -> None:
    for fault, stored in (("drop", False), ("dropAfter", True)):
        await plant(method="storage.objects.insert", times=1, **{fault: True})
        with pytest.raises(httpx2.RemoteProtocolError):
            await http.post(f"/upload/storage/v1/b/things/o?uploadType=media&name={fault}", content=b"x")
        assert (buckets.describe(running.cloud, "things", fault) is not None) == stored


async def test_a_field_is_malformed_wherever_it_stands(http: httpx2.AsyncClient, plant: Any) -> None:
    await plant(method=SERVICES, malformed="items.metadata.name")
    names = [item["metadata"]["name"] for item in (await http.get(URL, headers=HOST)).json()["items"]]
    assert names == [{"malformed": name} for name in NAMES]
