"""Containers: a v1 Container and a v2 Container, both ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from signoff_sandbox.wire.knative import secrets, volumes
from signoff_sandbox.wire.knative.lens import Lens, drop_if_empty, refuse_unknown, shown, take, text
from signoff_sandbox.wire.knative.probes import probe_of, take_probe

PROBES = (("livenessProbe", "liveness_probe"), ("startupProbe", "startup_probe"), ("readinessProbe", "readiness_probe"))
#: Fields that Knative has and Cloud Run does not use: they may be there, and say nothing.
IDLE = {"terminationMessagePath", "terminationMessagePolicy", "imagePullPolicy", "securityContext"}
LISTS = {"env", "volumeMounts"}


def container_of(container: Any, *, without_sql: bool = False) -> dict[str, Any]:
    """The v1 object of a v2 Container; `without_sql` leaves out the mount that the Cloud SQL annotation makes."""
    made: dict[str, Any] = shown(OF_CONTAINER, container)
    if container.env:
        made["env"] = [_variable_of(variable) for variable in container.env]
    mounts = [one for one in container.volume_mounts if not (without_sql and volumes.is_sql_mount(one))]
    if mounts:
        made["volumeMounts"] = [_mount_of(mount) for mount in mounts]
    return made


def take_container(
    container: Any, content: Mapping[str, Any], aliases: Mapping[str, str], where: str, *, without_sql: bool = False
) -> None:
    """Change a v2 Container in place so that it shows `content`. Raises INVALID_ARGUMENT, UNIMPLEMENTED."""
    refuse_unknown(where, content, {lens.key for lens in OF_CONTAINER} | LISTS | IDLE)
    take(OF_CONTAINER, container, content)
    del container.env[:]
    for variable in content.get("env") or []:
        _take_variable(container.env.add(), variable, aliases)
    kept = [one for one in container.volume_mounts if without_sql and volumes.is_sql_mount(one)]
    del container.volume_mounts[:]
    for mount in content.get("volumeMounts") or []:
        container.volume_mounts.add(
            name=mount.get("name", ""), mount_path=mount.get("mountPath", ""), sub_path=mount.get("subPath", "")
        )
    container.volume_mounts.extend(kept)


def _variable_of(variable: Any) -> dict[str, Any]:
    if not variable.HasField("value_source"):
        return {"name": variable.name, "value": variable.value} if variable.value else {"name": variable.name}
    reference = variable.value_source.secret_key_ref
    selector = {"name": secrets.alias(reference.secret), "key": reference.version}
    return {"name": variable.name, "valueFrom": {"secretKeyRef": {k: v for k, v in selector.items() if v}}}


def _take_variable(variable: Any, content: Mapping[str, Any], aliases: Mapping[str, str]) -> None:
    variable.name = content["name"]
    source = content.get("valueFrom")
    if source is None:
        variable.value = content.get("value") or ""
        return
    if "secretKeyRef" not in source:
        raise ValueError(f"variable {variable.name}: only secretKeyRef is supported by Cloud Run")
    reference = variable.value_source.secret_key_ref
    name = source["secretKeyRef"].get("name", "")
    reference.secret, reference.version = aliases.get(name, name), source["secretKeyRef"].get("key", "")


def _mount_of(mount: Any) -> dict[str, Any]:
    made = {"name": mount.name, "mountPath": mount.mount_path, "subPath": mount.sub_path}
    return {key: value for key, value in made.items() if value}


def _words(key: str, field: str) -> Lens:
    """A list of strings."""

    def write(message: Any, value: Any) -> None:
        getattr(message, field)[:] = value or []

    return Lens(key, (field,), lambda m: list(getattr(m, field)) or None, write)


def _ports(container: Any) -> list[dict[str, Any]] | None:
    made = [{"name": port.name, "containerPort": port.container_port} for port in container.ports]
    return [{key: value for key, value in port.items() if value} for port in made] or None


def _set_ports(container: Any, value: list[Any] | None) -> None:
    del container.ports[:]
    for port in value or []:
        container.ports.add(name=port.get("name", ""), container_port=port.get("containerPort", 0))


def _resources(container: Any) -> dict[str, Any] | None:
    return {"limits": dict(sorted(container.resources.limits.items()))} if container.resources.limits else None


def _set_resources(container: Any, value: Mapping[str, Any] | None) -> None:
    container.resources.limits.clear()
    container.resources.limits.update((value or {}).get("limits") or {})
    drop_if_empty(container, "resources")


def _probe(key: str, field: str) -> Lens:
    def read(container: Any) -> dict[str, Any] | None:
        return probe_of(getattr(container, field)) if container.HasField(field) else None

    def write(container: Any, value: dict[str, Any] | None) -> None:
        container.ClearField(field)
        if value is not None:
            take_probe(getattr(container, field), value, key)
            getattr(container, field).SetInParent()

    return Lens(key, (field,), read, write)


OF_CONTAINER: tuple[Lens, ...] = (
    text("name", "name"),
    text("image", "image"),
    _words("command", "command"),
    _words("args", "args"),
    text("workingDir", "working_dir"),
    Lens("ports", ("ports",), _ports, _set_ports),
    Lens("resources", ("resources",), _resources, _set_resources),
    *(_probe(key, field) for key, field in PROBES),
)
