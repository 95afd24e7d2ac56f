"""Get and list of what is only stored: the resources of Cloud Run v2.

Changing methods live with what they change (`run_services.py`, `run_jobs.py`, …).
"""

from __future__ import annotations

from typing import Any

from signoff_sandbox.wire.paging import page
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.collections import message_class
from signoff_sandbox.world.errors import invalid_argument, not_found

RUN = "google.cloud.run.v2"
#: service of the RPC, one, many, collection; the list's field is the collection in snake_case.
KINDS = (
    ("Services", "Service", "services", "services"),
    ("Revisions", "Revision", "revisions", "revisions"),
    ("Jobs", "Job", "jobs", "jobs"),
    ("Executions", "Execution", "executions", "executions"),
    ("Tasks", "Task", "tasks", "tasks"),
    ("WorkerPools", "WorkerPool", "workerPools", "worker_pools"),
)
#: Histories, as people are shown them.
NEWEST_FIRST = ("revisions", "executions")


def _getter(collection: str) -> Handler:
    async def get(cloud: Cloud, request: Any) -> Any:
        found = cloud.store.get(collection, request.name)
        if found is None:
            raise not_found(request.name)
        return found

    return get


def _lister(collection: str, field: str, response_type: str) -> Handler:
    async def list_(cloud: Cloud, request: Any) -> Any:
        # https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/list
        # v2 does not accept the location wildcard that v1 has; `services/-` and `jobs/-` below it are fine.
        segments = request.parent.split("/")
        if len(segments) < 4 or segments[0] != "projects" or segments[2] != "locations" or "" in segments:
            raise invalid_argument(f"Invalid parent '{request.parent}'.", parent="not projects/P/locations/L")
        if segments[3] == "-":
            raise invalid_argument(
                f"Invalid parent '{request.parent}': the location must be named, '-' is not accepted.",
                parent="location '-' is not accepted",
            )
        response: Any = message_class(response_type)()
        items: list[Any] = [item for item in cloud.store.list(collection, request.parent) if _shown(item, request)]
        if collection in NEWEST_FIRST:
            items.sort(key=lambda item: (item.create_time.seconds, item.create_time.nanos), reverse=True)
        getattr(response, field).extend(page(request, items, response))
        return response

    return list_


def _shown(item: Any, request: Any) -> bool:
    return bool(request.show_deleted) or not item.HasField("delete_time")


METHODS: dict[str, Handler] = {}
for _rpc, _one, _collection, _field in KINDS:
    METHODS[f"{RUN}.{_rpc}/Get{_one}"] = _getter(_collection)
    METHODS[f"{RUN}.{_rpc}/List{_rpc}"] = _lister(_collection, _field, f"{RUN}.List{_rpc}Response")
