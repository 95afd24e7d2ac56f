"""Revisions as processes: brought up, found when a request needs one."""

from __future__ import annotations

from typing import Any

import grpc

from signoff_sandbox.runtime.instances import Instance, StartFailed, start
from signoff_sandbox.runtime.pool import ROLLOUT, Pool
from signoff_sandbox.world import run_access, run_logs, run_plans, run_secrets
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.image_refs import digest_of
from signoff_sandbox.world.run_conditions import Common, OfRevision, State, set_condition
from signoff_sandbox.world.run_environment import SecretUnreadable
from signoff_sandbox.world.run_names import short
from signoff_sandbox.world.run_revisions import PARTS, service_of


class RevisionFailed(Exception):
    """The revision cannot serve; `part` is the condition that says why, `code` the one of the operation's error."""

    def __init__(
        self, message: str, part: str, code: grpc.StatusCode = grpc.StatusCode.FAILED_PRECONDITION, **reason: Any
    ) -> None:
        super().__init__(message)
        self.message, self.part, self.code, self.reason = message, part, code, reason


async def bring_up(cloud: Cloud, name: str) -> None:
    """Start the revision's instance and note how that went in its conditions. Raises RevisionFailed."""
    failure: RevisionFailed | None = None
    try:
        await _start_first(cloud, name)
    except RevisionFailed as error:
        failure = error
    revision: Any = cloud.store.get("revisions", name)
    if revision is not None:
        now = cloud.now()
        for part in PARTS:
            set_condition(revision.conditions, part, State.CONDITION_SUCCEEDED, now)
        set_condition(revision.conditions, "Ready", State.CONDITION_SUCCEEDED, now)
        if failure is not None:
            for part in (failure.part, "Ready"):
                set_condition(
                    revision.conditions, part, State.CONDITION_FAILED, now, message=failure.message, **failure.reason
                )
        revision.observed_generation = revision.generation
        revision.reconciling = False
        cloud.store.put("revisions", name, revision)
    if failure is not None:
        raise failure


async def _start_first(cloud: Cloud, name: str) -> None:
    revision: Any = cloud.store.get("revisions", name)
    for container in revision.containers:
        if digest_of(cloud, container.image) is None:
            raise RevisionFailed(
                f"Revision '{short(name)}' is not ready and cannot serve traffic. Image '{container.image}' not found.",
                "ContainerReady",
                grpc.StatusCode.INTERNAL,
                reason=Common.CONTAINER_MISSING,
            )
    closed = run_access.unreadable_image(cloud, service_of(name), revision.containers)
    if closed:
        raise RevisionFailed(
            f"Revision '{short(name)}' is not ready and cannot serve traffic. {closed}",
            "ContainerReady",
            grpc.StatusCode.PERMISSION_DENIED,
            reason=Common.CONTAINER_PERMISSION_DENIED,
        )
    unreadable = run_secrets.complaints(cloud, service_of(name), revision)
    if unreadable:
        raise RevisionFailed(
            f"Revision '{short(name)}' is not ready and cannot serve traffic. {unreadable}",
            "ResourcesAvailable",
            reason=Common.SECRETS_ACCESS_CHECK_FAILED,
        )
    try:
        await pool(cloud, name).fill(ROLLOUT, max(1, revision.scaling.min_instance_count))
    except (StartFailed, SecretUnreadable) as error:
        raise RevisionFailed(
            f"Revision '{short(name)}' is not ready and cannot serve traffic. {_why_not_started(revision)} Logs for "
            f"this revision might contain more information.\n\nLogs URL: {revision.log_uri}\nFor more "
            "troubleshooting guidance, see "
            "https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start",
            "ContainerHealthy",
            revision_reason=OfRevision.HEALTH_CHECK_CONTAINER_ERROR,
        ) from error


def _why_not_started(revision: Any) -> str:
    if run_plans.startup_probe(revision, 1).chosen:
        return "The user-provided container failed the configured startup probe checks."
    return (
        "The user-provided container failed to start and listen on the port defined provided by the "
        f"PORT={run_plans.ingress_port(revision)} environment variable within the allocated timeout. This can happen "
        "when the container port is misconfigured or if the timeout is too short. The health check timeout can be "
        "extended."
    )


def pool(cloud: Cloud, name: str) -> Pool:
    """The instances of a revision (full name); there may be none yet."""
    pools = cloud.machine.pools
    if name not in pools:
        for other in [known for known, one in pools.items() if one.empty]:
            del pools[other]
        pools[name] = Pool(
            lambda reason: _launch(cloud, name, reason),
            cloud.pace,
            pending=cloud.settings.pending_seconds,
            idle=cloud.settings.idle_seconds,
            grace=cloud.settings.instance_grace_seconds,
        )
        pools[name].limits = run_plans.limits(cloud, name)
    return pools[name]


def resize(cloud: Cloud, name: str) -> None:
    """Let the limits hold that revision and service ask for now; a minimum without instances gets them."""
    wanted = run_plans.limits(cloud, name)
    if wanted.minimum or name in cloud.machine.pools:
        pool(cloud, name).resize(wanted)


def running(cloud: Cloud, name: str) -> int:
    """How many instances of a revision take requests."""
    return cloud.machine.pools[name].running if name in cloud.machine.pools else 0


async def _launch(cloud: Cloud, name: str, reason: str) -> Instance:
    revision: Any = cloud.store.get("revisions", name)
    if revision is None:
        raise StartFailed(f"revision {short(name)} does not exist")
    try:
        plan = await run_plans.plan(cloud, revision)
    except (StartFailed, SecretUnreadable) as error:
        run_logs.system(cloud, run_logs.revision_resource(service_of(name), short(name)), str(error), "ERROR")
        raise
    return await start(cloud.machine.processes, cloud.machine.instances, plan, cloud.pace, reason)
