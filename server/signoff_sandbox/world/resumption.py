"""Work that an earlier sandbox had begun and not finished when it ended: taken up again, or ended with a word."""

from __future__ import annotations

from typing import Any, cast

import grpc
from google.cloud.devtools.cloudbuild_v1.types import Build, BuildOperationMetadata
from google.cloud.run_v2.types import Service
from google.longrunning.operations_pb2 import Operation

from signoff_sandbox.world import (
    build_run,
    operations,
    run_executions,
    run_instances,
    run_plans,
    run_reconciler,
    run_services,
    run_traffic,
)
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError
from signoff_sandbox.world.image_refs import digest_of

WAITING = (Build.Status.PENDING, Build.Status.QUEUED)
INTERRUPTED = "The sandbox ended while this was being carried out."


def resume(cloud: Cloud) -> None:
    """Changes of services go on where they were, and builds that only waited still do. What else ran is over: it is
    not known how far it had come.

    The minimum of instances comes up again where there is something to run: what was only planted has no image.
    """
    names, cloud.unfinished = cloud.unfinished, set()
    for name in sorted(names):
        if "/executions/" in name:
            run_executions.interrupt(cloud, name, INTERRUPTED)
    for name in sorted(names):
        operation = cast(Operation | None, cloud.store.get(operations.COLLECTION, name))
        if operation is not None and not operation.done:
            _take_up(cloud, operation)

    for _, service in cloud.store.items("services"):
        for route in run_traffic.routes(cloud, service):
            _warm_up(cloud, f"{service.name}/revisions/{route.revision}")  # type: ignore[attr-defined]


def _warm_up(cloud: Cloud, revision: str) -> None:
    if run_plans.limits(cloud, revision).minimum and _can_run(cloud, revision):
        run_instances.resize(cloud, revision)


def _can_run(cloud: Cloud, name: str) -> bool:
    revision: Any = cloud.store.get("revisions", name)
    digests = (digest_of(cloud, container.image) for container in revision.containers)
    return all(digest and cloud.machine.images.get(digest) is not None for digest in digests)


def _take_up(cloud: Cloud, operation: Operation) -> None:
    service, build = Service.pb()(), BuildOperationMetadata.pb()()
    if operation.metadata.Unpack(service):
        operations.carry_out(cloud, operation.name, _go_on(cloud, service))
        return
    if operation.metadata.Unpack(build):
        name = build.build.name
        known: Any = cloud.store.get("builds", name)
        if known is not None and known.status in WAITING:
            operations.carry_out(cloud, operation.name, build_run.carry_out(cloud, name, operation.name))
            return
        _end_build(cloud, name)
    operations.fail(cloud, operation.name, ApiError(grpc.StatusCode.ABORTED, INTERRUPTED))


async def _go_on(cloud: Cloud, written: Any) -> Any:
    """What the operation was to do with the service that it was started with."""
    if written.HasField("delete_time"):
        return await run_services.remove(cloud, written)
    return await run_reconciler.go_on(cloud, written.name)


def _end_build(cloud: Cloud, name: str) -> None:
    build: Any = cloud.store.get("builds", name)
    if build is not None and not build.HasField("finish_time"):
        build.status = Build.Status.INTERNAL_ERROR
        build.status_detail = INTERRUPTED
        build.finish_time.CopyFrom(cloud.now())
        cloud.store.put("builds", name, build)
