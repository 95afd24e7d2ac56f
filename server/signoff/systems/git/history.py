"""Questions about commits and their trees, in one git directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from signoff.boundary import Incomplete, Malformed
from signoff.model.facts import Known, Unknown
from signoff.model.subject import Commit
from signoff.systems.git.answers import Asker
from signoff.systems.git.process import is_object_id, object_id


@dataclass(frozen=True, slots=True)
class Sides:
    """What two commits do not share: `missing` is only in the first, `newer` only in the second; newest first."""

    missing: tuple[Commit, ...]
    newer: tuple[Commit, ...]


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


def _commit(text: str) -> Commit:
    if not is_object_id(text):
        raise Malformed("no object id")
    return Commit(text)


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


class History:
    """The commits of one git directory: the user's, or the private one that sees the remote's as well."""

    def __init__(self, asker: Asker) -> None:
        self.ask = asker

    async def present(self, commits: Sequence[Commit]) -> Known[frozenset[Commit]] | Unknown:
        """Which of the commits this directory has."""
        return await self.ask.run(
            "cat-file",
            "cat-file",
            "--batch-check=%(objectname) %(objecttype)",
            read=read_present,
            stdin="".join(f"{object_id(c)}\n" for c in commits).encode(),
        )

    async def file_at(self, commit: Commit, path: str) -> Known[bytes | None] | Unknown:
        """A file of a commit, as it is committed (no filters); None where the commit has no such file."""
        stdin = f"{commit}^{{commit}}\n{commit}:{path}\n".encode()
        look = ("show", f"{commit}:{path}")
        return await self.ask.run("cat-file", "cat-file", "--batch", read=read_file, look=look, stdin=stdin)

    async def sides(self, ours: Commit, theirs: Commit) -> Known[Sides] | Unknown:
        """What is only in one of two commits' histories."""
        return await self.ask.run(
            "rev-list", "rev-list", "--left-right", "--topo-order", f"{object_id(ours)}...{object_id(theirs)}", "--",
            read=read_sides,
        )  # fmt: skip

    async def merge_base(self, ours: Commit, theirs: Commit) -> Known[Commit | None] | Unknown:
        """The best common ancestor; None where the histories share nothing."""
        return await self.ask.run(
            "merge-base", "merge-base", object_id(ours), object_id(theirs), ok=(0, 1),
            read=lambda raw: next(iter(read_ids(raw)), None),
        )  # fmt: skip
