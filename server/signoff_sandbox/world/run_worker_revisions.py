"""Revisions of worker pools: made from a pool's template, and what their instances are started with."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from typing import Any

import grpc
from google.cloud.run_v2.types import ExecutionEnvironment, Revision

from signoff_sandbox.runtime.instances import ContainerPlan, StartFailed
from signoff_sandbox.runtime.workers import OnExit, Plan
from signoff_sandbox.world import identities, run_logs, run_secrets
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import failed_precondition
from signoff_sandbox.world.image_refs import ImageRef, digest_of, resolve
from signoff_sandbox.world.run_conditions import Failure, State, find, set_condition, took
from signoff_sandbox.world.run_environment import SecretUnreadable, environment_of
from signoff_sandbox.world.run_names import short
from signoff_sandbox.world.run_written import new_revision_name, take_fields

#: Fields of a template that a revision has under the same name.
COPIED = (
    "labels",
    "annotations",
    "vpc_access",
    "service_account",
    "volumes",
    "encryption_key",
    "service_mesh",
    "encryption_key_revocation_action",
    "encryption_key_shutdown_duration",
    "node_selector",
    "gpu_zonal_redundancy_disabled",
)
PARTS = ("ContainerReady", "ResourcesAvailable", "MinInstancesProvisioned")


def create(cloud: Cloud, pool: Any) -> Any:
    """Store a new revision of the pool and return it. Images become digests here, once and for all."""
    template = pool.template
    name = f"{pool.name}/revisions/{template.revision or new_revision_name(cloud, pool)}"
    now = cloud.now()
    revision = Revision.pb()(
        name=name,
        uid=str(uuid.uuid4()),
        generation=1,
        create_time=now,
        update_time=now,
        launch_stage=pool.launch_stage,
        execution_environment=ExecutionEnvironment.EXECUTION_ENVIRONMENT_GEN2,
        creator=identities.current(cloud),
        etag=f'"{uuid.uuid4().hex[:16]}"',
        reconciling=True,
        log_uri=f"https://console.cloud.google.com/logs/viewer?resource=cloud_run_worker_pool/worker_pool_name/"
        f"{short(pool.name)}/revision_name/{short(name)}",
    )
    take_fields(revision, template, COPIED)
    for index, container in enumerate(template.containers, 1):
        copied = revision.containers.add()
        copied.CopyFrom(container)
        copied.name = container.name or f"{short(ImageRef.parse(container.image).name)}-{index}"
        copied.image = resolve(cloud, container.image) or container.image
    for part in ("Ready", *PARTS):
        set_condition(revision.conditions, part, State.CONDITION_RECONCILING, now)
    cloud.store.put("revisions", name, revision)
    return revision


def pool_of(revision: str) -> str:
    """The full name of a revision's worker pool."""
    return revision.partition("/revisions/")[0]


def settle(cloud: Cloud, name: str, failure: Failure | None) -> None:
    """Note in a new revision how its start went."""
    revision: Any = cloud.store.get("revisions", name)
    if revision is None:
        return
    now = cloud.now()
    span = took(revision.create_time, now)
    words = {
        "Ready": f"Deploying revision succeeded in {span}.",
        "ContainerReady": f"Imported container image in {span}.",
        "ResourcesAvailable": "Provisioned imported containers.",
    }
    for part in ("Ready", *PARTS):
        if failure is None:
            set_condition(revision.conditions, part, State.CONDITION_SUCCEEDED, now, message=words.get(part, ""))
        else:
            failure.note(revision.conditions, part, now)
    revision.observed_generation = revision.generation
    revision.reconciling = False
    cloud.store.put("revisions", name, revision)


def failure_of(cloud: Cloud, name: str) -> Failure | None:
    """Why a revision is not ready, as its condition says; None if it is, or nothing is known of it."""
    revision: Any = cloud.store.get("revisions", name)
    ready = find(revision.conditions, "Ready") if revision is not None else None
    if ready is None or ready.state != State.CONDITION_FAILED:
        return None
    return Failure(ready.message, grpc.StatusCode.FAILED_PRECONDITION, reason=ready.reason or None)


def note_instances(cloud: Cloud, name: str, count: int) -> None:
    """Write how many instances a revision is meant to have."""
    revision: Any = cloud.store.get("revisions", name)
    if revision is None:
        return
    if count:
        revision.scaling_status.desired_min_instance_count = count
    else:
        revision.ClearField("scaling_status")
    cloud.store.put("revisions", name, revision)


def refuse_serving(cloud: Cloud, name: str) -> None:
    """FAILED_PRECONDITION for a revision that its pool uses, or made last."""
    pool: Any = cloud.store.get("workerPools", pool_of(name))
    if pool is None:
        return
    used = {status.revision for status in pool.instance_split_statuses}
    used |= {short(pool.latest_created_revision), short(pool.latest_ready_revision)}
    if short(name) in used:
        raise failed_precondition(
            f'Revision "{short(name)}" cannot be directly deleted because it is actively serving.'
        )


def plan(cloud: Cloud, name: str) -> Plan:
    """What the instances of a revision are started with; secrets are read at each start."""

    async def containers() -> Sequence[ContainerPlan]:
        revision: Any = cloud.store.get("revisions", name)
        if revision is None:
            raise StartFailed(f"revision {short(name)} does not exist")
        identity = secrets.token_hex(56)
        return [await _container(cloud, revision, container, identity) for container in revision.containers]

    return containers


async def _container(cloud: Cloud, revision: Any, container: Any, instance: str) -> ContainerPlan:
    """https://cloud.google.com/run/docs/container-contract#env-vars: a worker pool's container has no PORT."""
    image = cloud.machine.images.get(digest_of(cloud, container.image) or "")
    if image is None:
        raise StartFailed(f"image {container.image} was not built in this sandbox: there is nothing to run")
    pool = pool_of(revision.name)
    try:
        environment = await environment_of(cloud, pool, container, revision.service_account)
    except SecretUnreadable as error:
        raise StartFailed(str(error)) from error
    own = {"CLOUD_RUN_WORKER_POOL": short(pool), "CLOUD_RUN_WORKER_POOL_REVISION": short(revision.name)}
    labels = {"instanceId": instance, "container_name": container.name}
    return ContainerPlan(
        image=image,
        environment=environment | own,
        on_line=run_logs.output(cloud, run_logs.worker_pool_resource(revision.name), labels),
        command=tuple(container.command),
        arguments=tuple(container.args),
        workdir=container.working_dir,
        mounted=run_secrets.files(cloud, pool, revision, container),
    )


def on_exit(cloud: Cloud, name: str) -> OnExit:
    """Writes into the log how a container of the revision ended."""

    def note(code: int) -> None:
        text = f"Container called exit({code})." if code >= 0 else f"Container terminated on signal {-code}."
        run_logs.system(cloud, run_logs.worker_pool_resource(name), text, "WARNING" if code else "INFO")

    return note
