"""Environment of containers: plain values and secrets."""

from __future__ import annotations

from typing import Any

from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.run_secrets import SecretUnreadable, read_text

__all__ = ["SecretUnreadable", "environment_of"]


async def environment_of(cloud: Cloud, owner: str, container: Any, account: str = "") -> dict[str, str]:
    """The container's own variables; `owner` is the full name of the service or job. Raises SecretUnreadable.

    Secrets are read when an instance starts, by the service account `account` ("": the project's default one).
    """
    values: dict[str, str] = {}
    for variable in container.env:
        if variable.HasField("value_source"):
            reference = variable.value_source.secret_key_ref
            values[variable.name] = read_text(cloud, owner, reference.secret, reference.version, account)
        else:
            values[variable.name] = variable.value
    return values
