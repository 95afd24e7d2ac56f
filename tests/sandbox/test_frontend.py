"""What Google's front end answers by itself, what it adds, and what the log says of both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from google.cloud import run_v2

from support.apps import Hold, obedient
from support.cloudrun import IMAGE, Lab, lab

TRACE = "105445aa7843bc8bf206b12000100000"


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path, pending_seconds=0.05) as made:
        await made.build(obedient())
        yield made


@pytest.fixture
def hold(tmp_path: Path) -> Hold:
    return Hold(tmp_path / "hold")


async def deploy(cloud: Lab, hold: Hold, **template: Any) -> run_v2.Service:
    container = {"image": f"{IMAGE}:latest", "env": [hold.variable]}
    return await cloud.create("", template={"containers": [container], **template})


def last(cloud: Lab) -> Any:
    return cloud.entries("requests")[-1]


@pytest.mark.parametrize("path", ["/healthz", "/eventlog", "/_ah/warmup"])
async def test_reserved_paths_never_reach_the_container_nor_the_log(cloud: Lab, hold: Hold, path: str) -> None:
    service = await deploy(cloud, hold)
    answer = await cloud.http.get(f"{service.uri}{path}")
    assert (answer.status_code, answer.headers["server"]) == (404, "Google Frontend")
    assert f"<code>{path}</code> was not found on this server" in answer.text
    assert "That's all we know." in answer.text
    assert not cloud.entries("requests")


async def test_trace_is_no_method_of_cloud_run(cloud: Lab, hold: Hold) -> None:
    service = await deploy(cloud, hold)
    assert (await cloud.http.request("TRACE", service.uri)).status_code == 405


async def test_the_container_learns_who_asked_and_to_which_trace_that_belongs(cloud: Lab, hold: Hold) -> None:
    service = await deploy(cloud, hold)
    sent = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "x-forwarded-for": "1.2.3.4"}
    answer = await cloud.http.get(f"{service.uri}/headers", headers=sent)
    seen = answer.json()
    assert seen["x-forwarded-for"] == "1.2.3.4, 127.0.0.1"
    assert seen["x-forwarded-proto"] == "https"
    assert seen["traceparent"] == sent["traceparent"]
    assert seen["x-cloud-trace-context"] == f"{TRACE}/{int('00f067aa0ba902b7', 16)};o=1"
    assert answer.headers["x-cloud-trace-context"] == f"{TRACE};o=1"
    assert answer.headers["server"] == "Google Frontend"


async def test_a_request_without_a_trace_gets_one_which_the_log_has_too(cloud: Lab, hold: Hold) -> None:
    service = await deploy(cloud, hold)
    seen = (await cloud.http.get(f"{service.uri}/headers")).json()
    version, trace, span, sampled = seen["traceparent"].split("-")
    assert (version, sampled) == ("00", "00")
    assert (last(cloud).trace, last(cloud).span_id) == (f"projects/demo/traces/{trace}", span)


@pytest.mark.parametrize("path", ["/die", "/garbage"])
async def test_a_broken_answer_is_a_503_in_googles_words(cloud: Lab, hold: Hold, path: str) -> None:
    service = await deploy(cloud, hold)
    answer = await cloud.http.get(f"{service.uri}{path}")
    assert (answer.status_code, answer.text) == (503, "Service Unavailable")
    assert last(cloud).text_payload == (
        "The request failed because either the HTTP response was malformed or connection to the instance had an error. "
        "Additional troubleshooting documentation can be found at: "
        "https://cloud.google.com/run/docs/troubleshooting#malformed-response-or-connection-error"
    )
    assert (last(cloud).severity, "instanceId" in last(cloud).labels) == (500, True)
    assert (await cloud.http.get(f"{service.uri}/pid")).status_code == 200


async def test_a_container_that_dies_says_so_in_the_system_log(cloud: Lab, hold: Hold) -> None:
    service = await deploy(cloud, hold)
    await cloud.http.get(f"{service.uri}/die")
    await cloud.until_logged("varlog%2Fsystem", "Container called exit(3).")
    said = next(e for e in cloud.entries("varlog%2Fsystem") if "exit(3)" in e.text_payload)
    assert (said.severity, said.labels["instanceId"]) == (400, last(cloud).labels["instanceId"])


async def test_without_an_instance_that_may_take_it_a_request_is_a_429(cloud: Lab, hold: Hold) -> None:
    limits = {"max_instance_request_concurrency": 1, "scaling": {"max_instance_count": 1}}
    service = await deploy(cloud, hold, **limits)
    first = asyncio.create_task(cloud.http.get(f"{service.uri}/hold/a"))
    await cloud.until_true(lambda: hold.holds("a"))
    answer = await cloud.http.get(service.uri)
    assert (answer.status_code, answer.text) == (429, "Rate exceeded.")
    entry = last(cloud)
    assert entry.text_payload.startswith("The request was aborted because there was no available instance. The Cloud")
    assert (entry.severity, entry.http_request.status, dict(entry.labels)) == (400, 429, {})
    hold.free("a")
    assert (await first).status_code == 200
    assert (await cloud.http.get(service.uri)).status_code == 200


async def test_a_request_beyond_the_concurrency_gets_another_instance(cloud: Lab, hold: Hold) -> None:
    service = await deploy(cloud, hold, max_instance_request_concurrency=1)
    first = asyncio.create_task(cloud.http.get(f"{service.uri}/hold/a"))
    await cloud.until_true(lambda: hold.holds("a"))
    assert (await cloud.http.get(f"{service.uri}/pid")).status_code == 200
    assert cloud.running(service.latest_ready_revision) == 2
    hold.free("a")
    await first
    ids = {entry.labels["instanceId"] for entry in cloud.entries("requests")}
    assert len(ids) == 2
    reasons = [e.text_payload for e in cloud.entries("varlog%2Fsystem") if e.text_payload.startswith("Starting new")]
    assert [reason.split()[4] for reason in reasons] == ["DEPLOYMENT_ROLLOUT", "AUTOSCALING"]


async def test_an_instance_that_cannot_start_any_more_is_a_500(cloud: Lab, hold: Hold) -> None:
    service = await deploy(cloud, hold)
    cloud.cloud.machine.drain(service.latest_ready_revision)
    cloud.cloud.store.delete("dockerImages", next(iter(cloud.cloud.store.names("dockerImages"))))
    answer = await cloud.http.get(service.uri)
    assert answer.status_code == 500
    assert "<h1>Error: Server Error</h1>" in answer.text
    assert last(cloud).text_payload.startswith("The request failed because the instance could not start successfully.")


async def test_what_takes_too_long_is_a_504_in_googles_words(cloud: Lab, hold: Hold) -> None:
    service = await deploy(cloud, hold, timeout={"nanos": 200_000_000})
    answer = await cloud.http.get(f"{service.uri}/hold/a")
    hold.free("a")
    assert (answer.status_code, answer.text) == (504, "upstream request timeout")
    assert last(cloud).text_payload == (
        "The request has been terminated because it has reached the maximum request timeout. To change this limit, see "
        "https://cloud.google.com/run/docs/configuring/request-timeout"
    )
    assert last(cloud).severity == 500
