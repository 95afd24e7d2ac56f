"""What must be there before containers can run: their images, and the secrets that their variables name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import grpc

from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.image_refs import digest_of
from signoff_sandbox.world.run_conditions import Common, Failure
from signoff_sandbox.world.run_environment import SecretUnreadable, environment_of


async def unmet(cloud: Cloud, owner: str, containers: Iterable[Any]) -> Failure | None:
    """The first thing that the containers of `owner` (the full name of a job or worker pool) lack, or None."""
    for container in containers:
        if digest_of(cloud, container.image) is None:
            missing = f"Image '{container.image}' not found."
            return Failure(missing, grpc.StatusCode.NOT_FOUND, reason=Common.CONTAINER_MISSING)
        try:
            await environment_of(cloud, owner, container)
        except SecretUnreadable as error:
            return Failure(str(error), grpc.StatusCode.INTERNAL, reason=Common.SECRETS_ACCESS_CHECK_FAILED)
    return None
