"""`availableSecrets` of a build: read from Secret Manager as the build's service account, for the steps that name them.

https://cloud.google.com/build/docs/securing-builds/use-secrets
"""

from __future__ import annotations

from typing import Any

from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError, permission_denied
from signoff_sandbox.world.identities import by_id, by_number, may
from signoff_sandbox.world.run_secrets import ACCESS


class NoSecret(Exception):
    """A secret cannot be had; the message is for the build's log, and has nothing of what any secret holds."""


def read(cloud: Cloud, build: Any) -> dict[str, str]:
    """Variable -> what the secret holds. Raises NoSecret."""
    if build.secrets or build.available_secrets.inline:
        raise NoSecret("secrets that Cloud KMS encrypted are not modelled by the sandbox: use Secret Manager")
    values: dict[str, str] = {}
    for secret in build.available_secrets.secret_manager:
        try:
            values[secret.env] = _read(cloud, build, secret.version_name)
        except ApiError as error:
            raise NoSecret(
                f"failed to access secret version for secret {secret.version_name}: {error.message}"
            ) from error
    unknown = sorted({name for step in build.steps for name in step.secret_env} - values.keys())
    if unknown:
        raise NoSecret(f"secretEnv {unknown[0]!r} is defined by none of the available secrets")
    return values


def _read(cloud: Cloud, build: Any, version: str) -> str:
    from signoff_sandbox.world.secret_versions import accessed  # reads the messages of a package that may be missing

    name = by_number(by_id(cloud, version))
    account = build.service_account.rpartition("/")[2]
    if ACCESS in cloud.denied_permissions or not may(cloud, f"serviceAccount:{account}", ACCESS, name):
        raise permission_denied(ACCESS, version)
    return bytes(accessed(cloud, name).payload.data).decode(errors="replace")
