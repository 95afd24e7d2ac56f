"""Revisions: made from the template of a service, retired, deleted."""

from __future__ import annotations

import uuid
from typing import Any

from google.cloud.run_v2.types import Condition, Revision

from signoff_sandbox.world import operations, run_traffic, run_worker_revisions
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.errors import failed_precondition, not_found
from signoff_sandbox.world.image_refs import resolve
from signoff_sandbox.world.run_conditions import OfRevision, State, find, set_condition
from signoff_sandbox.world.run_names import place_of, short
from signoff_sandbox.world.run_written import new_revision_name, take_fields

PARTS = ("ResourcesAvailable", "ContainerReady", "ContainerHealthy")
#: Fields of a template that a revision has under the same name.
COPIED = (
    "labels",
    "annotations",
    "scaling",
    "vpc_access",
    "timeout",
    "service_account",
    "volumes",
    "execution_environment",
    "encryption_key",
    "max_instance_request_concurrency",
    "service_mesh",
    "encryption_key_revocation_action",
    "encryption_key_shutdown_duration",
    "session_affinity",
    "node_selector",
    "gpu_zonal_redundancy_disabled",
)

#: The image that was asked for, as clients of Knative note it: the containers of a revision name digests.
USER_IMAGE = "client.knative.dev/user-image"


def create(cloud: Cloud, service: Any, template: Any) -> Any:
    """Store a new revision of the service and return it. Images become digests here, once and for all."""
    name = f"{service.name}/revisions/{template.revision or new_revision_name(cloud, service)}"
    now = cloud.now()
    revision = Revision.pb()(
        name=name,
        uid=str(uuid.uuid4()),
        generation=1,
        create_time=now,
        update_time=now,
        launch_stage=service.launch_stage,
        service=short(service.name),
        creator=service.last_modifier or service.creator,
        etag=f'"{uuid.uuid4().hex[:16]}"',
        reconciling=True,
        log_uri=f"https://console.cloud.google.com/logs/viewer?resource=cloud_run_revision/service_name/"
        f"{short(service.name)}/revision_name/{short(name)}",
    )
    take_fields(revision, template, COPIED)
    for container in template.containers:
        copied = revision.containers.add()
        copied.CopyFrom(container)
        copied.image = resolve(cloud, container.image) or container.image
    asked = main_container(template).image
    if asked != main_container(revision).image:
        revision.annotations[USER_IMAGE] = asked
    for part in ("Ready", *PARTS):
        set_condition(revision.conditions, part, State.CONDITION_RECONCILING, now)
    cloud.store.put("revisions", name, revision)
    return revision


def main_container(template: Any) -> Any:
    """The container of a template or revision that gets requests: the one with a port; a single one needs none."""
    return next((one for one in template.containers if one.ports), template.containers[0])


def service_of(revision: str) -> str:
    """The full name of a revision's service."""
    return revision.partition("/revisions/")[0]


def retire(cloud: Cloud, name: str, *, active: bool) -> None:
    """Note in a ready revision whether it still gets traffic."""
    revision: Any = cloud.store.get("revisions", name)
    if revision is None or revision.reconciling:
        return
    known = find(revision.conditions, "Active")
    if known is not None and (known.state == State.CONDITION_SUCCEEDED) == active:
        return
    if active:
        set_condition(revision.conditions, "Active", State.CONDITION_SUCCEEDED, cloud.now())
    else:
        set_condition(
            revision.conditions,
            "Active",
            State.CONDITION_FAILED,
            cloud.now(),
            message="Revision retired.",
            revision_reason=OfRevision.RETIRED,
            severity=Condition.Severity.INFO,
        )
    cloud.store.put("revisions", name, revision)


async def delete_revision(cloud: Cloud, request: Any) -> Any:
    revision: Any = cloud.store.get("revisions", request.name)
    if revision is None:
        raise not_found(request.name)
    if "/workerPools/" in request.name:
        run_worker_revisions.refuse_serving(cloud, request.name)
    service: Any = cloud.store.get("services", service_of(request.name))
    if service is not None and short(request.name) in {route.revision for route in run_traffic.routes(cloud, service)}:
        raise failed_precondition(f"Revision '{short(request.name)}' receives traffic and cannot be deleted.")
    if service is not None and service.latest_created_revision == request.name:
        raise failed_precondition(f"Revision '{short(request.name)}' is the latest created and cannot be deleted.")
    cloud.store.delete("revisions", request.name)
    revision.delete_time.CopyFrom(cloud.now())

    async def stop() -> Any:
        cloud.machine.drain(request.name)
        return revision

    return operations.start(cloud, place_of(request.name), revision, stop())


METHODS: dict[str, Handler] = {"google.cloud.run.v2.Revisions/DeleteRevision": delete_revision}
PARTLY = {"google.cloud.run.v2.Revisions/DeleteRevision": "gone at once: nothing is kept for show_deleted"}
