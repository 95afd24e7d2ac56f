"""`run.projects.locations.operations` of v1: the operations of v2, with Knative objects in them.

`gcloud run deploy` waits here for the operation that a service's annotation `run.googleapis.com/operation-id` names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from google.cloud.run_v2.types import Execution, Job, Service, WorkerPool
from google.longrunning.operations_pb2 import Operation
from google.protobuf import json_format
from starlette.responses import Response

from signoff_sandbox.wire.knative import places
from signoff_sandbox.wire.knative.executions import execution_of
from signoff_sandbox.wire.knative.jobs import job_of
from signoff_sandbox.wire.knative.services import service_of
from signoff_sandbox.wire.knative.worker_pools import worker_pool_of
from signoff_sandbox.wire.paths import PathMethod, Visit, json_response
from signoff_sandbox.wire.table import rpcs
from signoff_sandbox.wire.transcode import read_request
from signoff_sandbox.world import operations
from signoff_sandbox.world.cloud import Cloud

#: v2 types that operations carry, with their v1 name and object. An operation of another type has none in v1.
OBJECTS: tuple[tuple[Any, str, Callable[[Cloud, Any], dict[str, Any]]], ...] = (
    (Service.pb(), "google.cloud.run.v1.Service", service_of),
    (Job.pb(), "google.cloud.run.v1.Job", job_of),
    (Execution.pb(), "google.cloud.run.v1.Execution", execution_of),
    (WorkerPool.pb(), "google.cloud.run.v1.WorkerPool", worker_pool_of),
)


def operation_of(cloud: Cloud, operation: Any) -> dict[str, Any]:
    """The v1 object of a v2 Operation."""
    made: dict[str, Any] = {"name": operation.name}
    for field in ("metadata", "response"):
        carried = getattr(operation, field)
        for kind, name, object_of in OBJECTS:
            message = kind()
            if carried.Unpack(message):
                made[field] = {"@type": f"type.googleapis.com/{name}", **object_of(cloud, message)}
    if operation.done:
        made["done"] = True
    if operation.HasField("error"):
        made["error"] = json_format.MessageToDict(operation.error)
    return made


def _answering(method: str, permission: str) -> Callable[[Visit], Any]:
    """The handler of a v2 method of operations, asked over v1."""

    async def answer(visit: Visit) -> Response:
        place = f"projects/{unquote(visit.path['project'])}/locations/{unquote(visit.path['location'])}"
        name = f"{place}/operations/{unquote(visit.path['name'])}" if "name" in visit.path else place
        places.require(visit, permission, name)
        kind = rpcs()[method].request_class()
        query = visit.request.query_params.multi_items()
        request = read_request(kind, {"name": name}, query, await visit.request.body(), "*")
        found = await operations.METHODS[method](visit.cloud, request)
        if isinstance(found, Operation):
            return json_response(operation_of(visit.cloud, found))
        if hasattr(found, "operations"):
            shown = [operation_of(visit.cloud, one) for one in found.operations]
            more = {"nextPageToken": found.next_page_token} if found.next_page_token else {}
            return json_response({"operations": shown, **more})
        return json_response({})

    return answer


def _route(name: str, verb: str, method: str, permission: str, tail: str = places.NAME) -> PathMethod:
    return PathMethod(
        f"run.projects.locations.operations.{name}",
        (verb,),
        places.located("operations", tail),
        _answering(f"google.longrunning.Operations/{method}", f"run.operations.{permission}"),
        host=places.RUN_HOST,
    )


ROUTES: tuple[PathMethod, ...] = (
    _route("wait", "POST", "WaitOperation", "get", f"{places.NAME}:wait"),
    _route("get", "GET", "GetOperation", "get"),
    _route("list", "GET", "ListOperations", "list", ""),
    _route("delete", "DELETE", "DeleteOperation", "delete"),
)
