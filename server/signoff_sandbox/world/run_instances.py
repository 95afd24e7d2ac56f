"""Revisions as processes: brought up, found when a request needs one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from signoff_sandbox.runtime.instances import ContainerPlan, Instance, StartFailed
from signoff_sandbox.world import run_logs, run_secrets
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.image_refs import digest_of
from signoff_sandbox.world.run_conditions import Common, OfRevision, State, set_condition
from signoff_sandbox.world.run_environment import SecretUnreadable, environment_of
from signoff_sandbox.world.run_names import short
from signoff_sandbox.world.run_revisions import PARTS, service_of

DEFAULT_PORT = 8080


class RevisionFailed(Exception):
    """The revision cannot serve; `part` is the condition that says why."""

    def __init__(self, message: str, part: str, **reason: Any) -> None:
        super().__init__(message)
        self.message, self.part, self.reason = message, part, reason


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
                reason=Common.CONTAINER_MISSING,
            )
    unreadable = run_secrets.complaints(cloud, service_of(name), revision)
    if unreadable:
        raise RevisionFailed(
            f"Revision '{short(name)}' is not ready and cannot serve traffic. {unreadable}",
            "ResourcesAvailable",
            reason=Common.SECRETS_ACCESS_CHECK_FAILED,
        )
    try:
        await instance(cloud, name)
    except (StartFailed, SecretUnreadable) as error:
        port = ingress_port(revision)
        place = run_logs.revision_resource(service_of(name), short(name))
        run_logs.system(cloud, place, str(error), "WARNING")
        run_logs.system(
            cloud,
            place,
            f'Default STARTUP TCP probe failed 1 time consecutively for container "{main_container(revision).name}" '
            f"on port {port}. The instance was not started.",
            "ERROR",
        )
        raise RevisionFailed(
            f"Revision '{short(name)}' is not ready and cannot serve traffic. The user-provided container failed to "
            f"start and listen on the port defined provided by the PORT={port} environment variable within the "
            "allocated timeout. This can happen when the container port is misconfigured or if the timeout is too "
            "short. The health check timeout can be extended. Logs for this revision might contain more "
            f"information.\n\nLogs URL: {revision.log_uri}\nFor more troubleshooting guidance, see "
            "https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start",
            "ContainerHealthy",
            revision_reason=OfRevision.HEALTH_CHECK_CONTAINER_ERROR,
        ) from error


async def instance(cloud: Cloud, name: str) -> Instance:
    """The running instance of a revision, started if need be. Raises StartFailed, SecretUnreadable."""

    async def plan() -> Sequence[ContainerPlan]:
        revision: Any = cloud.store.get("revisions", name)
        if revision is None:
            raise StartFailed(f"revision {short(name)} does not exist")
        return [await _plan(cloud, revision, container) for container in revision.containers]

    return await cloud.machine.instances.ready(name, plan)


async def _plan(cloud: Cloud, revision: Any, container: Any) -> ContainerPlan:
    image = cloud.machine.images.get(digest_of(cloud, container.image) or "")
    if image is None:
        raise StartFailed(f"image {container.image} was not built in this sandbox: there is nothing to run")
    service = service_of(revision.name)
    resource = run_logs.revision_resource(service, short(revision.name))
    labels = {"container_name": container.name} if container.name else {}
    environment = await environment_of(cloud, service, container, revision.service_account)
    environment |= {
        "K_SERVICE": short(service),
        "K_REVISION": short(revision.name),
        "K_CONFIGURATION": short(service),
    }
    return ContainerPlan(
        image=image,
        environment=environment,
        on_line=run_logs.output(cloud, resource, labels),
        command=tuple(container.command),
        arguments=tuple(container.args),
        workdir=container.working_dir,
        mounted=run_secrets.files(cloud, service, revision, container),
        listens=container == main_container(revision),
    )


def main_container(revision: Any) -> Any:
    """The container that gets requests: the one with a port; a single one needs none."""
    return next((container for container in revision.containers if container.ports), revision.containers[0])


def ingress_port(revision: Any) -> int:
    ports = main_container(revision).ports
    return int(ports[0].container_port) if ports and ports[0].container_port else DEFAULT_PORT
