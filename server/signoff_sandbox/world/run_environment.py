"""Environment of containers: plain values and secrets."""

from __future__ import annotations

from typing import Any

from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError
from signoff_sandbox.world.run_names import project_of

ACCESS = "google.cloud.secretmanager.v1.SecretManagerService/AccessSecretVersion"


class SecretUnreadable(Exception):
    """A variable refers to a secret version that cannot be read; the message names it."""


async def environment_of(cloud: Cloud, owner: str, container: Any) -> dict[str, str]:
    """The container's own variables; `owner` is the full name of the service or job. Raises SecretUnreadable.

    Secrets are read when an instance starts, which is why `latest` can mean different values in two instances.
    """
    values: dict[str, str] = {}
    for variable in container.env:
        if variable.HasField("value_source"):
            values[variable.name] = await _secret(cloud, owner, variable.value_source.secret_key_ref)
        else:
            values[variable.name] = variable.value
    return values


async def _secret(cloud: Cloud, owner: str, reference: Any) -> str:
    from signoff_sandbox.wire.dispatch import HANDLERS  # the table of all modules, of which this is a part
    from signoff_sandbox.wire.table import rpcs

    secret = reference.secret
    if not secret.startswith("projects/"):
        secret = f"projects/{project_of(owner)}/secrets/{secret}"
    name = f"{secret}/versions/{reference.version or 'latest'}"
    handler = HANDLERS.get(ACCESS)
    try:
        if handler is None:
            raise SecretUnreadable(f"Secret {name} was not found")
        answer: Any = await handler(cloud, rpcs()[ACCESS].request_class()(name=name))
    except ApiError as error:
        raise SecretUnreadable(f"Secret {name} was not found or cannot be accessed: {error.message}") from error
    return str(answer.payload.data.decode())
