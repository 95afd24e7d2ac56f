"""The workspace of a build: fetched from git or from an archive, with the provenance of what was fetched."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from google.cloud.devtools.cloudbuild_v1.types import Hash, SourceProvenance

from signoff_sandbox.runtime.sources import SourceError, fetch_commit, unpack
from signoff_sandbox.world import buckets, git_remotes
from signoff_sandbox.world.cloud import Cloud

Log = Callable[[str], None]


async def fetch(cloud: Cloud, build: Any, workspace: Path, log: Log) -> tuple[Path, Any]:
    """Fill `workspace`; returns the folder in which the steps run, and the SourceProvenance. Raises SourceError."""
    provenance = SourceProvenance.pb()()
    kind = build.source.WhichOneof("source")
    if kind is None:
        await asyncio.to_thread(workspace.mkdir, parents=True)
        return workspace, provenance
    log("")
    log("FETCHSOURCE")
    source = getattr(build.source, kind)
    if kind == "storage_source":
        await _unpack(cloud, source, workspace, provenance, log)
        return workspace, provenance
    if kind == "git_source":
        commit = await _clone(cloud, source.url, source.revision, workspace, log)
        provenance.resolved_git_source.CopyFrom(source)
        provenance.resolved_git_source.revision = commit
    elif kind == "connected_repository":
        commit = await _clone(cloud, source.repository, source.revision, workspace, log)
        provenance.resolved_connected_repository.CopyFrom(source)
        provenance.resolved_connected_repository.revision = commit
    elif kind == "repo_source":
        address = git_remotes.source_repository(source.project_id or build.project_id, source.repo_name)
        commit = await _clone(cloud, address, _revision(source), workspace, log)
        provenance.resolved_repo_source.CopyFrom(source)
        provenance.resolved_repo_source.commit_sha = commit
    else:
        raise SourceError(f"{kind} is not modelled by the sandbox")
    return _inside(workspace, source.dir_), provenance


def _revision(source: Any) -> str:
    """What to fetch of a repository of Cloud Source Repositories."""
    if source.branch_name:
        return f"refs/heads/{source.branch_name}"
    return f"refs/tags/{source.tag_name}" if source.tag_name else str(source.commit_sha)


async def _clone(cloud: Cloud, address: str, revision: str, workspace: Path, log: Log) -> str:
    """The commit that was fetched."""
    lies_at = git_remotes.clone_address(cloud, address)
    home = workspace.parent / "home"
    return await fetch_commit(cloud.machine.processes, lies_at, revision, workspace, home=home, log=log)


async def _unpack(cloud: Cloud, source: Any, workspace: Path, provenance: Any, log: Log) -> None:
    info = await asyncio.to_thread(buckets.describe, cloud, source.bucket, source.object_)
    if info is None or source.generation not in (0, info.generation):
        raise SourceError(f"could not resolve source: gs://{source.bucket}/{source.object_} was not found")
    where = f"gs://{source.bucket}/{source.object_}#{info.generation}"
    log(f"Fetching storage object: {where}")
    log(f"Copying {where}...")
    archive = buckets.path_of(cloud, source.bucket, source.object_)
    await asyncio.to_thread(unpack, archive, workspace)
    provenance.resolved_storage_source.CopyFrom(source)
    provenance.resolved_storage_source.generation = info.generation
    digest = hashlib.sha256(await asyncio.to_thread(archive.read_bytes)).digest()
    provenance.file_hashes[where].file_hash.add(type_=Hash.HashType.SHA256, value=digest)
    log(f"Operation completed over 1 objects/{info.size} B.")


def _inside(workspace: Path, folder: str) -> Path:
    path = (workspace / folder).resolve()
    if not path.is_relative_to(workspace.resolve()) or not path.is_dir():
        raise SourceError(f"the folder {folder!r} does not exist in the source")
    return path
