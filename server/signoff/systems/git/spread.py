"""Which of several tips reach which commits: one walk for all of them, a bit for each tip."""

from __future__ import annotations

from collections.abc import Sequence

from signoff.model.subject import Commit
from signoff.systems.git.process import object_id

ARGV = ("rev-list", "--ignore-missing", "--parents", "--topo-order", "--stdin")


def question(tips: Sequence[Commit], known: Sequence[Commit]) -> bytes:
    """The stdin of ARGV: what is reachable from the tips and from none of the known commits."""
    lines = [*(object_id(tip) for tip in tips), *(f"^{object_id(commit)}" for commit in known)]
    return "".join(f"{line}\n" for line in lines).encode()


def read(raw: bytes, tips: Sequence[Commit]) -> tuple[tuple[Commit, ...], ...]:
    """For each tip, in order, the commits that it reaches, newest first, from the output of ARGV."""
    masks: dict[str, int] = {}
    for bit, tip in enumerate(tips):
        masks[tip] = masks.get(tip, 0) | 1 << bit
    reached: list[list[Commit]] = [[] for _ in tips]
    for line in raw.decode("ascii").splitlines():
        commit, *parents = (object_id(part) for part in line.split(" "))
        mask = masks.pop(commit, 0)  # parents come after all their children: the mask is whole
        for parent in parents:
            masks[parent] = masks.get(parent, 0) | mask
        for bit, commits in enumerate(reached):
            if mask >> bit & 1:
                commits.append(Commit(commit))
    return tuple(tuple(commits) for commits in reached)
