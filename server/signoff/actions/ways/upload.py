"""Way to build: a clean export of the commit is uploaded, and Cloud Build builds it by a configuration.

As `gcloud builds submit` does, but never with what only stands in the working tree.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

from signoff.actions.buildconfig import read_build_config, trigger_values
from signoff.actions.site import Site
from signoff.actions.steps import StepFailed, known
from signoff.actions.ways.builds import UploadBuild
from signoff.actions.ways.config import read_config
from signoff.actions.ways.export import exported
from signoff.actions.ways.watch import watched
from signoff.actions.ways.work import Built, Work, tags
from signoff.model.subject import CloudBuildConfig, Commit, Workload
from signoff.model.text import text
from signoff.reading.gcloudignore import NAMES, ignored
from signoff.systems.google.source_writer import bucket_of


async def plan(site: Site, workload: Workload, build: CloudBuildConfig, commit: Commit) -> UploadBuild:
    """Raises PlanError where the configuration is not in the commit, or is none."""
    await read_config(site, workload, build.config, commit)
    return UploadBuild(build.config, bucket_of(site.subject.target.project), commit)


async def make(work: Work, planned: UploadBuild) -> Built:
    """Export, upload, start the build and watch it to its end."""
    target = work.site.subject.target
    async with exported(work, planned.commit) as folder:
        config = read_build_config(await asyncio.to_thread((folder / planned.config).read_bytes), planned.config)
        packed = await asyncio.to_thread(archive, folder)
    if packed is None:
        raise StepFailed(text("nothing of commit {} would be uploaded: an ignore file leaves all out", planned.commit))
    digest = hashlib.sha256(packed).hexdigest()
    work.tell(f"uploading {len(packed) // 1024 + 1} KiB")
    name = f"source/signoff-{planned.commit[:12]}-{digest[:16]}.tgz"
    sent = await work.writers.sources.upload(target.project, name, packed)
    source = known(sent, f"uploading to gs://{planned.bucket}", wrote=True)
    started = await work.writers.builds.start(
        target.project,
        config,
        source,
        substitutions=trigger_values(config, planned.commit, target.branch),
        tags=tags(work.item, planned.commit, work.operation),
    )
    build = known(started, "starting the build", wrote=True)
    work.tell(f"{build.id} started")
    return await watched(work, build, own=True)


def archive(folder: Path) -> bytes | None:
    """The folder as a .tgz, without `.git` and what gcloud would leave out; None where nothing is left.

    Equal files make equal bytes: no times, no owners, sorted.
    """
    contents = [(folder / name).read_bytes() if (folder / name).is_file() else None for name in NAMES]
    left_out = ignored(*contents)
    stream, count = io.BytesIO(), 0
    with (
        gzip.GzipFile(fileobj=stream, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in _files(folder):
            name = path.relative_to(folder).as_posix()
            if not left_out.match_file(name):
                tar.add(path, name, recursive=False, filter=_plain)
                count += 1
    return stream.getvalue() if count else None


def _files(folder: Path) -> Iterator[Path]:
    """Files and symbolic links, also those that point to a folder."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not (name == ".git" and Path(place) == folder))
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        yield from (Path(place) / name for name in sorted([*files, *links]))


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = 0, 0, 0, "", ""
    entry.mode = 0o755 if entry.mode & 0o100 else 0o644
    return entry
