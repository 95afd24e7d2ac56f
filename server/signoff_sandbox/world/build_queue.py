"""What a build waits for before it works: a person's approval, then a free builder.

https://cloud.google.com/build/docs/securing-builds/gate-builds-on-approval
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from google.cloud.devtools.cloudbuild_v1.types import ApprovalResult, Build, BuildApproval

from signoff_sandbox.world import identities
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError, failed_precondition
from signoff_sandbox.world.planted import strike

Status = Build.Status
State = BuildApproval.State
Decision = ApprovalResult.Decision


class Expired(Exception):
    """The build waited for longer than its queueTtl."""


def begin(cloud: Cloud, build: Any, *, approval_required: bool) -> None:
    """The state in which a new build starts to wait."""
    build.status = Status.QUEUED
    if approval_required:
        build.status = Status.PENDING
        build.approval.config.approval_required = True
        build.approval.state = State.PENDING
    build.create_time.CopyFrom(cloud.now())


@asynccontextmanager
async def turn(cloud: Cloud, build: Any) -> AsyncIterator[None]:
    """A builder for as long as the block lasts. Raises Expired; ApiError for a build that nobody approved."""
    await cloud.store.wait_until(lambda: _status(cloud, build.name) != Status.PENDING)
    if _status(cloud, build.name) != Status.QUEUED:
        raise ApiError(grpc.StatusCode.CANCELLED, "The build was not approved.")
    try:
        async with asyncio.timeout(build.queue_ttl.ToTimedelta().total_seconds()):
            await strike(cloud, "sandbox.Builder/queue")
            await cloud.machine.builders.acquire()
    except TimeoutError as error:
        raise Expired from error
    try:
        yield
    finally:
        cloud.machine.builders.release()


def decide(cloud: Cloud, build: Any, result: Any) -> None:
    """Note what a person says about a pending build. Raises FAILED_PRECONDITION if it waits for nobody."""
    if build.status != Status.PENDING:
        raise failed_precondition(
            f"generic::failed_precondition: build {build.id} waits for no approval: its status is "
            f"{Status(build.status).name}"
        )
    approved = result.decision == Decision.APPROVED
    build.approval.result.CopyFrom(result)
    build.approval.result.approver_account = identities.current(cloud)
    build.approval.result.approval_time.CopyFrom(cloud.now())
    build.approval.state = State.APPROVED if approved else State.REJECTED
    build.status = Status.QUEUED if approved else Status.CANCELLED
    if not approved:
        build.finish_time.CopyFrom(cloud.now())
    cloud.store.put("builds", build.name, build)


def _status(cloud: Cloud, name: str) -> int:
    found: Any = cloud.store.get("builds", name)
    return int(found.status)
