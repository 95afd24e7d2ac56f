"""What must be there before containers can run: their images, and the secrets that they use."""

from __future__ import annotations

from typing import Any

import grpc

from signoff_sandbox.world import run_secrets
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.image_refs import digest_of
from signoff_sandbox.world.run_conditions import Common, Failure


def lacks(cloud: Cloud, owner: str, holder: Any) -> Failure | None:
    """The first thing that `holder` lacks, or None: it has `containers`, `volumes` and `service_account`.

    `owner` is the full name of the job or worker pool.
    """
    for container in holder.containers:
        if digest_of(cloud, container.image) is None:
            missing = f"Image '{container.image}' not found."
            return Failure(missing, grpc.StatusCode.NOT_FOUND, reason=Common.CONTAINER_MISSING)
    unreadable = run_secrets.complaints(cloud, owner, holder)
    if unreadable:
        return Failure(unreadable, grpc.StatusCode.FAILED_PRECONDITION, reason=Common.SECRETS_ACCESS_CHECK_FAILED)
    return None
