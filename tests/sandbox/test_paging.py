"""Pages: every item once, in order, whatever the page size; tokens belong to one list."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.cloud import run_v2
from hypothesis import given
from hypothesis import strategies as st

from signoff_sandbox.server import RunningSandbox
from signoff_sandbox.wire.paging import mark_of, page
from signoff_sandbox.world.errors import ApiError
from support.google_clients import over_grpc

Request: Any = run_v2.ListServicesRequest.pb()
Response: Any = run_v2.ListServicesResponse.pb()
PLACE = "projects/demo/locations/europe-west1"


def walk(count: int, size: int, **limits: int) -> list[list[int]]:
    pages, token = [], ""
    while True:
        response = Response()
        request = Request(parent=PLACE, page_size=size, page_token=token)
        pages.append(list(page(request, range(count), response, **limits)))
        token = response.next_page_token
        if not token:
            return pages


@given(st.integers(0, 60), st.integers(0, 70))
def test_all_pages_together_are_the_list(count: int, size: int) -> None:
    pages = walk(count, size, default=7, largest=20)
    assert [item for found in pages for item in found] == list(range(count))
    assert all(len(found) == min(size or 7, 20) for found in pages[:-1])
    assert len(pages) == 1 or pages[-1], "no empty last page"


def test_a_token_of_another_list_is_refused() -> None:
    response = Response()
    page(Request(parent=PLACE, page_size=1), [1, 2], response, mark="then")
    token = response.next_page_token
    assert list(page(Request(parent=PLACE, page_size=5, page_token=token), [1, 2], Response())) == [2]
    assert mark_of(Request(parent=PLACE, page_token=token)) == "then"
    for request in (
        Request(parent=f"{PLACE}x", page_token=token),
        Request(parent=PLACE, show_deleted=True, page_token=token),
        Request(parent=PLACE, page_token="AAAA"),
        Request(parent=PLACE, page_token="ü"),
        Request(parent=PLACE, page_token="W10="),
    ):
        with pytest.raises(ApiError, match="INVALID_ARGUMENT"):
            page(request, [1, 2], Response())


def test_a_negative_page_size_is_refused() -> None:
    with pytest.raises(ApiError, match="must not be negative"):
        page(Request(page_size=-1), [1], Response())


async def test_googles_pager_walks_all_pages(running: RunningSandbox, connected: grpc.aio.Channel) -> None:
    names = [f"{PLACE}/services/s{number:03}" for number in range(25)]
    for name in names:
        running.cloud.store.put("services", name, run_v2.Service.pb()(name=name))
    client = over_grpc(run_v2.ServicesAsyncClient, connected)
    pager = await client.list_services(run_v2.ListServicesRequest(parent=PLACE, page_size=10))
    assert [one.name async for one in pager] == names
    assert running.cloud.calls["google.cloud.run.v2.Services/ListServices"] == 3
