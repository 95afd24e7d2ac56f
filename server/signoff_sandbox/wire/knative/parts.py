"""`run.namespaces.configurations` and `….routes`: the two halves of a service, of the same name, to be read only.

https://cloud.google.com/run/docs/reference/rest/v1/namespaces.configurations, …/namespaces.routes
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from signoff_sandbox.wire.knative import places
from signoff_sandbox.wire.knative.annotations import CREATOR, MODIFIER
from signoff_sandbox.wire.knative.meta import SERVING, condition, listing, object_meta
from signoff_sandbox.wire.knative.selectors import selected
from signoff_sandbox.wire.knative.services import GROUP, KIND, service_of
from signoff_sandbox.wire.paths import PathMethod, Visit, json_response
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.run_conditions import find as find_condition
from signoff_sandbox.world.run_names import short

#: Of each half: its collection, the condition of the service that is its own Ready, and its fields of spec and status.
HALVES = {
    "Configuration": (
        "configurations",
        "ConfigurationsReady",
        ("template",),
        ("observedGeneration", "latestCreatedRevisionName", "latestReadyRevisionName"),
    ),
    "Route": ("routes", "RoutesReady", ("traffic",), ("observedGeneration", "traffic", "url", "address")),
}


def half_of(cloud: Cloud, service: Any, kind: str) -> dict[str, Any]:
    """The Configuration or the Route of a stored v2 Service."""
    collection, ready, of_spec, of_status = HALVES[kind]
    whole = service_of(cloud, service)
    meta = object_meta(
        service,
        api=SERVING,
        collection=collection,
        labels={**service.labels, f"{GROUP}/service": short(service.name)},
        annotations={CREATOR: service.creator, MODIFIER: service.last_modifier},
    )
    status = {key: whole["status"][key] for key in of_status if key in whole["status"]}
    found = find_condition(service.conditions, ready)
    if found is not None:
        status["conditions"] = [{**condition(found), "type": "Ready"}]
    spec = {key: whole["spec"][key] for key in of_spec if key in whole["spec"]}
    return {"apiVersion": SERVING, "kind": kind, "metadata": meta, "spec": spec, "status": status}


def _getting(kind: str) -> Callable[[Visit], Any]:
    async def get(visit: Visit) -> Response:
        permission = f"run.{HALVES[kind][0]}.get"
        places.require(visit, permission, places.resource_of(visit, "services"))
        return json_response(half_of(visit.cloud, KIND.find(visit), kind))

    return get


def _listing(kind: str) -> Callable[[Visit], Any]:
    async def list_(visit: Visit) -> Response:
        place = places.place_of(visit)
        places.require(visit, f"run.{HALVES[kind][0]}.list", place)
        stored, unreachable = places.reached(visit, "services", place)
        items, more = selected(visit, [half_of(visit.cloud, service, kind) for service in stored])
        return json_response(listing(SERVING, f"{kind}List", items, more=more, unreachable=unreachable))

    return list_


ROUTES: tuple[PathMethod, ...] = tuple(
    method
    for kind, (collection, *_) in HALVES.items()
    for method in (
        *places.methods(GROUP, collection, "list", "GET", _listing(kind), missing="fieldSelector"),
        *places.methods(GROUP, collection, "get", "GET", _getting(kind), places.NAME),
    )
)
