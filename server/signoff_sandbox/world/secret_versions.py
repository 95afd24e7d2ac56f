"""Secret Manager v1: versions of secrets and what they hold.

A payload lies in a collection of its own, `secretPayloads`, as `versions.access` answers it. It appears in no error and
in no log.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import google_crc32c
import grpc

from signoff_sandbox.wire.paging import page
from signoff_sandbox.world import run_secrets
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.collections import message_class
from signoff_sandbox.world.errors import ApiError, failed_precondition, invalid_argument
from signoff_sandbox.world.identities import by_id, by_number
from signoff_sandbox.world.secrets import (
    DEFAULT_PAGE,
    LARGEST_PAGE,
    SERVICE,
    chosen,
    existing,
    new_etag,
    require_etag,
    versions_of,
)

MESSAGES = "google.cloud.secretmanager.v1"
PARTLY = {
    f"{SERVICE}/DestroySecretVersion": "where its secret delays that, it is disabled, and destroyed when asked again",
}
LARGEST_PAYLOAD = 64 * 1024  # https://cloud.google.com/secret-manager/quotas


def found(cloud: Cloud, name: str) -> Any:
    """The version that a name means: a number, an alias of its secret, or `latest`, which is the highest number.

    `latest` may be a disabled version: Secret Manager does not fall back to an older one. Raises NOT_FOUND.
    """
    secret_name, _, wanted = name.partition("/versions/")
    secret = by_number(by_id(cloud, secret_name))
    versions = versions_of(cloud, secret_name)
    try:
        aliases = existing(cloud, secret_name).version_aliases
    except ApiError:
        versions = []
    if not versions:
        raise ApiError(grpc.StatusCode.NOT_FOUND, f"Secret [{secret}] not found or has no versions.")
    if wanted == "latest":
        return versions[0]
    number = str(aliases[wanted]) if wanted in aliases else wanted
    for version in versions:
        if version.name.rpartition("/")[2] == number:
            return version
    raise ApiError(grpc.StatusCode.NOT_FOUND, f"Secret Version [{secret}/versions/{wanted}] not found.")


def accessed(cloud: Cloud, name: str) -> Any:
    """What `versions.access` answers. Raises NOT_FOUND, or FAILED_PRECONDITION for a version that is not enabled."""
    version = found(cloud, name)
    _require_state(version, "ENABLED")
    held: Any = cloud.store.get("secretPayloads", by_id(cloud, version.name))
    if held is None:
        raise failed_precondition(
            f"Secret Version [{version.name}] was planted without what it holds: plant its entry of 'secretPayloads'."
        )
    held.name = version.name
    held.payload.data_crc32c = google_crc32c.value(held.payload.data)
    return held


async def add_version(cloud: Cloud, request: Any) -> Any:
    secret = existing(cloud, request.parent)
    payload = request.payload
    if not payload.data:
        raise invalid_argument("Secret Payload cannot be empty.", payload="empty")
    if len(payload.data) > LARGEST_PAYLOAD:
        raise invalid_argument(
            f"The secret payload is {len(payload.data)} bytes: it must not exceed {LARGEST_PAYLOAD}.",
            payload="too large",
        )
    if payload.HasField("data_crc32c") and payload.data_crc32c != google_crc32c.value(payload.data):
        raise invalid_argument(
            "The checksum of the payload does not match the checksum of the request.",
            **{"payload.data_crc32c": "wrong"},
        )
    newest = next(iter(versions_of(cloud, secret.name)), None)
    number = int(newest.name.rpartition("/")[2]) + 1 if newest is not None else 1
    version: Any = message_class(f"{MESSAGES}.SecretVersion")()
    version.name = f"{secret.name}/versions/{number}"
    version.create_time.CopyFrom(cloud.now())
    version.state = _state(version, "ENABLED")
    version.client_specified_payload_checksum = payload.HasField("data_crc32c")
    if secret.replication.HasField("user_managed"):
        for replica in secret.replication.user_managed.replicas:
            version.replication_status.user_managed.replicas.add(location=replica.location)
    elif secret.replication.HasField("automatic"):
        version.replication_status.automatic.SetInParent()
    version.etag = new_etag()
    held: Any = message_class(f"{MESSAGES}.AccessSecretVersionResponse")()
    held.name = version.name
    held.payload.data = payload.data
    cloud.store.put("secretPayloads", by_id(cloud, version.name), held)
    return _stored(cloud, version)


async def get_version(cloud: Cloud, request: Any) -> Any:
    return found(cloud, request.name)


async def access_version(cloud: Cloud, request: Any) -> Any:
    return accessed(cloud, request.name)


async def list_versions(cloud: Cloud, request: Any) -> Any:
    """The versions of a secret, the newest first."""
    existing(cloud, request.parent)
    response: Any = message_class(f"{MESSAGES}.ListSecretVersionsResponse")()
    items = chosen(request, versions_of(cloud, request.parent))
    response.total_size = len(items)
    response.versions.extend(page(request, items, response, default=DEFAULT_PAGE, largest=LARGEST_PAGE))
    return response


async def enable_version(cloud: Cloud, request: Any) -> Any:
    version = _named(cloud, request)
    version.state = _state(version, "ENABLED")
    version.ClearField("scheduled_destroy_time")
    return _stored(cloud, version)


async def disable_version(cloud: Cloud, request: Any) -> Any:
    version = _named(cloud, request)
    version.state = _state(version, "DISABLED")
    return _stored(cloud, version)


async def destroy_version(cloud: Cloud, request: Any) -> Any:
    """Destroy it at once, or disable it where its secret delays that: then a second call destroys it."""
    version = _named(cloud, request)
    secret = existing(cloud, version.name.partition("/versions/")[0])
    if secret.HasField("version_destroy_ttl") and not version.HasField("scheduled_destroy_time"):
        version.state = _state(version, "DISABLED")
        delay = timedelta(seconds=secret.version_destroy_ttl.ToTimedelta().total_seconds())
        version.scheduled_destroy_time.FromDatetime(cloud.clock() + delay)
        return _stored(cloud, version)
    version.state = _state(version, "DESTROYED")
    version.destroy_time.CopyFrom(cloud.now())
    version.ClearField("scheduled_destroy_time")
    cloud.store.delete("secretPayloads", by_id(cloud, version.name))
    return _stored(cloud, version)


def _named(cloud: Cloud, request: Any) -> Any:
    """The version that a request changes: it is not destroyed, and the request's etag is its own."""
    version = found(cloud, request.name)
    require_etag(request.etag, version)
    if version.state == _state(version, "DESTROYED"):
        raise failed_precondition(f"Secret Version [{version.name}] is in DESTROYED state.")
    return version


def _require_state(version: Any, name: str) -> None:
    if version.state != _state(version, name):
        is_in = version.DESCRIPTOR.fields_by_name["state"].enum_type.values_by_number[version.state].name
        raise failed_precondition(f"Secret Version [{version.name}] is in {is_in} state.")


def _state(version: Any, name: str) -> int:
    return int(version.DESCRIPTOR.fields_by_name["state"].enum_type.values_by_name[name].number)


def _stored(cloud: Cloud, version: Any) -> Any:
    version.etag = new_etag()
    cloud.store.put("secretVersions", by_id(cloud, version.name), version)
    run_secrets.refresh(cloud)
    return version


METHODS: dict[str, Handler] = {
    f"{SERVICE}/AddSecretVersion": add_version,
    f"{SERVICE}/GetSecretVersion": get_version,
    f"{SERVICE}/AccessSecretVersion": access_version,
    f"{SERVICE}/ListSecretVersions": list_versions,
    f"{SERVICE}/EnableSecretVersion": enable_version,
    f"{SERVICE}/DisableSecretVersion": disable_version,
    f"{SERVICE}/DestroySecretVersion": destroy_version,
}
