"""Cloud Logging over Google's client: write, list, order, pages, ingestion lag."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.api.monitored_resource_pb2 import MonitoredResource
from google.api_core import exceptions
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2AsyncClient
from google.cloud.logging_v2.types import ListLogEntriesRequest, LogEntry, WriteLogEntriesRequest

from signoff_sandbox.server import RunningSandbox
from support.google_clients import over_grpc

LOG = "projects/demo/logs/run.googleapis.com%2Fstdout"
RESOURCE = MonitoredResource(type="cloud_run_revision", labels={"service_name": "web"})
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def client(connected: grpc.aio.Channel) -> Any:
    return over_grpc(LoggingServiceV2AsyncClient, connected)


async def write(client: Any, *texts: str, **fields: Any) -> None:
    entries = [LogEntry(text_payload=text, timestamp=START + timedelta(seconds=n)) for n, text in enumerate(texts)]
    await client.write_log_entries(
        WriteLogEntriesRequest(log_name=LOG, resource=RESOURCE, labels={"run": "1"}, entries=entries, **fields)
    )


async def listed(client: Any, matching: str = "", **fields: Any) -> list[LogEntry]:
    request = ListLogEntriesRequest(resource_names=["projects/demo"], filter=matching, **fields)
    return [entry async for entry in await client.list_log_entries(request)]


async def test_written_entries_are_listed_with_what_google_fills_in(client: Any) -> None:
    await write(client, "one", "two")
    one, two = await listed(client)
    assert (one.text_payload, two.text_payload) == ("one", "two")
    assert (one.log_name, one.resource.type, dict(one.labels)) == (LOG, "cloud_run_revision", {"run": "1"})
    assert one.insert_id != two.insert_id
    assert one.receive_timestamp > START


async def test_entries_come_in_the_asked_order_page_by_page(client: Any, running: RunningSandbox) -> None:
    await write(client, *(str(number) for number in range(7)))
    forth = [entry.text_payload for entry in await listed(client, page_size=3)]
    back = [entry.text_payload for entry in await listed(client, page_size=3, order_by="timestamp desc")]
    assert forth == [str(number) for number in range(7)]
    assert back == forth[::-1]
    assert running.cloud.calls["google.logging.v2.LoggingServiceV2/ListLogEntries"] == 6


async def test_entries_that_arrive_between_pages_do_not_move_them(client: Any) -> None:
    await write(client, "1", "2", "3", "4")
    request = ListLogEntriesRequest(resource_names=["projects/demo"], order_by="timestamp desc", page_size=2)
    pages = (await client.list_log_entries(request)).pages
    first = await anext(aiter(pages))
    await write(client, "late", "later")
    second = [entry.text_payload async for page in pages for entry in page.entries]
    assert [entry.text_payload for entry in first.entries] + second == ["4", "3", "2", "1"]


async def test_a_filter_chooses_entries(client: Any) -> None:
    await write(client, "Traceback: KeyError", "all well")
    assert [entry.text_payload for entry in await listed(client, 'textPayload:"keyerror"')] == ["Traceback: KeyError"]
    assert await listed(client, "resource.labels.service_name=other") == []


async def test_an_entry_can_be_read_only_after_the_ingestion_lag(client: Any, running: RunningSandbox) -> None:
    now = START
    running.cloud.clock = lambda: now
    running.cloud.settings.log_lag_seconds = 5
    await write(client, "slow")
    assert await listed(client) == []
    assert [entry async for entry in await client.list_logs(parent="projects/demo")] == []
    now = START + timedelta(seconds=5)
    (entry,) = await listed(client)
    assert entry.receive_timestamp == now
    assert [entry async for entry in await client.list_logs(parent="projects/demo")] == [LOG]


async def test_the_same_insert_id_and_time_is_the_same_entry(client: Any) -> None:
    entry = LogEntry(text_payload="once", insert_id="same", timestamp=START)
    for _ in range(2):
        await client.write_log_entries(log_name=LOG, resource=RESOURCE, entries=[entry])
    assert len(await listed(client)) == 1


async def test_a_dry_run_writes_nothing(client: Any) -> None:
    await write(client, "one", dry_run=True)
    assert await listed(client) == []


async def test_another_projects_entries_are_not_shown(client: Any) -> None:
    await write(client, "one")
    request = ListLogEntriesRequest(resource_names=["projects/other"])
    assert [entry async for entry in await client.list_log_entries(request)] == []
    view = "projects/demo/locations/global/buckets/_Default/views/_Default"
    request = ListLogEntriesRequest(resource_names=[view])
    assert len([entry async for entry in await client.list_log_entries(request)]) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"filter": "severity>="},
        {"filter": "thud=1"},
        {"order_by": "severity"},
        {"page_size": 1001},
        {"page_size": -1},
        {"page_token": "x"},
        {"resource_names": []},
        {"resource_names": ["demo"]},
    ],
)
async def test_a_wrong_request_is_refused(client: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(exceptions.InvalidArgument):
        await client.list_log_entries(ListLogEntriesRequest({"resource_names": ["projects/demo"], **fields}))


@pytest.mark.parametrize("entry", [{"log_name": "stdout"}, {"log_name": LOG, "resource": {"labels": {"a": "b"}}}])
async def test_an_entry_without_log_or_resource_is_refused(client: Any, entry: dict[str, Any]) -> None:
    with pytest.raises(exceptions.InvalidArgument, match=r"entries\[0\]"):
        await client.write_log_entries(WriteLogEntriesRequest(entries=[LogEntry(entry)]))
