"""Volumes: secrets, memory, NFS, buckets and Cloud SQL, the last two as CSI drivers in v1.

A Cloud SQL volume of the name `cloudsql`, mounted at /cloudsql in every container, is what v1's annotation
`run.googleapis.com/cloudsql-instances` makes, and is shown as that; any other is a CSI volume.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.cloud.run_v2.types import EmptyDirVolumeSource, Volume

from signoff_sandbox.wire.knative.secrets import alias
from signoff_sandbox.world.errors import invalid_argument

CLOUD_SQL = "run.googleapis.com/cloudsql-instances"
SQL_VOLUME, SQL_PATH = "cloudsql", "/cloudsql"
SQL_DRIVER, BUCKET_DRIVER = "cloudsql.run.googleapis.com", "gcsfuse.run.googleapis.com"


def sql_instances(template: Any) -> str | None:
    """What the Cloud SQL annotation says of a v2 message with volumes."""
    for volume in template.volumes:
        if volume.name == SQL_VOLUME and volume.HasField("cloud_sql_instance") and _mounted_everywhere(template):
            return ",".join(volume.cloud_sql_instance.instances) or None
    return None


def _mounted_everywhere(template: Any) -> bool:
    return all(sum(is_sql_mount(mount) for mount in one.volume_mounts) == 1 for one in template.containers)


def is_sql_mount(mount: Any) -> bool:
    return mount.name == SQL_VOLUME and mount.mount_path == SQL_PATH and not mount.sub_path


def put_sql(template: Any, instances: str | None) -> None:
    """Make a v2 message say what the annotation says: the volume, and its mount in every container."""
    kept = [volume for volume in template.volumes if volume.name != SQL_VOLUME]
    del template.volumes[:]
    template.volumes.extend(kept)
    if instances:
        template.volumes.add(name=SQL_VOLUME).cloud_sql_instance.instances.extend(instances.split(","))
    for container in template.containers:
        mounts = [mount for mount in container.volume_mounts if not is_sql_mount(mount)]
        del container.volume_mounts[:]
        container.volume_mounts.extend(mounts)
        if instances:
            container.volume_mounts.add(name=SQL_VOLUME, mount_path=SQL_PATH)


def volume_of(volume: Any) -> dict[str, Any]:
    """The v1 object of a v2 Volume."""
    kind = volume.WhichOneof("volume_type")
    return {"name": volume.name, **(_SHOWN[kind](getattr(volume, kind)) if kind else {})}


def _secret(source: Any) -> dict[str, Any]:
    items = [_filled(key=item.version, path=item.path, mode=item.mode) for item in source.items]
    return {"secret": _filled(secretName=alias(source.secret), items=items, defaultMode=source.default_mode)}


def _memory(source: Any) -> dict[str, Any]:
    medium = "Memory" if source.medium == EmptyDirVolumeSource.Medium.MEMORY else ""
    return {"emptyDir": _filled(medium=medium, sizeLimit=source.size_limit)}


def _nfs(source: Any) -> dict[str, Any]:
    return {"nfs": _filled(server=source.server, path=source.path, readOnly=source.read_only)}


def _bucket(source: Any) -> dict[str, Any]:
    attributes = _filled(bucketName=source.bucket, mountOptions=",".join(source.mount_options))
    return {"csi": _filled(driver=BUCKET_DRIVER, readOnly=source.read_only, volumeAttributes=attributes)}


def _sql(source: Any) -> dict[str, Any]:
    return {"csi": _filled(driver=SQL_DRIVER, volumeAttributes=_filled(instances=",".join(source.instances)))}


_SHOWN = {"secret": _secret, "empty_dir": _memory, "nfs": _nfs, "gcs": _bucket, "cloud_sql_instance": _sql}


def volume_from(content: Mapping[str, Any], aliases: Mapping[str, str], where: str) -> Any:
    """The v2 Volume of a v1 object; `aliases` are those of the secrets. Raises INVALID_ARGUMENT."""
    volume = Volume.pb()(name=content.get("name", ""))
    kinds = [kind for kind in content if kind != "name"]
    if len(kinds) != 1 or kinds[0] not in _TAKEN:
        raise invalid_argument(f"{where}: must have exactly one of {', '.join(_TAKEN)}.", **{where: "volume type"})
    _TAKEN[kinds[0]](volume, content[kinds[0]], aliases)
    return volume


def _take_secret(volume: Any, source: Any, aliases: Mapping[str, str]) -> None:
    name = source.get("secretName", "")
    volume.secret.secret = aliases.get(name, name)
    volume.secret.default_mode = source.get("defaultMode", 0)
    for item in source.get("items", []):
        volume.secret.items.add(version=item.get("key", ""), path=item.get("path", ""), mode=item.get("mode", 0))


def _take_memory(volume: Any, source: Any, _: Mapping[str, str]) -> None:
    memory = source.get("medium", "") == "Memory"
    volume.empty_dir.medium = (
        EmptyDirVolumeSource.Medium.MEMORY if memory else EmptyDirVolumeSource.Medium.MEDIUM_UNSPECIFIED
    )
    volume.empty_dir.size_limit = source.get("sizeLimit", "")


def _take_nfs(volume: Any, source: Any, _: Mapping[str, str]) -> None:
    volume.nfs.server, volume.nfs.path = source.get("server", ""), source.get("path", "")
    volume.nfs.read_only = source.get("readOnly", False)


def _take_csi(volume: Any, source: Any, _: Mapping[str, str]) -> None:
    driver, attributes = source.get("driver"), source.get("volumeAttributes", {})
    if driver == BUCKET_DRIVER:
        volume.gcs.bucket, volume.gcs.read_only = attributes.get("bucketName", ""), source.get("readOnly", False)
        volume.gcs.mount_options.extend(filter(None, attributes.get("mountOptions", "").split(",")))
    elif driver == SQL_DRIVER:
        volume.cloud_sql_instance.instances.extend(filter(None, attributes.get("instances", "").split(",")))
        volume.cloud_sql_instance.SetInParent()
    else:
        raise ValueError(f"'{driver}' is no CSI driver of Cloud Run")


_TAKEN = {"secret": _take_secret, "emptyDir": _take_memory, "nfs": _take_nfs, "csi": _take_csi}


def _filled(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}
