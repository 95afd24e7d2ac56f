"""IAM of services, jobs and worker pools at its v1 paths; what is asked and answered is that of v2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.json_format import MessageToDict
from starlette.responses import Response

from signoff_sandbox.wire.knative import places
from signoff_sandbox.wire.paths import PathMethod, Visit, json_response
from signoff_sandbox.wire.table import rpcs
from signoff_sandbox.wire.transcode import read_request
from signoff_sandbox.world import iam

#: The collection in v1's paths, the service of v2, and the collection in the store.
COLLECTIONS = (
    ("services", "Services", "services"),
    ("jobs", "Jobs", "jobs"),
    ("workerpools", "WorkerPools", "workerPools"),
)
METHODS = (
    ("getIamPolicy", "GET", "GetIamPolicy"),
    ("setIamPolicy", "POST", "SetIamPolicy"),
    ("testIamPermissions", "POST", "TestIamPermissions"),
)


def _answering(collection: str, stored: str, rpc: str, name: str) -> Callable[[Visit], Any]:
    async def answer(visit: Visit) -> Response:
        resource = places.resource_of(visit, stored)
        kind = rpcs()[rpc].request_class()
        body = None if visit.request.method == "GET" else "*"
        query = visit.request.query_params.multi_items()
        request: Any = read_request(kind, {"resource": resource}, query, await visit.request.body(), body)
        if name == "testIamPermissions":  # may be asked of what does not exist yet
            return json_response(MessageToDict(iam.granted(visit.cloud, request)))
        places.require(visit, f"run.{collection}.{name}", resource)
        answered = await iam.METHODS[rpc](visit.cloud, request)
        return json_response(MessageToDict(answered))

    return answer


ROUTES: tuple[PathMethod, ...] = tuple(
    PathMethod(
        f"run.projects.locations.{collection}.{name}",
        (verb,),
        places.located(collection, f"{places.NAME}:{name}"),
        _answering(collection, stored, f"google.cloud.run.v2.{service}/{rpc}", name),
    )
    for collection, service, stored in COLLECTIONS
    for name, verb, rpc in METHODS
)
