"""The local names of commits: branches, what is remembered of the remote's, and other working trees."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from signoff.boundary import Malformed
from signoff.model.subject import Commit
from signoff.systems.git.process import is_object_id, object_id

REFS_ARGV = ("for-each-ref", "--format=%(objecttype)%00%(objectname)%00%(refname)", "refs/heads", "refs/remotes")
WORKTREES_ARGV = ("worktree", "list", "--porcelain", "-z")


@dataclass(frozen=True, slots=True)
class LocalRefs:
    """Without `refs/heads/` and `refs/remotes/`. `remembered`: as in `origin/main`, from the last fetch or push."""

    heads: dict[str, Commit]
    remembered: dict[str, Commit]


@dataclass(frozen=True, slots=True)
class Worktree:
    """`branch` None: its HEAD is detached. `head` None: nothing was committed there, or it is bare."""

    path: Path
    head: Commit | None
    branch: str | None


@dataclass(frozen=True, slots=True)
class Stash:
    """Put aside work: what differs between `commit` and `base`, and the files of `untracked`, a commit of its own."""

    commit: Commit
    base: Commit
    untracked: Commit | None


def read_stashes(raw: bytes) -> tuple[Stash, ...]:
    """One stash a line: its commit, the commit it was made on, its index, and its untracked files if there were any."""
    found = []
    for line in raw.decode("ascii").splitlines():
        commit, base, _index, *untracked = (Commit(object_id(part)) for part in line.split(" "))
        found.append(Stash(commit, base, untracked[0] if untracked else None))
    return tuple(found)


_MADE = re.compile(
    rb"(commit|cherry-pick|revert|am)\b|rebase \((pick|reword|edit|squash|fixup|continue)\b"
    rb"|(merge|pull)\b.*: Merge made"
)
"""The reflog's words for a new commit, as against one that was fetched, checked out or gone back to."""


def read_made(raw: bytes) -> frozenset[Commit]:
    """Of a reflog's lines (commit, NUL, what was done) those that made their commit."""
    lines = (line.partition(b"\0") for line in raw.split(b"\n") if line)
    return frozenset(Commit(object_id(oid.decode("ascii"))) for oid, _, did in lines if _MADE.match(did))


def read_local_refs(raw: bytes) -> LocalRefs:
    """The output of REFS_ARGV."""
    refs = LocalRefs({}, {})
    for line in raw.decode("utf-8", "surrogateescape").split("\n"):
        if not line:
            continue
        kind, oid, name = line.split("\0")
        if not is_object_id(oid):
            raise Malformed("a reference without an object")
        if kind != "commit":
            continue
        if name.startswith("refs/heads/"):
            refs.heads[name.removeprefix("refs/heads/")] = Commit(oid)
        else:
            refs.remembered[name.removeprefix("refs/remotes/")] = Commit(oid)
    return refs


def read_worktrees(raw: bytes) -> tuple[Worktree, ...]:
    """The output of WORKTREES_ARGV: https://git-scm.com/docs/git-worktree#_porcelain_format"""
    found: list[Worktree] = []
    for block in raw.decode("utf-8", "surrogateescape").split("\0\0"):
        fields = dict(line.partition(" ")[::2] for line in block.split("\0") if line)
        if not fields:
            continue
        head = fields.get("HEAD", "")
        unborn = not head.strip("0")
        if not unborn and not is_object_id(head):
            raise Malformed("a working tree without a head")
        branch = fields.get("branch", "").removeprefix("refs/heads/")
        found.append(Worktree(Path(fields["worktree"]), None if unborn else Commit(head), branch or None))
    return tuple(found)
