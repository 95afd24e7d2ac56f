"""What Cloud Run does after a worker pool was written: a revision comes up, then the instances move to it."""

from __future__ import annotations

import uuid
from typing import Any

import grpc

from signoff_sandbox.runtime.instances import StartFailed
from signoff_sandbox.world import operations, run_instance_splits, run_revisions, run_worker_revisions
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError, not_found
from signoff_sandbox.world.image_refs import digest_of
from signoff_sandbox.world.planted import strike
from signoff_sandbox.world.run_conditions import Common, Failure, OfRevision, State, set_terminal
from signoff_sandbox.world.run_names import short
from signoff_sandbox.world.run_prerequisites import lacks


async def reconcile(cloud: Cloud, name: str, generation: int, *, renewed: bool, operation: str) -> Any:
    """Bring the pool to `generation`, with a new revision if `renewed`. Returns it; raises ApiError if that failed.

    What ran before goes on running where a new revision does not come up. `operation` learns how the pool ends.
    """
    async with cloud.machine.lock(name):
        await cloud.pace.sleep(cloud.settings.reconcile_seconds)
        failure: Failure | None = None
        try:
            await strike(cloud, f"sandbox.Reconciler/{short(name)}")
            if renewed:
                failure = await _bring_up(cloud, name)
        except ApiError as planted:
            failure = Failure(planted.message, planted.code, reason=Common.INTERNAL)
        pool = _settled(cloud, name, generation, failure)
        await spread(cloud, pool)
        operations.set_metadata(cloud, operation, pool)
    if failure is not None:
        raise failure.error()
    return pool


def _pool(cloud: Cloud, name: str) -> Any:
    pool = cloud.store.get("workerPools", name)
    if pool is None:
        raise not_found(name)  # deleted in the meantime
    return pool


async def _bring_up(cloud: Cloud, name: str) -> Failure | None:
    """Make the revision and start what it is to have; why that failed, or None."""
    pool = _pool(cloud, name)
    revision = run_worker_revisions.create(cloud, pool)
    pool.latest_created_revision = revision.name
    cloud.store.put("workerPools", name, pool)
    failure = lacks(cloud, name, revision)
    if failure is None and wanted(pool):
        failure = await _start(cloud, revision.name, _future_share(pool, revision.name))
    run_worker_revisions.settle(cloud, revision.name, _of_revision(revision.name, failure))
    if failure is not None:
        await cloud.machine.workers.stop(revision.name)
        return _of_revision(revision.name, failure)
    pool = _pool(cloud, name)
    pool.latest_ready_revision = revision.name
    cloud.store.put("workerPools", name, pool)
    return None


async def _start(cloud: Cloud, revision: str, count: int) -> Failure | None:
    """Start instances and see that they hold."""
    plan, on_exit = run_worker_revisions.plan(cloud, revision), run_worker_revisions.on_exit(cloud, revision)
    await cloud.machine.workers.scale(revision, count, plan, on_exit)
    try:
        await cloud.machine.workers.steady(revision)
    except StartFailed as error:
        text = f"The user-provided container failed to start. {error}"
        return Failure(
            text, grpc.StatusCode.FAILED_PRECONDITION, revision_reason=OfRevision.HEALTH_CHECK_CONTAINER_ERROR
        )
    return None


def _future_share(pool: Any, revision: str) -> int:
    """How many instances the new revision will have once it is ready; one, to see it start, if none."""
    after = type(pool)()
    after.CopyFrom(pool)
    after.latest_ready_revision = revision
    return max(1, run_instance_splits.shares(run_instance_splits.statuses(after), wanted(pool)).get(short(revision), 0))


def _of_revision(name: str, failure: Failure | None) -> Failure | None:
    if failure is None:
        return None
    text = f"Revision '{short(name)}' is not ready and cannot serve traffic. {failure.message}"
    return Failure(text, failure.code, reason=failure.reason, revision_reason=failure.revision_reason)


def wanted(pool: Any) -> int:
    """The number of instances of the whole pool."""
    return int(pool.scaling.manual_instance_count)


def _settled(cloud: Cloud, name: str, generation: int, failure: Failure | None) -> Any:
    pool = _pool(cloud, name)
    pool.observed_generation = generation
    pool.reconciling = pool.generation != generation
    pool.etag = f'"{uuid.uuid4().hex[:16]}"'
    del pool.instance_split_statuses[:]
    pool.instance_split_statuses.extend(run_instance_splits.statuses(pool))
    now = cloud.now()
    # A pool is not ready while the last revision that it was asked for is not, whatever else changes.
    standing = failure or run_worker_revisions.failure_of(cloud, pool.latest_created_revision)
    if standing is None:
        set_terminal(pool, "Ready", State.CONDITION_SUCCEEDED, now)
    else:
        reason = standing.reason or Common.REVISION_FAILED
        set_terminal(pool, "Ready", State.CONDITION_FAILED, now, message=standing.message, reason=reason)
    cloud.store.put("workerPools", name, pool)
    return pool


async def spread(cloud: Cloud, pool: Any) -> None:
    """Give every revision of the pool the instances that the split says; those without any are retired."""
    counts = run_instance_splits.shares(pool.instance_split_statuses, wanted(pool))
    for item in cloud.store.list("revisions", pool.name):
        revision: Any = item
        count = counts.get(short(revision.name), 0)
        if not _is_here(cloud, revision):
            continue  # planted: it stands as it is
        run_worker_revisions.note_instances(cloud, revision.name, count)
        run_revisions.retire(cloud, revision.name, active=short(revision.name) in counts)
        if count != cloud.machine.workers.count(revision.name):
            plan = run_worker_revisions.plan(cloud, revision.name)
            await cloud.machine.workers.scale(
                revision.name, count, plan, run_worker_revisions.on_exit(cloud, revision.name)
            )


def _is_here(cloud: Cloud, revision: Any) -> bool:
    """Whether the sandbox built everything that the revision runs."""
    digests = [digest_of(cloud, container.image) for container in revision.containers]
    return bool(digests) and all(cloud.machine.images.get(digest or "") is not None for digest in digests)


async def resume(cloud: Cloud) -> None:
    """Start the instances of pools that a state file brought and whose images are here."""
    for name, _ in list(cloud.store.items("workerPools")):
        async with cloud.machine.lock(name):
            pool = cloud.store.get("workerPools", name)
            if pool is not None:
                await spread(cloud, pool)
