"""Cloud Logging over Google's client: write, list, order, pages, ingestion lag."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import httpx2
import pytest
from google.api.monitored_resource_pb2 import MonitoredResource
from google.api_core import exceptions
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2AsyncClient
from google.cloud.logging_v2.types import (
    ListLogEntriesRequest,
    LogEntry,
    WriteLogEntriesPartialErrors,
    WriteLogEntriesRequest,
)
from google.protobuf import json_format

from signoff_sandbox.server import RunningSandbox
from signoff_sandbox.world import run_logs
from signoff_sandbox.world.projects import number_of
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


async def test_an_entry_belongs_to_its_project(client: Any) -> None:
    await client.write_log_entries(log_name=LOG, resource={"type": "global"}, entries=[LogEntry(text_payload="x")])
    (entry,) = await listed(client)
    assert dict(entry.resource.labels) == {"project_id": "demo"}


async def test_one_wrong_entry_refuses_all_unless_the_others_are_wanted(client: Any) -> None:
    entries = [LogEntry(text_payload="good"), LogEntry(text_payload="x" * 300_000)]
    request: dict[str, Any] = {"log_name": LOG, "resource": RESOURCE, "entries": entries}
    with pytest.raises(exceptions.InvalidArgument, match=r"Log entry with size 29\d\.\dK exceeds .* 256\.0K"):
        await client.write_log_entries(WriteLogEntriesRequest(request))
    assert await listed(client) == []
    with pytest.raises(exceptions.InvalidArgument) as refused:
        await client.write_log_entries(WriteLogEntriesRequest({**request, "partial_success": True}))
    (packed,) = refused.value.details
    each = WriteLogEntriesPartialErrors.pb().FromString(packed.value).log_entry_errors
    assert (list(each), each[1].code) == ([1], 3)
    assert [entry.text_payload for entry in await listed(client)] == ["good"]


async def test_a_deleted_log_is_gone_until_it_is_written_again(client: Any) -> None:
    await write(client, "one")
    await client.delete_log(log_name=LOG)
    assert await listed(client) == []
    with pytest.raises(exceptions.NotFound):
        await client.delete_log(log_name=LOG)
    await write(client, "one")
    assert [entry.text_payload for entry in await listed(client)] == ["one"]
    with pytest.raises(exceptions.InvalidArgument):
        await client.delete_log(log_name="stdout")


async def test_the_types_of_resources_are_told(client: Any) -> None:
    found = {one.type: one async for one in await client.list_monitored_resource_descriptors()}
    assert {"cloud_run_revision", "cloud_run_job", "cloud_scheduler_job", "build", "global"} <= set(found)
    assert "service_name" in [label.key for label in found["cloud_run_revision"].labels]


async def test_tailing_is_not_modelled_and_says_so(client: Any) -> None:
    async def nothing() -> AsyncIterator[Any]:
        for request in ():
            yield request

    with pytest.raises(exceptions.MethodNotImplemented, match="LoggingServiceV2/TailLogEntries"):
        async for _ in await client.tail_log_entries(nothing()):
            pass


async def test_whole_numbers_are_written_as_google_writes_them(client: Any, http: httpx2.AsyncClient) -> None:
    payload = {"count": 3, "share": 0.5, "big": 1e300}
    await client.write_log_entries(log_name=LOG, resource=RESOURCE, entries=[LogEntry(json_payload=payload)])
    answer = await http.post("/v2/entries:list", json={"resourceNames": ["projects/demo"]})
    assert '"count": 3' in answer.text
    assert '"count": 3.0' not in answer.text
    assert answer.json()["entries"][0]["jsonPayload"] == payload


async def test_what_a_container_says_of_its_lines_is_lifted_out(running: RunningSandbox) -> None:
    resource = run_logs.revision_resource("projects/demo/locations/us-central1/services/web", "web-1")
    take = run_logs.output(running.cloud, resource)
    special = {
        "severity": "notice",
        "time": "2026-01-02T03:04:05.5Z",
        "httpRequest": {"status": "502", "latency": "0.5s", "unheardOf": 1},
        "logging.googleapis.com/trace": "projects/demo/traces/abc",
        "logging.googleapis.com/spanId": "00f0",
        "logging.googleapis.com/trace_sampled": True,
        "logging.googleapis.com/sourceLocation": {"file": "main.py", "line": 12, "function": "f"},
        "logging.googleapis.com/operation": {"id": "o", "first": True},
        "logging.googleapis.com/labels": {"team": "web"},
        "message": "m",
    }
    take("stdout", json.dumps(special).encode())
    take("stderr", b'{"n": 1, "httpRequest": {"status": "bad"}, "time": "yesterday"}')
    first, second = running.cloud.logbook.everything()
    assert (first.text_payload, first.severity, first.labels["team"]) == ("m", 300, "web")
    assert first.timestamp.ToJsonString() == "2026-01-02T03:04:05.500Z"
    assert (first.http_request.status, first.http_request.latency.nanos) == (502, 500_000_000)
    assert (first.trace, first.span_id, first.trace_sampled) == ("projects/demo/traces/abc", "00f0", True)
    assert (first.source_location.file, first.source_location.line, first.operation.id) == ("main.py", 12, "o")
    assert (second.log_name.rpartition("%2F")[2], second.severity) == ("stderr", 0)
    payload = json_format.MessageToDict(second.json_payload)
    assert payload == {"n": 1, "httpRequest": {"status": "bad"}, "time": "yesterday"}, "what does not fit stays"


async def test_a_project_can_be_named_by_its_number(client: Any) -> None:
    by_number = LOG.replace("projects/demo", f"projects/{number_of('demo')}")
    await client.write_log_entries(log_name=by_number, resource=RESOURCE, entries=[LogEntry(text_payload="x")])
    request = ListLogEntriesRequest(resource_names=[f"projects/{number_of('demo')}"])
    assert [entry.log_name async for entry in await client.list_log_entries(request)] == [LOG]


async def test_a_function_that_filters_do_not_have_here_is_not_modelled_and_says_so(client: Any) -> None:
    with pytest.raises(exceptions.MethodNotImplemented, match="The function 'sample' of Cloud Logging's filters"):
        await listed(client, "severity>=ERROR sample(insertId, 0.1)")


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
