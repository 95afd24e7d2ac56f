"""Cloud Storage as files: DATA/storage/BUCKET/OBJECT (percent-encoded), and what is known about each beside it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from signoff_sandbox.world.cloud import Cloud

_BUCKET = re.compile(r"[a-z0-9][-_.a-z0-9]{1,220}[a-z0-9]")
#: Buckets that Cloud Build keeps itself: they belong to no project of a user.
GOOGLES = ".googleusercontent.com"


@dataclass(frozen=True, slots=True)
class BucketInfo:
    """A bucket; `created` is RFC 3339, `project` empty for one that Google owns."""

    name: str
    project: str
    location: str
    created: str


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object without its content. `generation` grows with every write; `created` is RFC 3339."""

    bucket: str
    name: str
    generation: int
    size: int
    content_type: str
    created: str
    md5: str
    crc32c: str


def is_bucket_name(name: str) -> bool:
    return _BUCKET.fullmatch(name) is not None and ".." not in name


def path_of(cloud: Cloud, bucket: str, name: str) -> Path:
    """The file of an object, whether it exists or not."""
    return _folder(cloud, bucket) / quote(name, safe=" ")


def create_bucket(cloud: Cloud, bucket: str, project: str, location: str) -> bool:
    """False if it exists."""
    if _folder(cloud, bucket).is_dir():
        return False
    _folder(cloud, bucket).mkdir(parents=True)
    _note(_beside(cloud, bucket, ""), BucketInfo(bucket, project, location, _moment(cloud)))
    return True


def describe_bucket(cloud: Cloud, bucket: str) -> BucketInfo | None:
    """What is known about a bucket, or None if there is none."""
    folder = _folder(cloud, bucket)
    if not is_bucket_name(bucket) or not folder.is_dir():
        return None
    beside = _beside(cloud, bucket, "")
    if beside.is_file():
        return BucketInfo(**json.loads(beside.read_text(encoding="utf-8")))
    project = "" if bucket.endswith(GOOGLES) else cloud.settings.project
    return BucketInfo(bucket, project, "US", _moment(cloud))


def list_buckets(cloud: Cloud, project: str, prefix: str) -> list[BucketInfo]:
    """The buckets of a project, by name."""
    folder = cloud.machine.folder / "storage"
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    found = [info for name in names if name.startswith(prefix) and (info := describe_bucket(cloud, name))]
    return [info for info in found if info.project == project]


def list_objects(cloud: Cloud, bucket: str, prefix: str) -> list[ObjectInfo]:
    names = sorted(unquote(path.name) for path in _folder(cloud, bucket).iterdir() if path.is_file())
    return [info for name in names if name.startswith(prefix) and (info := describe(cloud, bucket, name))]


def put(cloud: Cloud, bucket: str, name: str, content: bytes, content_type: str) -> ObjectInfo:
    """Write an object; what it had before is gone, and its generation another one."""
    known = describe(cloud, bucket, name)
    micros = int(cloud.clock().timestamp() * 1_000_000)
    info = _info(cloud, bucket, name, content, max(micros, known.generation + 1 if known else 0), content_type)
    path_of(cloud, bucket, name).write_bytes(content)
    _note(_beside(cloud, bucket, name), info)
    return info


def describe(cloud: Cloud, bucket: str, name: str) -> ObjectInfo | None:
    """What is known about an object, or None if there is none. Logs of builds are objects too."""
    path = path_of(cloud, bucket, name)
    if not is_bucket_name(bucket) or not path.is_file():
        return None
    beside = _beside(cloud, bucket, name)
    if beside.is_file():
        return ObjectInfo(**json.loads(beside.read_text(encoding="utf-8")))
    return _info(cloud, bucket, name, path.read_bytes(), int(path.stat().st_mtime * 1_000_000), "text/plain")


def delete(cloud: Cloud, bucket: str, name: str) -> None:
    path_of(cloud, bucket, name).unlink(missing_ok=True)
    _beside(cloud, bucket, name).unlink(missing_ok=True)


def _info(cloud: Cloud, bucket: str, name: str, content: bytes, generation: int, content_type: str) -> ObjectInfo:
    import google_crc32c

    return ObjectInfo(
        bucket=bucket,
        name=name,
        generation=generation,
        size=len(content),
        content_type=content_type,
        created=_moment(cloud),
        md5=base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode(),
        crc32c=base64.b64encode(google_crc32c.value(content).to_bytes(4, "big")).decode(),
    )


def _moment(cloud: Cloud) -> str:
    return cloud.clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _note(beside: Path, info: BucketInfo | ObjectInfo) -> None:
    beside.parent.mkdir(parents=True, exist_ok=True)
    beside.write_text(json.dumps(asdict(info)), encoding="utf-8")


def _folder(cloud: Cloud, bucket: str) -> Path:
    return cloud.machine.folder / "storage" / quote(bucket, safe="")


def _beside(cloud: Cloud, bucket: str, name: str) -> Path:
    """Of an object, or of the bucket itself when `name` is empty (no object has an empty name)."""
    key = hashlib.sha256(f"{bucket}/{name}".encode()).hexdigest()
    return cloud.machine.folder / "storage" / ".about" / f"{key}.json"
