"""Worker pools of Cloud Run v2: create, update, delete."""

from __future__ import annotations

import uuid
from typing import Any

from google.api.launch_stage_pb2 import LaunchStage
from google.cloud.run_v2.types import WorkerPool
from google.protobuf.unknown_fields import UnknownFieldSet

from signoff_sandbox.wire.masks import merged
from signoff_sandbox.world import identities, operations, run_instance_splits, run_worker_reconciler
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.errors import aborted, already_exists, invalid_argument, not_found, unimplemented
from signoff_sandbox.world.run_conditions import State, set_terminal
from signoff_sandbox.world.run_defaults import limit
from signoff_sandbox.world.run_names import place_of, project_of, require_id, short
from signoff_sandbox.world.run_written import clear, keep_output, refuse_reserved_keys, without
from signoff_sandbox.world.store import copy_of

RPC = "google.cloud.run.v2.WorkerPools"
OUTPUT = (
    "uid",
    "generation",
    "create_time",
    "update_time",
    "delete_time",
    "expire_time",
    "creator",
    "last_modifier",
    "observed_generation",
    "terminal_condition",
    "conditions",
    "latest_ready_revision",
    "latest_created_revision",
    "instance_split_statuses",
    "satisfies_pzs",
    "reconciling",
    "etag",
)
#: A change in any other field is a new generation.
DESCRIPTIVE = ("description", "labels", "annotations", "client", "client_version", "launch_stage")
#: Numbers of fields that WorkerPoolScaling has for clients with early access: minimum, maximum, mode (1: automatic).
EARLY_SCALING = {1, 2}
EARLY_MODE, AUTOMATIC = 3, 1


async def create_worker_pool(cloud: Cloud, request: Any) -> Any:
    refuse_reserved_keys("worker_pool", request.worker_pool, WorkerPool.pb()())
    return create(
        cloud, request.parent, request.worker_pool_id, request.worker_pool, validate_only=request.validate_only
    )


def create(cloud: Cloud, parent: str, pool_id: str, wanted: Any, *, validate_only: bool = False) -> Any:
    """Create a worker pool, whatever its labels; the operation. `wanted` is a v2 WorkerPool without a name."""
    require_id(pool_id, "worker_pool_id")
    name = f"{parent}/workerPools/{pool_id}"
    if cloud.store.get("workerPools", name) is not None:
        raise already_exists(name)
    pool = copy_of(wanted)
    clear(pool, OUTPUT)
    pool.name = name
    pool.uid = str(uuid.uuid4())
    pool.create_time.CopyFrom(cloud.now())
    pool.creator = identities.current(cloud)
    return _write(cloud, pool, None, renewed=True, validate_only=validate_only)


async def update_worker_pool(cloud: Cloud, request: Any) -> Any:
    wanted = request.worker_pool
    current = cloud.store.get("workerPools", wanted.name)
    refuse_reserved_keys("worker_pool", wanted, current or WorkerPool.pb()())
    if current is None and request.allow_missing:
        parent, _, pool_id = wanted.name.rpartition("/workerPools/")
        return create(cloud, parent, pool_id, wanted, validate_only=request.validate_only)
    mask = request.update_mask if request.HasField("update_mask") else None
    force = request.force_new_revision
    return update(cloud, wanted, mask, force_new_revision=force, validate_only=request.validate_only)


def update(
    cloud: Cloud, wanted: Any, mask: Any | None, *, force_new_revision: bool = False, validate_only: bool = False
) -> Any:
    """Change a worker pool, whatever its labels; the operation. An etag in `wanted` must be the current one."""
    current: Any = cloud.store.get("workerPools", wanted.name)
    if current is None:
        raise not_found(wanted.name)
    if wanted.etag and wanted.etag != current.etag:
        raise aborted(wanted.name)
    pool = merged(current, wanted, mask)
    keep_output(pool, current, OUTPUT)
    _complete(pool)
    renewed = force_new_revision or pool.template != current.template
    return _write(cloud, pool, current, renewed=renewed, validate_only=validate_only)


async def delete_worker_pool(cloud: Cloud, request: Any) -> Any:
    pool: Any = cloud.store.get("workerPools", request.name)
    if pool is None:
        raise not_found(request.name)
    if request.etag and request.etag != pool.etag:
        raise aborted(request.name)
    place = place_of(request.name)
    pool.delete_time.CopyFrom(cloud.now())
    if request.validate_only:
        return operations.finished(cloud, place, pool, pool)

    async def remove() -> Any:
        async with cloud.machine.lock(request.name):
            cloud.store.delete("workerPools", request.name)
            for revision in cloud.store.list("revisions", request.name):
                cloud.store.delete("revisions", revision.name)  # type: ignore[attr-defined]
                await cloud.machine.workers.stop(revision.name)  # type: ignore[attr-defined]
        cloud.iam_policies.pop(request.name, None)
        return pool

    return operations.start(cloud, place, pool, remove())


def _write(cloud: Cloud, pool: Any, current: Any | None, *, renewed: bool, validate_only: bool) -> Any:
    """Store the new desired state and begin to reconcile it."""
    place = place_of(pool.name)
    _complete(pool)
    _require_valid(cloud, pool, renewed=renewed)
    if validate_only:
        return operations.finished(cloud, place, pool, pool)
    now = cloud.now()
    pool.update_time.CopyFrom(now)
    pool.last_modifier = identities.current(cloud)
    pool.etag = f'"{uuid.uuid4().hex[:16]}"'
    if (
        current is not None
        and not renewed
        and without(pool, *OUTPUT, *DESCRIPTIVE) == without(current, *OUTPUT, *DESCRIPTIVE)
    ):
        cloud.store.put("workerPools", pool.name, pool)
        return operations.finished(cloud, place, pool, pool)
    pool.generation += 1
    pool.reconciling = True
    set_terminal(pool, "Ready", State.CONDITION_RECONCILING, now)
    cloud.store.put("workerPools", pool.name, pool)
    operation = f"{place}/operations/{uuid.uuid4()}"
    work = run_worker_reconciler.reconcile(cloud, pool.name, pool.generation, renewed=renewed, operation=operation)
    return operations.start(cloud, place, pool, work, name=operation)


def _complete(pool: Any) -> None:
    """The defaults that Google fills in and answers. No instances is a wish where the field is set."""
    pool.launch_stage = pool.launch_stage or LaunchStage.GA
    if not pool.scaling.HasField("manual_instance_count"):
        pool.scaling.manual_instance_count = 1
    if not pool.instance_splits:
        pool.instance_splits.append(run_instance_splits.by_default())
    template = pool.template
    template.service_account = template.service_account or identities.default_service_account(project_of(pool.name))
    for container in template.containers:
        limit(container)


def _require_valid(cloud: Cloud, pool: Any, *, renewed: bool) -> None:
    unknown = UnknownFieldSet(pool.scaling)
    for field in (unknown[index] for index in range(len(unknown))):
        if field.field_number in EARLY_SCALING or (field.field_number == EARLY_MODE and field.data == AUTOMATIC):
            raise unimplemented(f"{RPC}: automatic scaling")
    if not pool.template.containers:
        raise invalid_argument("template.containers: at least one container is required.", template="no container")
    for index, container in enumerate(pool.template.containers):
        if not container.image:
            raise invalid_argument(f"template.containers[{index}].image: must not be empty.", template="no image")
    if pool.scaling.manual_instance_count < 0:
        raise invalid_argument("scaling.manual_instance_count must not be negative.", scaling="negative")
    revision = pool.template.revision
    if revision and not revision.startswith(f"{short(pool.name)}-"):
        raise invalid_argument(
            f"template.revision: '{revision}' must begin with '{short(pool.name)}-'.", template="revision"
        )
    if revision and renewed and cloud.store.get("revisions", f"{pool.name}/revisions/{revision}") is not None:
        raise already_exists(f"{pool.name}/revisions/{revision}")
    run_instance_splits.require_valid(cloud, pool)


METHODS: dict[str, Handler] = {
    f"{RPC}/CreateWorkerPool": create_worker_pool,
    f"{RPC}/UpdateWorkerPool": update_worker_pool,
    f"{RPC}/DeleteWorkerPool": delete_worker_pool,
}
KEPT = "VPC access, GPUs, encryption and volumes other than secrets are kept, not used; no automatic scaling"
PARTLY: dict[str, str] = {
    f"{RPC}/CreateWorkerPool": KEPT,
    f"{RPC}/UpdateWorkerPool": KEPT,
    f"{RPC}/DeleteWorkerPool": "gone at once: nothing is kept for show_deleted",
}
