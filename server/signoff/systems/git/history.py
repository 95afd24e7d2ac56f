"""Questions about commits and their trees, in one git directory."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from signoff.boundary import Incomplete, Malformed, Question
from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.model.source import CommitLine
from signoff.model.subject import Commit
from signoff.systems.git import patches, spread
from signoff.systems.git.answers import Asker, Unanswered, why
from signoff.systems.git.drift_newest import newest_touching
from signoff.systems.git.errors import GitError
from signoff.systems.git.inputs import Inputs
from signoff.systems.git.process import is_object_id, object_id
from signoff.systems.git.tree import Entry, read_blobs, read_tree

_LINE = "--format=tformat:%H%x00%ct%x00%ae%x00%ce%x00%an%x00%s"
_NAMES = ("diff-tree", "--stdin", "-r", "-z", "--name-only", "--no-renames", "--root", "--ignore-submodules=none")
_PATHS_IN_ARGV = 200
"""More paths than these are not handed to git to narrow a question: it is answered as well without."""


@dataclass(frozen=True, slots=True)
class Sides:
    """What two commits do not share: `missing` is only in the first, `newer` only in the second; newest first."""

    missing: tuple[Commit, ...]
    newer: tuple[Commit, ...]


def read_file(raw: bytes) -> bytes | None:
    """The output of `git cat-file --batch` for a commit and for a path in it: the file, None where it is no file.

    Raises Incomplete where the commit itself is not there: then nothing is known of its files.
    """
    head, _, rest = raw.partition(b"\n")
    if b" commit " not in head:
        raise Incomplete("the commit is not in this repository")
    size = int(head.rsplit(b" ", 1)[1])
    entry, _, content = rest[size + 1 :].partition(b"\n")
    kind = entry.rsplit(b" ", 2)[-2:]
    if kind[0] != b"blob":
        return None
    if len(content) != int(kind[1]) + 1:
        raise Incomplete("the file was cut short")
    return content[:-1]


def read_ids(raw: bytes) -> tuple[Commit, ...]:
    """One object id a line."""
    return tuple(_commit(line) for line in raw.decode("ascii").split())


def read_sides(raw: bytes) -> Sides:
    """The output of `git rev-list --left-right A...B`."""
    lines = raw.decode("ascii").split()
    if any(line[0] not in "<>" for line in lines):
        raise Malformed("a commit on neither side")
    return Sides(
        tuple(_commit(line[1:]) for line in lines if line[0] == "<"),
        tuple(_commit(line[1:]) for line in lines if line[0] == ">"),
    )


def read_present(raw: bytes) -> frozenset[Commit]:
    """The output of `git cat-file --batch-check='%(objectname) %(objecttype)'`: the commits that are there."""
    lines = [line.split(" ") for line in raw.decode("ascii").splitlines()]
    return frozenset(_commit(line[0]) for line in lines if line[-1] == "commit")


def read_lines(raw: bytes) -> tuple[CommitLine, ...]:
    """One commit a line, its fields as in _LINE."""
    found = []
    for line in raw.split(b"\n")[:-1]:
        commit, at, author_mail, committer_mail, author, subject = line.split(b"\0")
        emails = frozenset(mail.decode("utf-8", "replace").lower() for mail in (author_mail, committer_mail))
        when = datetime.fromtimestamp(int(at), UTC)
        found.append(CommitLine(_commit(commit.decode()), Quoted.of(subject), Quoted.of(author), emails, when))
    return tuple(found)


def read_paths(raw: bytes) -> dict[Commit, frozenset[bytes]]:
    """Changed paths by commit, from diff-tree with a header of NUL and the commit's id (see stream.py)."""
    tokens = iter(raw.split(b"\0")[:-1])
    found: dict[Commit, frozenset[bytes]] = {}
    if next(tokens, b""):
        raise Malformed("a header of unknown form")
    for commit in tokens:
        first = next(tokens, None)
        if first is None or (first and not first.startswith(b"\n")):
            raise Malformed("a header of unknown form")
        paths = [first[1:]] if first else []
        for path in tokens:
            if not path:  # what every header starts with
                break
            paths.append(path)
        found[_commit(commit.decode("ascii"))] = frozenset(paths)
    return found


def _commit(text: str) -> Commit:
    if not is_object_id(text):
        raise Malformed("no object id")
    return Commit(text)


class History:
    """The commits of one git directory: the user's, or the private one that sees the remote's as well."""

    def __init__(self, asker: Asker) -> None:
        self.ask = asker

    async def present(self, commits: Sequence[Commit]) -> Known[frozenset[Commit]] | Unknown:
        """Which of the commits this directory has."""
        batch = ("cat-file", "--batch-check=%(objectname) %(objecttype)")
        return await self.ask.run("cat-file", *batch, read=read_present, stdin=_lines(commits))

    async def named(self, says: Sequence[Quoted]) -> Known[Mapping[Quoted, Commit]] | Unknown:
        """The commits that whole or shortened ids mean; what means none that is here is left out."""
        named = [one for one in says if re.fullmatch("[0-9a-fA-F]{7,64}", one.outside)]

        def read(raw: bytes) -> Mapping[Quoted, Commit]:
            answers = zip(named, raw.decode("ascii", "replace").splitlines(), strict=True)
            return {one: _commit(line.split(" ")[0]) for one, line in answers if line.endswith(" commit")}

        stdin = b"".join(one.outside.lower().encode() + b"^{commit}\n" for one in named)
        batch = ("cat-file", "--batch-check=%(objectname) %(objecttype)")
        return await self.ask.run("cat-file", *batch, read=read, stdin=stdin)

    async def file_at(self, commit: Commit, path: str) -> Known[bytes | None] | Unknown:
        """A file of a commit, as it is committed (no filters); None where the commit has no such file."""
        stdin = f"{commit}^{{commit}}\n{commit}:{path}\n".encode()
        look = ("show", f"{commit}:{path}")
        return await self.ask.run("cat-file", "cat-file", "--batch", read=read_file, look=look, stdin=stdin)

    async def tree(self, commit: Commit) -> Known[tuple[Entry, ...]] | Unknown:
        """All files of a commit."""
        argv = ("ls-tree", "-r", "-z", "--full-tree", object_id(commit))
        return await self.ask.run("ls-tree", *argv, read=read_tree)

    async def blobs(self, ids: Sequence[str]) -> Known[tuple[bytes, ...]] | Unknown:
        """The contents of files, by their object ids, in the same order (of none: asked all the same)."""
        stdin = "".join(f"{object_id(oid)}\n" for oid in ids).encode()

        def read(raw: bytes) -> tuple[bytes, ...]:
            found = read_blobs(raw)
            if len(found) != len(ids):
                raise Incomplete("not every file was answered")
            return found

        return await self.ask.run("cat-file", "cat-file", "--batch", read=read, stdin=stdin)

    async def small_blobs(self, ids: Sequence[str], limit: int = 1024) -> Known[Mapping[str, bytes]] | Unknown:
        """Of these files the contents of those that are smaller than `limit` bytes, by object id."""

        def read(raw: bytes) -> list[str]:
            sizes = [line.split(" ") for line in raw.decode("ascii").splitlines()]
            return [object_id(oid) for oid, size in sizes if int(size) < limit]

        stdin = "".join(f"{object_id(oid)}\n" for oid in dict.fromkeys(ids)).encode()
        batch = ("cat-file", "--batch-check=%(objectname) %(objectsize)")
        small = await self.ask.run("cat-file", *batch, read=read, stdin=stdin)
        if isinstance(small, Unknown):
            return small
        contents = await self.blobs(small.value)
        if isinstance(contents, Unknown):
            return contents
        return Known(dict(zip(small.value, contents.value, strict=True)), contents.ref)

    async def sides(self, ours: Commit, theirs: Commit) -> Known[Sides] | Unknown:
        """What is only in one of two commits' histories."""
        ends = f"{object_id(ours)}...{object_id(theirs)}"
        return await self.ask.run("rev-list", "rev-list", "--left-right", "--topo-order", ends, "--", read=read_sides)

    async def merge_base(self, ours: Commit, theirs: Commit) -> Known[Commit | None] | Unknown:
        """The best common ancestor; None where the histories share nothing."""
        argv = ("merge-base", object_id(ours), object_id(theirs))
        return await self.ask.run("merge-base", *argv, ok=(0, 1), read=lambda raw: next(iter(read_ids(raw)), None))

    async def first_parent(self, commit: Commit) -> Known[Commit | None] | Unknown:
        """The commit before; None for a first one."""
        argv = ("rev-list", "--max-count=1", "--skip=1", "--first-parent", object_id(commit), "--")
        return await self.ask.run("rev-list", *argv, read=lambda raw: next(iter(read_ids(raw)), None))

    async def between(
        self, ours: Commit, theirs: Commit, *options: str, paths: Iterable[bytes] = ()
    ) -> Known[tuple[Commit, ...]] | Unknown:
        """Commits of `theirs` that are not in `ours`, newest first; only those that touch a path where any is given."""
        named = list(paths)
        narrowed = [os.fsdecode(path) for path in named] if len(named) <= _PATHS_IN_ARGV else []
        ends = f"{object_id(ours)}..{object_id(theirs)}"
        return await self.ask.run(
            "rev-list", "rev-list", "--topo-order", *options, ends, "--", *narrowed, read=read_ids
        )

    async def reached(
        self, tips: Sequence[Commit], known: Sequence[Commit]
    ) -> Known[tuple[tuple[Commit, ...], ...]] | Unknown:
        """For each tip the commits that it reaches and that no known commit does."""
        if not tips:
            raise ValueError("no tip to start at")
        return await self.ask.run(
            "rev-list", *spread.ARGV, stdin=spread.question(tips, known), read=lambda raw: spread.read(raw, tips)
        )

    async def lines(self, commits: Sequence[Commit]) -> Known[tuple[CommitLine, ...]] | Unknown:
        """The commits as people are told of them, in the same order, with the paths that each changed by itself.

        A merge changed what it has from none of its parents (`git diff-tree -c`).
        """
        if not commits:
            raise ValueError("no commit to tell of")
        look = ("log", "--name-only", f"--max-count={len(commits)}", commits[0])
        argv = ("rev-list", "--no-walk=unsorted", "--no-commit-header", "--stdin", _LINE)
        told = await self.ask.run("commits", *argv, stdin=_lines(commits), read=read_lines, look=look)
        if isinstance(told, Unknown):
            return told
        names = (*_NAMES, "-c", "--format=%x00%H")
        paths = await self.ask.run("diff-tree", *names, stdin=_lines(commits), read=read_paths, look=look)
        if isinstance(paths, Unknown):
            return paths
        if [line.id for line in told.value] != list(commits):
            return Unknown("incomplete", told.ref, Quoted("not every commit was answered"))
        lines = (replace(line, paths=paths.value.get(line.id, frozenset())) for line in told.value)
        return Known(tuple(lines), told.ref)

    async def differences(
        self, pairs: Sequence[tuple[Commit, Commit]], paths: Iterable[bytes] = ()
    ) -> Known[Mapping[Commit, frozenset[bytes]]] | Unknown:
        """For each (commit, other) the paths in which their trees differ, by commit (each commit at most once)."""
        named = list(paths)
        narrowed = [os.fsdecode(path) for path in named] if len(named) <= _PATHS_IN_ARGV else []
        argv = (*_NAMES, "--format=%x00%H", "--", *narrowed)
        stdin = "".join(f"{object_id(commit)} {object_id(other)}\n" for commit, other in pairs).encode()
        if not pairs:
            raise ValueError("no pair to compare")

        def read(raw: bytes) -> Mapping[Commit, frozenset[bytes]]:
            found = read_paths(raw)
            return {commit: found.get(commit, frozenset()) for commit, _ in pairs}

        return await self.ask.run("diff-tree", *argv, stdin=stdin, read=read, look=_look(pairs))

    async def patch_ids(self, pairs: Sequence[tuple[Commit, Commit | None]]) -> Known[Mapping[Commit, str]] | Unknown:
        """The patch id of each (commit, what it is compared with; None: its parent), see patches.py."""

        async def fetch() -> bytes:
            return await self.ask.git.work(lambda children: patches.patch_ids(children, pairs))

        return await self.ask.ask("patch-id", ("patch-id",), fetch, patches.read)

    async def newest_touching(
        self, head: Commit, inputs: Sequence[Inputs]
    ) -> Known[tuple[Commit | None, ...]] | Unknown:
        """For each workload's inputs the newest commit in head's history that changed one; one walk for all."""
        keyed = {str(number): one for number, one in enumerate(inputs)}

        async def fetch() -> dict[str, str | None]:
            try:
                return await newest_touching(self.ask.git, head, keyed)
            except GitError as error:
                raise Unanswered(error) from error

        def read(found: dict[str, str | None]) -> tuple[Commit | None, ...]:
            return tuple(Commit(newest) if (newest := found[key]) else None for key in keyed)

        question = Question("git", "newest-touching", self.ask.resource, ("git", "log", "--name-only", head))
        return await self.ask.boundary.ask(question, fetch, read, why)


def _lines(commits: Iterable[Commit]) -> bytes:
    return "".join(f"{object_id(commit)}\n" for commit in commits).encode()


def _look(pairs: Sequence[tuple[Commit, Commit]]) -> tuple[str, ...]:
    commit, other = pairs[0]
    return ("diff", "--name-only", other, commit)
