"""Builds from an uploaded archive have no commit: their files are compared with the commits' trees, one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from signoff.boundary import Malformed
from signoff.gather.content import SHOWN
from signoff.gather.inputs import inputs_of
from signoff.model.builds import Upload
from signoff.model.facts import Known, Ref, Unknown
from signoff.model.lineage import Content
from signoff.model.quoted import Quoted
from signoff.model.source import Reference
from signoff.model.subject import Commit, Workload
from signoff.model.text import text
from signoff.reading.gcloudignore import NAMES
from signoff.reading.gcloudignore import ignored as left_out
from signoff.survey import Survey

if TYPE_CHECKING:
    from signoff.systems.git.history import History
    from signoff.systems.google.sources import ArchiveFile

RECENT = 30
"""So many commits below the reference are tried for an upload that is none of the commits in question."""
_LFS = b"version https://git-lfs.github.com/spec/"
_LFS_SIZE = 1024


@dataclass(frozen=True, slots=True)
class Uploaded:
    """`commit`: whose files the archive has, on the inputs; None: no commit's that was tried, see `content`."""

    commit: Commit | None
    content: Content
    ref: Ref


Tree = Mapping[bytes, str]
"""Path to blob id; SUBMODULE where another repository stands, whose files this one does not know."""
SUBMODULE = ""


async def uploaded(
    survey: Survey, reference: Reference, workload: Workload, upload: Upload, stated: Commit | None
) -> Uploaded | Unknown:
    """Which commit an archive is made of, as far as the workload's inputs go."""
    archive = await survey.get(archive_of, upload, _algorithm(reference))
    if isinstance(archive, Unknown):
        return archive
    if archive.value is None:
        return Uploaded(None, Content("unknown", why=text("the uploaded archive is not kept any more")), archive.ref)
    history = survey.systems.git.history(reference.objects)
    tried: set[Commit] = set()
    first: Content | None = None
    for commit in await _candidates(history, reference, stated):
        if commit in tried:
            continue
        tried.add(commit)
        content = await _against(survey, reference.objects, commit, workload, archive.value)
        if isinstance(content, Unknown):
            return content
        if content.state == "holds":
            return Uploaded(commit, content, archive.ref)
        first = first or content
    return Uploaded(None, first or Content("unknown", why=text("there is no commit to compare with")), archive.ref)


async def archive_of(
    survey: Survey, upload: Upload, algorithm: Literal["sha1", "sha256"]
) -> Known[tuple[ArchiveFile, ...] | None] | Unknown:
    """The archive's files, fetched once for all workloads that were built from it."""
    return await survey.systems.sources.files(upload, algorithm)


def _algorithm(reference: Reference) -> Literal["sha1", "sha256"]:
    return "sha1" if len(reference.commit) == 40 else "sha256"


async def _candidates(history: History, reference: Reference, stated: Commit | None) -> Sequence[Commit]:
    from signoff.systems.git.history import read_ids

    first = [reference.commit, reference.branch_head]
    if stated is not None:
        here = await history.present([stated])
        first += [stated] if isinstance(here, Known) and stated in here.value else []
    recent = await history.ask.run("rev-list", "rev-list", "-n", str(RECENT), reference.commit, "--", read=read_ids)
    return [*first, *(recent.value if isinstance(recent, Known) else ())]


async def _against(
    survey: Survey, objects: Path, commit: Commit, workload: Workload, archive: Sequence[ArchiveFile]
) -> Content | Unknown:
    """`holds` where every input in the archive is the commit's; what an ignore file kept out is `left_out`."""
    tree = await survey.get(tree_of, objects, commit)
    if isinstance(tree, Unknown):
        return tree
    history = survey.systems.git.history(objects)
    inputs = inputs_of(survey.subject, workload)
    root = _root(archive, tree.value)
    modules = tuple(path + b"/" for path, blob in tree.value.items() if blob == SUBMODULE)
    have = {root + file.path: file for file in archive if inputs.matches(root + file.path)}
    foreign = [path for path in have if path.startswith(modules)]
    have = {path: file for path, file in have.items() if not path.startswith(modules)}
    want = {path: blob for path, blob in tree.value.items() if path.startswith(root) and inputs.matches(path) and blob}
    if not have:
        return Content("unknown", why=text("nothing of the workload's inputs is in the uploaded archive"))
    differing = [path for path in have if want.get(path) not in have[path].ids]
    if differing:
        pointers = await _lfs(history, {path: want[path] for path in differing if path in want})
        if isinstance(pointers, Unknown):
            return pointers
        differing = [path for path in differing if pointers.get(path) != have[path].sha256]
    absent = [path for path in want if path not in have]
    ignored = await _ignored(history, root, tree.value, absent)
    if isinstance(ignored, Unknown):
        return ignored
    differing += [path for path in absent if path not in ignored]
    left_out = tuple(Quoted.of(path) for path in sorted(ignored)[:SHOWN])
    if not differing and foreign:
        return Content("unknown", why=text("the upload has a submodule's files, which this repository does not know"))
    if not differing:
        return Content("holds", left_out=left_out)
    shown = tuple(Quoted.of(path) for path in sorted(differing)[:SHOWN])
    return Content("differs", files=shown, differing=len(differing), left_out=left_out)


async def tree_of(survey: Survey, objects: Path, commit: Commit) -> Known[Tree] | Unknown:
    """All files of a commit."""
    history = survey.systems.git.history(objects)
    return await history.ask.run("ls-tree", "ls-tree", "-r", "-z", "--full-tree", commit, "--", read=_read_tree)


def _read_tree(raw: bytes) -> Tree:
    tree: dict[bytes, str] = {}
    for entry in raw.split(b"\0"):
        if entry:
            about, _, path = entry.partition(b"\t")
            _, kind, blob = about.split(b" ")
            tree[path] = blob.decode("ascii") if kind == b"blob" else SUBMODULE
    return tree


def _root(archive: Sequence[ArchiveFile], tree: Tree) -> bytes:
    """The folder of the repository that was uploaded: where most of the archive's files are found again."""
    folders: Counter[bytes] = Counter()
    by_name: dict[bytes, list[bytes]] = {}
    for path in tree:
        by_name.setdefault(path.rpartition(b"/")[2], []).append(path)
    for file in archive:
        for path in by_name.get(file.path.rpartition(b"/")[2], ()):
            if path.endswith(file.path) and (path == file.path or path[: -len(file.path)].endswith(b"/")):
                folders[path[: -len(file.path)]] += 2 if tree[path] in file.ids else 1
    return max(folders, key=lambda folder: (folders[folder], -len(folder)), default=b"")


async def _lfs(history: History, differing: Mapping[bytes, str]) -> Mapping[bytes, str] | Unknown:
    """Of files that the tree has as LFS pointers: the SHA-256 of the real content."""
    pointers: dict[bytes, str] = {}
    for path, blob in differing.items():
        raw = await history.ask.run("cat-file", "cat-file", "-s", blob, read=int)
        if isinstance(raw, Unknown):
            return raw
        if raw.value > _LFS_SIZE:
            continue
        content = await history.ask.run("cat-file", "cat-file", "blob", blob, read=bytes)
        if isinstance(content, Unknown):
            return content
        if content.value.startswith(_LFS):
            pointers[path] = _oid(content.value)
    return pointers


def _oid(pointer: bytes) -> str:
    for line in pointer.splitlines():
        if line.startswith(b"oid sha256:"):
            return line.removeprefix(b"oid sha256:").decode("ascii")
    raise Malformed("an LFS pointer without an object id")


async def _ignored(history: History, root: bytes, tree: Tree, absent: Sequence[bytes]) -> frozenset[bytes] | Unknown:
    """Which of the absent files gcloud does not upload; the ignore files themselves it may leave out or not."""
    if not absent:
        return frozenset()
    files: dict[str, bytes] = {}
    for name in NAMES:
        if root + name.encode() in tree:
            known = await history.ask.run("cat-file", "cat-file", "blob", tree[root + name.encode()], read=bytes)
            if isinstance(known, Unknown):
                return known
            files[name] = known.value
    spec = left_out(*(files.get(name) for name in NAMES))
    inside = {path: path[len(root) :].decode("utf-8", "surrogateescape") for path in absent}
    return frozenset(path for path, name in inside.items() if name.rpartition("/")[2] in NAMES or spec.match_file(name))
