"""Secrets that containers use, as variables and as files: whether they can be read, and what they hold.

They are checked when a revision or job is made. Variables are read when an instance starts: `latest` can mean one value
for one instance and another for the next. Files always hold what the secret holds.
https://cloud.google.com/run/docs/configuring/services/secrets
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import grpc

from signoff_sandbox.runtime.containers import MountedFile
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError
from signoff_sandbox.world.identities import by_id, by_number, default_service_account, may
from signoff_sandbox.world.run_names import project_of, short

ACCESS = "secretmanager.versions.access"
LATEST = "latest"
DEFAULT_MODE = 0o444


class SecretUnreadable(Exception):
    """A version of a secret cannot be read; the message names it, and nothing of what it holds."""


def complaints(cloud: Cloud, owner: str, holder: Any) -> str:
    """What of the secrets of `holder` cannot be read, a line each in Google's words; "" if all can.

    `owner` is the full name of the service, job or pool; `holder` is what has `containers`, `volumes` and
    `service_account`: a template, a revision, a task.
    """
    lines = []
    for field, secret, version in _references(holder):
        try:
            read(cloud, owner, secret, version, holder.service_account)
        except SecretUnreadable as error:
            lines.append(f"{field}: {error}")
    return "\n".join(lines)


def read(cloud: Cloud, owner: str, secret: str, version: str, account: str) -> bytes:
    """What a version of a secret holds, if the service account `account` ("": the default one) may read it.

    `secret` is a name in the project of `owner`, or a full name. Raises SecretUnreadable.
    """
    from signoff_sandbox.world.secret_versions import accessed  # reads the messages of a package that may be missing

    full = secret if secret.startswith("projects/") else f"projects/{project_of(owner)}/secrets/{secret}"
    name = f"{by_number(by_id(cloud, full))}/versions/{version or LATEST}"
    account = account or default_service_account(project_of(owner))
    try:
        answer = accessed(cloud, name)
    except ApiError as error:
        if error.code == grpc.StatusCode.NOT_FOUND:
            raise SecretUnreadable(f"Secret {name} was not found") from error
        raise SecretUnreadable(error.message) from error
    if ACCESS in cloud.denied_permissions or not may(cloud, f"serviceAccount:{account}", ACCESS, name):
        raise SecretUnreadable(
            f"Permission denied on secret: {name} for Revision service account {account}. The service account used "
            "must be granted the 'Secret Manager Secret Accessor' role (roles/secretmanager.secretAccessor) at the "
            "secret, project or higher level."
        )
    return bytes(answer.payload.data)


def read_text(cloud: Cloud, owner: str, secret: str, version: str, account: str) -> str:
    """As `read`, for a variable. Raises SecretUnreadable, also for what cannot be a variable's value."""
    content = read(cloud, owner, secret, version, account)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise SecretUnreadable(f"Secret {short(secret)} cannot be the value of a variable: it is not UTF-8 text")
    return text


def files(cloud: Cloud, owner: str, holder: Any, container: Any) -> tuple[MountedFile, ...]:
    """The files that the container finds in its mounted secrets. One that cannot be read is not there.

    They hold what the secrets hold at any time: see `refresh`.
    """
    machine = cloud.machine
    machine.mounts[:] = [(file, again) for file, again in machine.mounts if _is_there(file)]
    found = []
    volumes = {volume.name: volume.secret for volume in holder.volumes if volume.HasField("secret")}
    for mount in container.volume_mounts:
        if mount.name not in volumes:
            continue
        source = volumes[mount.name]
        for path, version, mode in _items(source):
            again = partial(_held, cloud, owner, source.secret, version, holder.service_account)
            file = MountedFile(f"{mount.mount_path}/{path}", again(), mode)
            machine.mounts.append((file, again))
            found.append(file)
    return tuple(found)


def refresh(cloud: Cloud) -> None:
    """Make every mounted secret what it holds now: Cloud Run reads it when the container does."""
    for file, again in cloud.machine.mounts:
        if file.target is not None and _is_there(file):
            content = again()
            if content != file.content:
                file.content = content
                file.write()


def _held(cloud: Cloud, owner: str, secret: str, version: str, account: str) -> bytes | None:
    try:
        return read(cloud, owner, secret, version, account)
    except SecretUnreadable:
        return None


def _is_there(file: MountedFile) -> bool:
    """Whether the instance that has the file is still there, or yet to come."""
    return file.target is None or file.target.parent.exists()


def _items(source: Any) -> Iterator[tuple[str, str, int]]:
    """Path below the mount, version and mode of the files of a volume; without items it is the secret's own name."""
    if not source.items:
        yield short(source.secret), LATEST, source.default_mode or DEFAULT_MODE
    for item in source.items:
        yield item.path, item.version or LATEST, item.mode or source.default_mode or DEFAULT_MODE


def _references(holder: Any) -> Iterator[tuple[str, str, str]]:
    """Field, secret and version of every use of a secret; the field as Google's messages name it."""
    for number, container in enumerate(holder.containers):
        for index, variable in enumerate(container.env):
            if variable.HasField("value_source"):
                reference = variable.value_source.secret_key_ref
                place = f"spec.template.spec.containers[{number}].env[{index}].value_from.secret_key_ref.name"
                yield place, reference.secret, reference.version
    for number, volume in enumerate(holder.volumes):
        if volume.HasField("secret"):
            for index, (_, version, _mode) in enumerate(_items(volume.secret)):
                place = f"spec.template.spec.volumes[{number}].secret.items[{index}].key"
                yield place, volume.secret.secret, version
