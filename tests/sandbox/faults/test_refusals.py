"""Codes, delays and dropped connections, as Google's own clients see them over gRPC and over REST."""

from __future__ import annotations

import socket
import time
from typing import Any

import grpc
import httpx2
import pytest
import requests
from google.api_core import exceptions
from google.cloud import run_v2
from google.protobuf import json_format
from google.rpc import error_details_pb2

from signoff_sandbox.server import RunningSandbox
from support.either_wire import EitherWire
from support.planted import PLACE, SERVICE
from support.sandbox import TOKEN, running_sandbox

LIST = "google.cloud.run.v2.Services/ListServices"
UPDATE = "google.cloud.run.v2.Services/UpdateService"


async def listed(wire: EitherWire, **options: Any) -> list[Any]:
    return await wire.everything(run_v2, "Services", "list_services", parent=PLACE, **options)


def detail(error: exceptions.GoogleAPICallError, kind: Any) -> Any:
    """The detail of that kind, which Google's clients hand on as JSON over REST."""
    for one in error.details:
        if isinstance(one, kind):
            return one
        if isinstance(one, dict) and one["@type"].endswith(f"/{kind.DESCRIPTOR.full_name}"):
            return json_format.ParseDict({key: one[key] for key in one if key != "@type"}, kind())
    raise AssertionError(f"no {kind.__name__} in {error.details}")


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("UNAVAILABLE", exceptions.ServiceUnavailable),
        ("PERMISSION_DENIED", exceptions.Forbidden),
        ("DEADLINE_EXCEEDED", exceptions.GatewayTimeout),
        ("INTERNAL", exceptions.InternalServerError),
        ("ABORTED", exceptions.Conflict),
    ],
)
async def test_a_code_is_the_clients_own_exception(
    planted: RunningSandbox, wire: EitherWire, plant: Any, code: str, seen: type[Exception]
) -> None:
    await plant(method=LIST, code=code, message="not today", times=1)
    with pytest.raises(seen, match="not today"):
        await listed(wire)
    assert len(await listed(wire)) == 1


async def test_too_many_requests_say_when_to_come_again(
    planted: RunningSandbox, wire: EitherWire, plant: Any, http: httpx2.AsyncClient
) -> None:
    await plant(method=LIST, code="RESOURCE_EXHAUSTED", retrySeconds=1.5)
    with pytest.raises(exceptions.TooManyRequests) as refused:
        await listed(wire)
    assert detail(refused.value, error_details_pb2.RetryInfo).retry_delay.ToMilliseconds() == 1500
    violation = detail(refused.value, error_details_pb2.QuotaFailure).violations[0]
    assert violation.subject == "projects/demo"
    info = detail(refused.value, error_details_pb2.ErrorInfo)
    assert (info.reason, info.metadata["service"]) == ("RATE_LIMIT_EXCEEDED", "run.googleapis.com")
    assert (await http.get(f"/v2/{PLACE}/services")).headers["retry-after"] == "2"


async def test_a_quota_lets_so_many_calls_through_and_comes_back(
    planted: RunningSandbox, wire: EitherWire, plant: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await plant(method="google.cloud.run.v2.Services/*", quota=2, perSeconds=3600)
    assert len(await listed(wire)) == 1
    await wire.call(run_v2, "Services", "get_service", name=SERVICE)
    with pytest.raises(exceptions.TooManyRequests, match=r"Quota exceeded.*2 per 3600 seconds") as refused:
        await listed(wire)
    seconds = detail(refused.value, error_details_pb2.RetryInfo).retry_delay.seconds
    assert 3500 < seconds <= 3600
    limit = detail(refused.value, error_details_pb2.ErrorInfo).metadata["quota_limit_value"]
    assert limit == "2"


async def test_latency_delays_the_answer_past_a_deadline(planted: RunningSandbox, wire: EitherWire, plant: Any) -> None:
    await plant(method=LIST, latencySeconds=0.3)
    began = time.monotonic()
    assert len(await listed(wire)) == 1
    assert time.monotonic() - began >= 0.3
    late = (exceptions.DeadlineExceeded, exceptions.RetryError, requests.exceptions.ReadTimeout)
    with pytest.raises(late):
        await listed(wire, timeout=0.05)


def test_a_sandbox_ends_while_calls_hang() -> None:
    """`running_sandbox` fails where the process does not end, or says anything."""
    with running_sandbox() as sandbox:
        sandbox.fault("google.cloud.run.v2.Services/*", latencySeconds=600)
        url = f"http://{sandbox.http}/v2/{PLACE}/services"
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.get(url, headers={"authorization": f"Bearer {TOKEN}"}, trust_env=False, timeout=0.2)
        with grpc.insecure_channel(sandbox.grpc) as channel, pytest.raises(grpc.RpcError):
            call = channel.unary_unary(f"/{LIST}")
            call(b"", timeout=0.2, metadata=(("authorization", f"Bearer {TOKEN}"),))
        hanging = socket.create_connection(("127.0.0.1", int(sandbox.http.rpartition(":")[2])))
        head = f"GET /v2/{PLACE}/services HTTP/1.1\r\nhost: sandbox\r\nauthorization: Bearer {TOKEN}\r\n\r\n"
        hanging.sendall(head.encode())
        while sandbox.calls().get(LIST, 0) != 3:
            pass
    hanging.close()


DROPPED = (exceptions.ServiceUnavailable, requests.exceptions.RequestException)


async def test_a_connection_dropped_before_the_work_leaves_nothing_done(
    planted: RunningSandbox, wire: EitherWire, plant: Any
) -> None:
    await plant(method=UPDATE, drop=True)
    with pytest.raises(DROPPED):
        await relabelled(wire)
    assert await generation(wire) == 7


async def test_a_connection_dropped_after_the_work_leaves_it_done(
    planted: RunningSandbox, wire: EitherWire, plant: Any
) -> None:
    await plant(method=UPDATE, dropAfter=True)
    with pytest.raises(DROPPED):
        await relabelled(wire)
    assert await generation(wire) == 8


async def relabelled(wire: EitherWire) -> None:
    service = await wire.call(run_v2, "Services", "get_service", name=SERVICE)
    service.template.labels["a"] = "b"
    await wire.call(run_v2, "Services", "update_service", service=service)


async def generation(wire: EitherWire) -> int:
    return (await wire.call(run_v2, "Services", "get_service", name=SERVICE)).generation


async def test_a_method_that_is_not_modelled_can_be_slow_or_broken_too(
    planted: RunningSandbox, wire: EitherWire, plant: Any
) -> None:
    from google.cloud import artifactregistry_v1

    method = "google.devtools.artifactregistry.v1.ArtifactRegistry/ListFiles"
    parent = f"{PLACE}/repositories/apps"
    with pytest.raises(exceptions.MethodNotImplemented, match=method):
        await wire.everything(artifactregistry_v1, "ArtifactRegistry", "list_files", parent=parent)
    await plant(method=method, code="UNAVAILABLE")
    with pytest.raises(exceptions.ServiceUnavailable):
        await wire.everything(artifactregistry_v1, "ArtifactRegistry", "list_files", parent=parent)
