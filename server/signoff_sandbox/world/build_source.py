"""The workspace of a build: fetched from git or from an archive, with the provenance of what was fetched."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from google.cloud.devtools.cloudbuild_v1.types import Hash, SourceProvenance

from signoff_sandbox.runtime.sources import SourceError, fetch_commit, unpack
from signoff_sandbox.world import buckets
from signoff_sandbox.world.cloud import Cloud


async def fetch(cloud: Cloud, build: Any, workspace: Path, log: Callable[[str], None]) -> tuple[Path, Any]:
    """Fill `workspace`; returns the folder in which the steps run, and the SourceProvenance. Raises SourceError."""
    provenance = SourceProvenance.pb()()
    kind = build.source.WhichOneof("source")
    if kind is None:
        await asyncio.to_thread(workspace.mkdir, parents=True)
        return workspace, provenance
    log(f"FETCHSOURCE {kind}")
    if kind == "git_source":
        source = build.source.git_source
        commit = await fetch_commit(
            cloud.machine.processes, source.url, source.revision, workspace, home=workspace.parent / "home", log=log
        )
        provenance.resolved_git_source.CopyFrom(source)
        provenance.resolved_git_source.revision = commit
        return _inside(workspace, source.dir_), provenance
    if kind == "storage_source":
        source = build.source.storage_source
        info = await asyncio.to_thread(buckets.describe, cloud, source.bucket, source.object_)
        if info is None or source.generation not in (0, info.generation):
            raise SourceError(f"could not resolve source: gs://{source.bucket}/{source.object_} was not found")
        archive = buckets.path_of(cloud, source.bucket, source.object_)
        await asyncio.to_thread(unpack, archive, workspace)
        provenance.resolved_storage_source.CopyFrom(source)
        provenance.resolved_storage_source.generation = info.generation
        digest = hashlib.sha256(await asyncio.to_thread(archive.read_bytes)).digest()
        hashes = provenance.file_hashes[f"gs://{source.bucket}/{source.object_}#{info.generation}"]
        hashes.file_hash.add(type_=Hash.HashType.SHA256, value=digest)
        log(f"Fetched gs://{source.bucket}/{source.object_}#{info.generation}")
        return workspace, provenance
    raise SourceError(f"{kind} is not modelled by the sandbox: use git_source or storage_source")


def _inside(workspace: Path, folder: str) -> Path:
    path = (workspace / folder).resolve()
    if not path.is_relative_to(workspace.resolve()) or not path.is_dir():
        raise SourceError(f"the folder {folder!r} does not exist in the source")
    return path
