"""Questions about commits and their trees, in one git directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from signoff.boundary import Malformed
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
