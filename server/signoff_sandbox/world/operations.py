"""Long-running operations (google.longrunning): started by methods that take time, read by everybody."""

from __future__ import annotations

import traceback
import uuid
from collections.abc import Coroutine
from typing import Any, cast

import grpc
from google.longrunning.operations_pb2 import ListOperationsResponse, Operation
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from signoff_sandbox.wire.paging import page
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.collections import message_class
from signoff_sandbox.world.errors import ApiError, bug_of_sandbox, invalid_argument, not_found

COLLECTION = "operations"
LONGEST_WAIT_SECONDS = 30.0
#: Of operations that are done the newest are kept, as Google keeps them for some time only.
MOST_KEPT = 1000
_CODES = {code.value[0]: code for code in grpc.StatusCode}


def start(
    cloud: Cloud, parent: str, metadata: Message, work: Coroutine[Any, Any, Message], *, name: str | None = None
) -> Operation:
    """Begin `work` beside the requests and answer the operation that stands for it.

    `work` returns the operation's response, or raises ApiError, which becomes its error. `parent` is
    `projects/P/locations/L`; `name` is given where Google names operations otherwise (Cloud Build).
    """
    operation = Operation(name=name or f"{parent}/operations/{uuid.uuid4()}")
    operation.metadata.Pack(metadata)
    _put(cloud, operation, metadata)
    carry_out(cloud, operation.name, work)
    return operation


def carry_out(cloud: Cloud, name: str, work: Coroutine[Any, Any, Message]) -> None:
    """Do the work of an operation (full name) that is not done, as `start` has it."""
    task = cloud.spawn(_carry_out(cloud, name, work))
    cloud.operation_tasks[name] = task
    cloud.noted()

    def over(_: Any) -> None:
        cloud.operation_tasks.pop(name, None)

    task.add_done_callback(over)


def finished(cloud: Cloud, parent: str, metadata: Message, response: Message) -> Operation:
    """An operation that was done at once."""
    operation = Operation(name=f"{parent}/operations/{uuid.uuid4()}", done=True)
    operation.metadata.Pack(metadata)
    operation.response.Pack(response)
    _put(cloud, operation, metadata)
    return operation


def latest_of(cloud: Cloud, resource: str) -> str:
    """The name of the last operation on a resource (full name); empty if there was none."""
    if resource not in cloud.last_operations:  # of a time before this process: the state file has it
        found = (
            (update.seconds, update.nanos, name)
            for name, operation in cloud.store.items(COLLECTION)
            if (update := _updated(cast(Operation, operation), resource)) is not None
        )
        cloud.last_operations[resource] = max(found, default=(0, 0, ""))[2]
    return cloud.last_operations[resource]


def _updated(operation: Operation, resource: str) -> Any:
    """When the resource was written, if the operation is one on it. Cloud Run's alone are asked for by resource."""
    if not operation.metadata.TypeName().startswith("google.cloud.run.v2."):
        return None
    written = unpacked(operation.metadata)
    return written.update_time if written.name == resource else None


def _put(cloud: Cloud, operation: Operation, metadata: Message) -> None:
    cloud.store.put(COLLECTION, operation.name, operation)
    cloud.last_operations[str(getattr(metadata, "name", ""))] = operation.name
    names = cloud.store.names(COLLECTION)
    for name in names[: max(0, len(names) - MOST_KEPT)]:
        if _read(cloud, name).done:
            cloud.store.delete(COLLECTION, name)
            cloud.last_operations = {of: last for of, last in cloud.last_operations.items() if last != name}


def set_metadata(cloud: Cloud, name: str, metadata: Message) -> None:
    """Replace the metadata of an operation: in Cloud Run that is the resource as it is now."""
    operation = cloud.store.get(COLLECTION, name)
    if operation is not None:
        cast(Operation, operation).metadata.Pack(metadata)
        cloud.store.put(COLLECTION, name, operation)


async def outcome(cloud: Cloud, operation: Operation) -> Any:
    """The response of an operation, once it is done. Raises ApiError if it failed."""
    await cloud.store.wait_until(lambda: _read(cloud, operation.name).done)
    done = _read(cloud, operation.name)
    if done.HasField("error"):
        raise ApiError(_CODES[done.error.code], done.error.message)
    return unpacked(done.response)


def unpacked(packed: Any) -> Any:
    """The message in a google.protobuf.Any, of a type that the sandbox knows."""
    message = message_class(packed.TypeName())()
    packed.Unpack(message)
    return message


async def _carry_out(cloud: Cloud, name: str, work: Coroutine[Any, Any, Message]) -> None:
    error: ApiError | None = None
    response: Message | None = None
    try:
        response = await work
    except ApiError as known:
        error = known
    except Exception as bug:  # whoever waits must learn of it: an operation that never ends tells nothing
        traceback.print_exc()
        error = bug_of_sandbox(bug)
    _end(cloud, name, error, response)


def fail(cloud: Cloud, name: str, error: ApiError) -> None:
    """End an operation that nobody carries out any more."""
    _end(cloud, name, error, None)


def _end(cloud: Cloud, name: str, error: ApiError | None, response: Message | None) -> None:
    operation = cloud.store.get(COLLECTION, name)
    if not isinstance(operation, Operation) or operation.done:
        return
    operation.done = True
    if error is not None:
        operation.error.CopyFrom(error.status())
    elif response is not None:
        operation.response.Pack(response)
    cloud.store.put(COLLECTION, name, operation)


def _read(cloud: Cloud, name: str) -> Operation:
    found = cloud.store.get(COLLECTION, name)
    if found is None:
        raise not_found(name)
    return cast(Operation, found)


async def get_operation(cloud: Cloud, request: Any) -> Any:
    return _read(cloud, request.name)


async def list_operations(cloud: Cloud, request: Any) -> Any:
    if request.filter:
        raise invalid_argument("The sandbox does not model filters of operations.", filter="not modelled")
    response = ListOperationsResponse()
    parent = request.name.removesuffix("/operations")
    everything = [op for name, op in cloud.store.items(COLLECTION) if name.startswith(f"{parent}/operations/")]
    response.operations.extend(page(request, everything, response))
    return response


async def wait_operation(cloud: Cloud, request: Any) -> Any:
    """Answers when the operation is done, or as it is after the request's timeout."""
    seconds = request.timeout.ToTimedelta().total_seconds() if request.HasField("timeout") else LONGEST_WAIT_SECONDS
    await cloud.store.wait_until(lambda: _read(cloud, request.name).done, min(seconds, LONGEST_WAIT_SECONDS))
    return _read(cloud, request.name)


async def delete_operation(cloud: Cloud, request: Any) -> Any:
    _read(cloud, request.name)
    cloud.store.delete(COLLECTION, request.name)
    return Empty()


async def cancel_operation(cloud: Cloud, request: Any) -> Any:
    operation = _read(cloud, request.name)
    if not operation.done:
        operation.done = True
        operation.error.CopyFrom(ApiError(grpc.StatusCode.CANCELLED, "The operation was cancelled.").status())
        cloud.store.put(COLLECTION, operation.name, operation)
        task = cloud.operation_tasks.get(operation.name)
        if task is not None:
            task.cancel()
    return Empty()


METHODS: dict[str, Handler] = {
    "google.longrunning.Operations/GetOperation": get_operation,
    "google.longrunning.Operations/ListOperations": list_operations,
    "google.longrunning.Operations/WaitOperation": wait_operation,
    "google.longrunning.Operations/DeleteOperation": delete_operation,
    "google.longrunning.Operations/CancelOperation": cancel_operation,
}
PARTLY = {"google.longrunning.Operations/ListOperations": "a filter is refused"}
