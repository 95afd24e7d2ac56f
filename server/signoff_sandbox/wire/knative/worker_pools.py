"""`run.namespaces.workerpools`: a v1 WorkerPool is a v2 WorkerPool.

https://cloud.google.com/run/docs/reference/rest/v1/namespaces.workerpools
"""

from __future__ import annotations

from typing import Any

from google.cloud.run_v2.types import DeleteWorkerPoolRequest, InstanceSplit, WorkerPool

from signoff_sandbox.wire.knative.annotations import CREATOR, MODIFIER, PLATFORM, of_resource, take_resource
from signoff_sandbox.wire.knative.annotations import RUN as GROUP
from signoff_sandbox.wire.knative.kinds import Kind
from signoff_sandbox.wire.knative.lens import Lens, refuse_unknown, shown, take
from signoff_sandbox.wire.knative.meta import (
    RUN,
    conditions,
    object_meta,
    section,
    strings,
)
from signoff_sandbox.wire.knative.services import take_template, template_of
from signoff_sandbox.world import operations, run_worker_pools
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import unimplemented
from signoff_sandbox.world.run_instance_splits import LATEST, REVISION
from signoff_sandbox.world.run_names import short

MODE = f"{GROUP}/scalingMode"


def split_of(split: Any) -> dict[str, Any]:
    """A v2 InstanceSplit, or an InstanceSplitStatus, which names a revision in any case."""
    made = {
        "revisionName": short(split.revision),
        "latestRevision": split.type_ == LATEST,
        "percent": split.percent,
    }
    return {key: value for key, value in made.items() if value}


def _splits(pool: Any) -> list[dict[str, Any]] | None:
    return [split_of(split) for split in pool.instance_splits] or None


def _set_splits(pool: Any, value: list[Any] | None) -> None:
    del pool.instance_splits[:]
    for index, split in enumerate(value or []):
        refuse_unknown(f"spec.instanceSplits[{index}]", split, {"revisionName", "latestRevision", "percent"})
        newest = bool(split.get("latestRevision", not split.get("revisionName")))
        revision = "" if newest else split["revisionName"]
        pool.instance_splits.append(
            InstanceSplit.pb()(
                type_=LATEST if newest else REVISION, revision=revision, percent=split.get("percent") or 0
            )
        )


SPLITS = Lens("instanceSplits", ("instance_splits",), _splits, _set_splits)


def worker_pool_of(cloud: Cloud, pool: Any) -> dict[str, Any]:
    """The v1 object of a stored v2 WorkerPool."""
    annotations = {
        **of_resource(pool),
        MODE: "manual" if pool.scaling.HasField("manual_instance_count") else "",
        CREATOR: pool.creator,
        MODIFIER: pool.last_modifier,
        f"{GROUP}/operation-id": short(operations.latest_of(cloud, pool.name)),
    }
    return {
        "apiVersion": RUN,
        "kind": "WorkerPool",
        "metadata": object_meta(
            pool,
            api=RUN,
            collection="workerpools",
            labels=pool.labels,
            annotations={key: value for key, value in annotations.items() if value},
        ),
        "spec": {"template": template_of(pool.template), **shown([SPLITS], pool)},
        "status": _status(pool),
    }


def _status(pool: Any) -> dict[str, Any]:
    terminal = [pool.terminal_condition] if pool.HasField("terminal_condition") else []
    made: dict[str, Any] = {
        "observedGeneration": pool.observed_generation,
        "conditions": conditions(*terminal, *pool.conditions),
        "latestReadyRevisionName": short(pool.latest_ready_revision),
        "latestCreatedRevisionName": short(pool.latest_created_revision),
        "instanceSplits": [split_of(status) for status in pool.instance_split_statuses],
    }
    return {key: value for key, value in made.items() if value}


def take_worker_pool(pool: Any, meta: dict[str, Any], spec: dict[str, Any]) -> None:
    """Change a v2 WorkerPool in place so that it shows metadata and spec of a v1 one. Raises ApiError."""
    refuse_unknown("spec", spec, {"template", SPLITS.key})
    template = section(spec, "template")
    refuse_unknown("spec.template", template, {"metadata", "spec"})
    annotations = strings(meta, "annotations")
    if annotations.get(MODE, "manual") != "manual":
        raise unimplemented(f"{MODE}: {annotations[MODE]}")
    take_resource(pool, annotations)
    pool.annotations.pop(MODE, None)
    pool.labels.clear()
    pool.labels.update({key: value for key, value in strings(meta, "labels").items() if key not in PLATFORM})
    take_template(pool.template, section(template, "metadata"), section(template, "spec"))
    take([SPLITS], pool, spec)


def _create(cloud: Cloud, place: str, name: str, pool: Any, dry_run: bool) -> Any:
    return run_worker_pools.create(cloud, place, name, pool, validate_only=dry_run)


def _update(cloud: Cloud, pool: Any, dry_run: bool) -> Any:
    return run_worker_pools.update(cloud, pool, None, validate_only=dry_run)


async def _delete(cloud: Cloud, name: str, dry_run: bool) -> Any:
    request = DeleteWorkerPoolRequest.pb()(name=name, validate_only=dry_run)
    return await run_worker_pools.delete_worker_pool(cloud, request)


KIND = Kind(
    kind="WorkerPool",
    kinds="WorkerPoolList",
    word="WORKER_POOL",
    api=RUN,
    group=GROUP,
    collection="workerPools",
    message=WorkerPool.pb(),
    shown=worker_pool_of,
    take=take_worker_pool,
    create=_create,
    update=_update,
    delete=_delete,
    missing={"create": run_worker_pools.KEPT, "replaceWorkerPool": run_worker_pools.KEPT},
)
ROUTES = KIND.routes()
