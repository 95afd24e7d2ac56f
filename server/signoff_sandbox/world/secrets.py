"""Secret Manager v1: secrets. Their versions are in `secret_versions.py`.

A secret is stored under the id of its project and answered with the project's number, as Google does.
"""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty

from signoff_sandbox.wire.masks import merged
from signoff_sandbox.wire.paging import page
from signoff_sandbox.world import iam, run_secrets
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.collections import message_class
from signoff_sandbox.world.errors import ApiError, aborted, invalid_argument
from signoff_sandbox.world.identities import by_id, by_number
from signoff_sandbox.world.logfilter import FilterError, compiled
from signoff_sandbox.world.store import copy_of

SERVICE = "google.cloud.secretmanager.v1.SecretManagerService"
PARTLY = {
    f"{SERVICE}/CreateSecret": "topics and rotation are kept, and nobody is told",
    f"{SERVICE}/UpdateSecret": "topics and rotation are kept, and nobody is told",
}
DEFAULT_PAGE, LARGEST_PAGE = 25, 25_000
_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")
_PARENT = re.compile(r"projects/[^/]+(?:/locations/[^/]+)?")
SETTLED = ("name", "create_time", "etag", "replication")  # never changed by an update


def existing(cloud: Cloud, name: str) -> Any:
    """The secret of that name; one whose time is over is gone. Raises NOT_FOUND."""
    key = by_id(cloud, name)
    secret: Any = cloud.store.get("secrets", key)
    if secret is not None and secret.HasField("expire_time") and _instant(secret.expire_time) <= _instant(cloud.now()):
        _remove(cloud, key)
        secret = None
    if secret is None:
        raise ApiError(grpc.StatusCode.NOT_FOUND, f"Secret [{by_number(key)}] not found.")
    return secret


def versions_of(cloud: Cloud, name: str) -> list[Any]:
    """The versions of a secret, the newest first."""
    found: list[Any] = cloud.store.list("secretVersions", by_id(cloud, name))
    return sorted(found, key=lambda version: int(version.name.rpartition("/")[2]), reverse=True)


def new_etag() -> str:
    return f'"{uuid.uuid4().hex[:14]}"'


def require_etag(etag: str, current: Any) -> None:
    if etag and etag != current.etag:
        raise aborted(current.name)


def chosen(request: Any, items: list[Any]) -> list[Any]:
    """Those that the request's filter matches. https://cloud.google.com/secret-manager/docs/filtering"""
    if not items:
        return items
    try:
        matches = compiled(request.filter, type(items[0]))
    except FilterError as error:
        raise invalid_argument(error.said(request.filter)) from error
    return [item for item in items if matches(item)]


async def create_secret(cloud: Cloud, request: Any) -> Any:
    if _PARENT.fullmatch(request.parent) is None:
        raise invalid_argument(f"Invalid parent '{request.parent}'.", parent="not projects/P")
    if _ID.fullmatch(request.secret_id) is None:
        raise invalid_argument(
            "Secret ID must match the expression [a-zA-Z0-9-_]+ and be at most 255 characters.",
            secret_id="not of that form",  # noqa: S106 - no password: what is wrong with the field
        )
    name = f"{request.parent}/secrets/{request.secret_id}"
    regional = "/locations/" in request.parent
    if not regional and request.secret.replication.WhichOneof("replication") is None:
        raise invalid_argument("The replication policy must be set.", **{"secret.replication": "missing"})
    if cloud.store.get("secrets", by_id(cloud, name)) is not None:
        raise ApiError(grpc.StatusCode.ALREADY_EXISTS, f"Secret [{by_number(by_id(cloud, name))}] already exists.")
    secret = copy_of(request.secret)
    secret.name = by_number(by_id(cloud, name))
    secret.create_time.CopyFrom(cloud.now())
    return _written(cloud, secret)


async def get_secret(cloud: Cloud, request: Any) -> Any:
    return existing(cloud, request.name)


async def list_secrets(cloud: Cloud, request: Any) -> Any:
    """The secrets of a project, the newest first."""
    response: Any = message_class("google.cloud.secretmanager.v1.ListSecretsResponse")()
    items: list[Any] = cloud.store.list("secrets", by_id(cloud, request.parent))
    items = chosen(request, sorted(items, key=lambda item: _instant(item.create_time), reverse=True))
    response.total_size = len(items)
    response.secrets.extend(page(request, items, response, default=DEFAULT_PAGE, largest=LARGEST_PAGE))
    return response


async def update_secret(cloud: Cloud, request: Any) -> Any:
    current = existing(cloud, request.secret.name)
    require_etag(request.secret.etag, current)
    if not request.update_mask.paths:
        raise invalid_argument("The update mask must not be empty.", update_mask="missing")
    for path in request.update_mask.paths:
        if path in SETTLED:
            raise invalid_argument(f"Field '{path}' cannot be updated.", update_mask=path)
    secret = merged(current, request.secret, request.update_mask)
    known = {int(version.name.rpartition("/")[2]) for version in versions_of(cloud, secret.name)}
    for alias, number in secret.version_aliases.items():
        if number not in known:
            raise invalid_argument(f"Version alias '{alias}' names version {number}, which does not exist.")
    return _written(cloud, secret)


async def delete_secret(cloud: Cloud, request: Any) -> Any:
    require_etag(request.etag, existing(cloud, request.name))
    _remove(cloud, by_id(cloud, request.name))
    return Empty()


def _written(cloud: Cloud, secret: Any) -> Any:
    """Store a secret; its time to live becomes the moment of its end."""
    if secret.HasField("ttl"):
        end = cloud.clock() + timedelta(seconds=secret.ttl.ToTimedelta().total_seconds())
        secret.expire_time.FromDatetime(end)
    secret.etag = new_etag()
    cloud.store.put("secrets", by_id(cloud, secret.name), secret)
    run_secrets.refresh(cloud)
    return secret


def _remove(cloud: Cloud, key: str) -> None:
    for version in versions_of(cloud, key):
        name = by_id(cloud, version.name)
        cloud.store.delete("secretVersions", name)
        cloud.store.delete("secretPayloads", name)
    cloud.store.delete("secrets", key)
    cloud.iam_policies.pop(key, None)
    run_secrets.refresh(cloud)


def _instant(stamp: Any) -> tuple[int, int]:
    return stamp.seconds, stamp.nanos


def _policy_key(cloud: Cloud, name: str) -> str:
    existing(cloud, name)
    return by_id(cloud, name)


METHODS: dict[str, Handler] = {
    f"{SERVICE}/CreateSecret": create_secret,
    f"{SERVICE}/GetSecret": get_secret,
    f"{SERVICE}/ListSecrets": list_secrets,
    f"{SERVICE}/UpdateSecret": update_secret,
    f"{SERVICE}/DeleteSecret": delete_secret,
    **{f"{SERVICE}/{name}": handler for name, handler in iam.policy_methods(_policy_key).items()},
}
