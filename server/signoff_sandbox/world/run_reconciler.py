"""What Cloud Run does after a service was written: a revision comes up, then traffic moves."""

from __future__ import annotations

import uuid
from typing import Any

from signoff_sandbox.world import ingress, run_instances, run_revisions, run_traffic
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError, failed_precondition, not_found
from signoff_sandbox.world.planted import strike
from signoff_sandbox.world.run_conditions import Common, State, find, set_condition, settle
from signoff_sandbox.world.run_instances import RevisionFailed
from signoff_sandbox.world.run_names import short

PARTS = ("ConfigurationsReady", "RoutesReady")
#: https://cloud.google.com/run/quotas: with one more, the oldest that serves nothing goes.
MOST_REVISIONS = 1000


async def reconcile(cloud: Cloud, name: str, generation: int, template: Any | None, *, begun: str = "") -> Any:
    """Bring the service to `generation`; `template` if that asks for a new revision. Returns the service.

    `begun` is that revision (full name) if it was made already and did not come to an end.
    One service is reconciled by one at a time, in the order of the writes. Raises ApiError as the operation's error:
    FAILED_PRECONDITION with the words of the failed condition, while what served before goes on serving.
    """
    async with cloud.machine.lock(name):
        await cloud.pace.sleep(cloud.settings.reconcile_seconds)
        failure: ApiError | None = None
        try:
            await strike(cloud, f"sandbox.Reconciler/{short(name)}")
            if template is not None:
                await _configure(cloud, name, template, begun)
        except (RevisionFailed, ApiError) as error:
            failure = _noted(cloud, name, error)
        try:
            await _migrate(cloud, name)
        except run_traffic.RouteFailed as error:
            failure = failure or failed_precondition(str(error))
        service = _finish(cloud, name, generation)
    if failure is not None:
        raise failure
    return service


async def go_on(cloud: Cloud, name: str) -> Any:
    """Reconcile a service from where an earlier sandbox had come with it. As `reconcile`."""
    service = _service(cloud, name)
    configured = find(service.conditions, "ConfigurationsReady")
    renewed = configured is not None and configured.state == State.CONDITION_RECONCILING
    created: Any = cloud.store.get("revisions", service.latest_created_revision)
    begun = created.name if renewed and created is not None and created.reconciling else ""
    return await reconcile(cloud, name, service.generation, service.template if renewed else None, begun=begun)


def _service(cloud: Cloud, name: str) -> Any:
    service = cloud.store.get("services", name)
    if service is None:
        raise not_found(name)  # deleted in the meantime
    return service


async def _configure(cloud: Cloud, name: str, template: Any, begun: str) -> None:
    """Make the revision and wait until it is ready."""
    service = _service(cloud, name)
    revision = begun or run_revisions.create(cloud, service, template).name
    service.latest_created_revision = revision
    cloud.store.put("services", name, service)
    await run_instances.bring_up(cloud, revision)
    service = _service(cloud, name)
    cloud.machine.latest[name] = service.latest_ready_revision
    service.latest_ready_revision = revision
    set_condition(service.conditions, "ConfigurationsReady", State.CONDITION_SUCCEEDED, cloud.now())
    cloud.store.put("services", name, service)


def _noted(cloud: Cloud, name: str, error: RevisionFailed | ApiError) -> ApiError:
    """Write the failure of a revision into the service."""
    service = _service(cloud, name)
    reason = (
        error.reason.get("reason", Common.REVISION_FAILED) if isinstance(error, RevisionFailed) else Common.INTERNAL
    )
    set_condition(
        service.conditions,
        "ConfigurationsReady",
        State.CONDITION_FAILED,
        cloud.now(),
        message=error.message,
        reason=reason,
    )
    cloud.store.put("services", name, service)
    return error if isinstance(error, ApiError) else ApiError(error.code, error.message)


async def _migrate(cloud: Cloud, name: str) -> None:
    """Move traffic to where the service wants it, which takes its time, or leave it where it is. Raises RouteFailed."""
    try:
        service = _service(cloud, name)
        before = run_traffic.routes(cloud, service)
        del service.traffic_statuses[:]
        service.traffic_statuses.extend(_targets(cloud, name, {}))
        if run_traffic.routes(cloud, service, latest=service.latest_ready_revision) != before:
            await cloud.pace.sleep(cloud.settings.traffic_seconds)
        await _route(cloud, name)
    finally:
        cloud.machine.latest.pop(name, None)
    _scale(cloud, _service(cloud, name))


async def _route(cloud: Cloud, name: str) -> None:
    service = _service(cloud, name)
    tags = {target.tag for target in service.traffic if target.tag}
    wanted = _targets(cloud, name, {tag: ingress.open_address(cloud, name, tag) for tag in tags})
    del service.traffic_statuses[:]
    service.traffic_statuses.extend(wanted)
    set_condition(service.conditions, "RoutesReady", State.CONDITION_SUCCEEDED, cloud.now())
    cloud.store.put("services", name, service)
    await ingress.close_other_tags(cloud, name, tags)


def _targets(cloud: Cloud, name: str, addresses: dict[str, str]) -> list[Any]:
    """The traffic statuses to come. Raises RouteFailed, and notes it."""
    service = _service(cloud, name)
    try:
        return run_traffic.statuses(cloud, service, addresses)
    except run_traffic.RouteFailed as error:
        set_condition(
            service.conditions,
            "RoutesReady",
            State.CONDITION_FAILED,
            cloud.now(),
            message=str(error),
            reason=Common.REVISION_FAILED,
        )
        cloud.store.put("services", name, service)
        raise


def _scale(cloud: Cloud, service: Any) -> None:
    """Instances follow the traffic, and revisions that nobody is routed to are forgotten when there are too many."""
    used = {route.revision for route in run_traffic.routes(cloud, service)}
    revisions: list[Any] = list(cloud.store.list("revisions", service.name))
    for revision in revisions:
        active = short(revision.name) in used
        run_revisions.retire(cloud, revision.name, active=active)
        if active:
            run_instances.resize(cloud, revision.name)
        else:
            cloud.machine.drain(revision.name)
    kept = used | {short(service.latest_created_revision), short(service.latest_ready_revision)}
    old = [revision for revision in revisions if short(revision.name) not in kept]
    old.sort(key=lambda revision: revision.create_time.ToNanoseconds())
    for revision in old[: max(0, len(revisions) - MOST_REVISIONS)]:
        cloud.store.delete("revisions", revision.name)


def _finish(cloud: Cloud, name: str, generation: int) -> Any:
    service = _service(cloud, name)
    service.observed_generation = generation
    service.reconciling = service.generation != generation
    service.etag = f'"{uuid.uuid4().hex[:16]}"'
    settle(service, "Ready", parts=PARTS, now=cloud.now())
    cloud.store.put("services", name, service)
    return service
