"""Services of Cloud Run v2: create, update, delete."""

from __future__ import annotations

import uuid
from typing import Any

import grpc
from google.cloud.run_v2.types import IngressTraffic, Service

from signoff_sandbox.wire.masks import merged
from signoff_sandbox.world import identities, ingress, operations, run_access, run_reconciler, run_traffic, run_urls
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.errors import ApiError, aborted, already_exists, invalid_argument, not_found, unimplemented
from signoff_sandbox.world.run_conditions import State, set_condition, settle
from signoff_sandbox.world.run_defaults import complete
from signoff_sandbox.world.run_names import place_of, require_id, short
from signoff_sandbox.world.run_written import clear, keep_output, refuse_reserved_keys, without
from signoff_sandbox.world.store import copy_of

#: What only the platform writes; whatever a request says about it does not count.
OUTPUT = (
    "uid",
    "generation",
    "create_time",
    "delete_time",
    "expire_time",
    "creator",
    "observed_generation",
    "terminal_condition",
    "conditions",
    "latest_ready_revision",
    "latest_created_revision",
    "traffic_statuses",
    "uri",
    "urls",
    "satisfies_pzs",
    "reconciling",
    "etag",
)
#: A change in any other field is a new generation.
DESCRIPTIVE = (
    "name",
    "description",
    "labels",
    "annotations",
    "client",
    "client_version",
    "update_time",
    "last_modifier",
)


async def create_service(cloud: Cloud, request: Any) -> Any:
    refuse_reserved_keys("service", request.service, Service.pb()())
    return create(cloud, request.parent, request.service_id, request.service, validate_only=request.validate_only)


def create(cloud: Cloud, parent: str, service_id: str, wanted: Any, *, validate_only: bool = False) -> Any:
    """Create a service, whatever its labels; the operation. `wanted` is a v2 Service without a name."""
    require_id(service_id, "service_id")
    name = f"{parent}/services/{service_id}"
    if cloud.store.get("services", name) is not None:
        raise already_exists(name)
    service = copy_of(wanted)
    clear(service, OUTPUT)
    service.name = name
    service.uid = str(uuid.uuid4())
    service.generation = 1
    for stamp in (service.create_time, service.update_time):
        stamp.CopyFrom(cloud.now())
    service.creator = service.last_modifier = identities.current(cloud)
    if not service.ingress:
        service.ingress = IngressTraffic.INGRESS_TRAFFIC_ALL
    complete(service)
    _require_valid(service)
    run_access.require_act_as(cloud, name, service.template.service_account)
    if validate_only:
        return operations.finished(cloud, parent, service, service)
    service.uri = ingress.open_address(cloud, name, None)
    service.urls.extend([service.uri, *run_urls.urls(name)])
    return _write(cloud, service, service.template)


async def update_service(cloud: Cloud, request: Any) -> Any:
    wanted = request.service
    current: Any = cloud.store.get("services", wanted.name)
    refuse_reserved_keys("service", wanted, current or Service.pb()())
    mask = request.update_mask if request.HasField("update_mask") else None
    if current is None and request.allow_missing:
        parent, _, service_id = wanted.name.rpartition("/services/")
        return create(cloud, parent, service_id, wanted, validate_only=request.validate_only)
    return update(cloud, wanted, mask, validate_only=request.validate_only)


def update(cloud: Cloud, wanted: Any, mask: Any | None, *, validate_only: bool = False) -> Any:
    """Change a service, whatever its labels; the operation. An etag in `wanted` must be the current one."""
    current: Any = cloud.store.get("services", wanted.name)
    if current is None:
        raise not_found(wanted.name)
    if wanted.etag and wanted.etag != current.etag:
        raise aborted(wanted.name)
    service = merged(current, wanted, mask)
    keep_output(service, current, OUTPUT)
    service.name = current.name
    complete(service)
    _require_valid(service)
    before = copy_of(current)
    complete(before)  # what a state file left out is no difference
    renewed = service.template != before.template
    if renewed:
        run_access.require_act_as(cloud, service.name, service.template.service_account)
        _refuse_taken_revision(cloud, service)
    if validate_only:
        return operations.finished(cloud, place_of(service.name), service, service)
    service.update_time.CopyFrom(cloud.now())
    service.last_modifier = identities.current(cloud)
    if without(service, *OUTPUT, *DESCRIPTIVE) == without(before, *OUTPUT, *DESCRIPTIVE):
        service.etag = f'"{uuid.uuid4().hex[:16]}"'
        cloud.store.put("services", service.name, service)
        return operations.finished(cloud, place_of(service.name), service, service)
    service.generation += 1
    return _write(cloud, service, service.template if renewed else None)


async def delete_service(cloud: Cloud, request: Any) -> Any:
    service: Any = cloud.store.get("services", request.name)
    if service is None:
        raise not_found(request.name)
    if request.etag and request.etag != service.etag:
        raise aborted(request.name)
    place = place_of(request.name)
    service.delete_time.CopyFrom(cloud.now())
    if request.validate_only:
        return operations.finished(cloud, place, service, service)
    return operations.start(cloud, place, service, remove(cloud, service))


async def remove(cloud: Cloud, service: Any) -> Any:
    """Delete the service with its revisions and addresses, whatever it is doing; answers it as it was."""
    async with cloud.machine.lock(service.name):
        cloud.store.delete("services", service.name)
        await ingress.close_addresses(cloud, service.name)
        for item in cloud.store.list("revisions", service.name):
            revision: Any = item
            cloud.store.delete("revisions", revision.name)
            cloud.machine.drain(revision.name)
    cloud.iam_policies.pop(service.name, None)
    return service


def _write(cloud: Cloud, service: Any, template: Any | None) -> Any:
    """Store the new desired state and begin to reconcile it."""
    now = cloud.now()
    service.reconciling = True
    service.etag = f'"{uuid.uuid4().hex[:16]}"'
    parts = run_reconciler.PARTS if template is not None else ("RoutesReady",)
    for part in parts:
        set_condition(service.conditions, part, State.CONDITION_RECONCILING, now)
    settle(service, "Ready", parts=run_reconciler.PARTS, now=now)
    cloud.store.put("services", service.name, service)
    work = run_reconciler.reconcile(
        cloud, service.name, service.generation, None if template is None else copy_of(template)
    )
    return operations.start(cloud, place_of(service.name), service, work)


def _require_valid(service: Any) -> None:
    containers = service.template.containers
    if not containers:
        raise invalid_argument("template.containers: at least one container is required.", template="no container")
    for index, container in enumerate(containers):
        if not container.image:
            raise invalid_argument(
                f"template.containers[{index}].image: must not be empty.", template=f"containers[{index}].image"
            )
        for kind in ("startup_probe", "liveness_probe"):
            if getattr(container, kind).HasField("grpc"):
                raise unimplemented(f"template.containers[{index}].{kind}.grpc")
    if sum(1 for container in containers if container.ports) != 1:
        raise invalid_argument(
            "Exactly one container must have a port: it is the one that gets the requests.", template="ports"
        )
    revision = service.template.revision
    if revision and not revision.startswith(f"{short(service.name)}-"):
        raise invalid_argument(
            f"template.revision: '{revision}' must begin with '{short(service.name)}-'.", template="revision"
        )
    run_traffic.require_valid(service.traffic)


def _refuse_taken_revision(cloud: Cloud, service: Any) -> None:
    """A template that names its revision can be used once: revisions never change."""
    revision = service.template.revision
    if revision and cloud.store.get("revisions", f"{service.name}/revisions/{revision}") is not None:
        raise ApiError(
            grpc.StatusCode.ALREADY_EXISTS,
            f"Revision named '{revision}' with different configuration already exists.",
        )


METHODS: dict[str, Handler] = {
    "google.cloud.run.v2.Services/CreateService": create_service,
    "google.cloud.run.v2.Services/UpdateService": update_service,
    "google.cloud.run.v2.Services/DeleteService": delete_service,
}
KEPT = (
    "VPC access, volumes other than secrets, GPUs, encryption, build configuration, IAP, manual scaling, session "
    "affinity and limits of CPU and memory are kept, not used; probes ask the port that gets the requests, those by "
    "gRPC are refused; containers start at once, whatever they depend on"
)
PARTLY = {
    "google.cloud.run.v2.Services/CreateService": KEPT,
    "google.cloud.run.v2.Services/UpdateService": KEPT,
    "google.cloud.run.v2.Services/DeleteService": "gone at once: nothing is kept for show_deleted",
}
