"""Long-running operations: what work becomes, waiting, cancelling."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import grpc
import pytest
from google.api_core import exceptions
from google.cloud import run_v2
from google.longrunning import operations_pb2
from google.protobuf.duration_pb2 import Duration

from signoff_sandbox.server import RunningSandbox
from signoff_sandbox.world import operations
from signoff_sandbox.world.errors import failed_precondition
from support.google_clients import over_grpc
from support.planted import PLACE

Service: Any = run_v2.Service.pb()


@pytest.fixture
def client(connected: grpc.aio.Channel) -> Any:
    return over_grpc(run_v2.ServicesAsyncClient, connected)


def begin(running: RunningSandbox, work: Coroutine[Any, Any, Any]) -> str:
    return str(operations.start(running.cloud, PLACE, Service(name="before"), work).name)


async def wait(connected: grpc.aio.Channel, name: str, seconds: int = 10) -> Any:
    """WaitOperation without Google's async client, which forgets to read its answer."""
    call = connected.unary_unary(
        "/google.longrunning.Operations/WaitOperation",
        request_serializer=operations_pb2.WaitOperationRequest.SerializeToString,
        response_deserializer=operations_pb2.Operation.FromString,
    )
    return await call(operations_pb2.WaitOperationRequest(name=name, timeout=Duration(seconds=seconds)))


async def test_work_that_ends_is_the_response(
    client: Any, running: RunningSandbox, connected: grpc.aio.Channel
) -> None:
    gate = asyncio.Event()

    async def work() -> Any:
        await gate.wait()
        return Service(name="after")

    name = begin(running, work())
    assert name.startswith(f"{PLACE}/operations/")
    operation = await client.get_operation({"name": name})
    assert not operation.done
    assert operation.metadata.type_url == "type.googleapis.com/google.cloud.run.v2.Service"
    assert not (await wait(connected, name, 0)).done
    operations.set_metadata(running.cloud, name, Service(name="between"))
    waiting = asyncio.create_task(wait(connected, name))
    gate.set()
    done = await waiting
    response, metadata = Service(), Service()
    assert done.response.Unpack(response)
    assert done.metadata.Unpack(metadata)
    assert (done.done, response.name, metadata.name) == (True, "after", "between")


async def test_an_error_of_the_work_is_the_operations(connected: grpc.aio.Channel, running: RunningSandbox) -> None:
    async def work() -> Any:
        raise failed_precondition("no such image")

    done = await wait(connected, begin(running, work()))
    assert (done.done, done.error.code, done.error.message) == (True, 9, "no such image")


async def test_a_bug_of_the_work_ends_the_operation_too(
    connected: grpc.aio.Channel, running: RunningSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    async def work() -> Any:
        raise ZeroDivisionError("bug")

    done = await wait(connected, begin(running, work()))
    assert (done.error.code, done.error.message) == (13, "sandbox bug: ZeroDivisionError: bug")
    assert "ZeroDivisionError" in capsys.readouterr().err


async def test_a_cancelled_operation_ends_its_work(client: Any, running: RunningSandbox) -> None:
    ended = asyncio.Event()

    async def work() -> Any:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    name = begin(running, work())
    await asyncio.sleep(0)
    await operations.cancel_operation(running.cloud, operations_pb2.CancelOperationRequest(name=name))
    await asyncio.wait_for(ended.wait(), 5)
    operation = await client.get_operation({"name": name})
    assert (operation.done, operation.error.code) == (True, grpc.StatusCode.CANCELLED.value[0])


async def test_operations_are_listed_and_deleted(client: Any, running: RunningSandbox) -> None:
    done = operations.finished(running.cloud, PLACE, Service(), Service(name="x"))
    listed = await client.list_operations({"name": PLACE})
    assert [operation.name for operation in listed.operations] == [done.name]
    await client.delete_operation({"name": done.name})
    for gone in (client.get_operation, client.wait_operation, client.delete_operation):
        with pytest.raises(exceptions.NotFound):
            await gone({"name": done.name})


async def test_close_ends_work_that_is_under_way(client: Any, running: RunningSandbox) -> None:
    ended = asyncio.Event()

    async def work() -> Any:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    begin(running, work())
    await asyncio.sleep(0)
    await running.cloud.close()
    assert ended.is_set()
