"""What is known of the source: the working tree, the local commits, and the branch that builds are made from.

Paths are bytes as git prints them, relative to the repository's root.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.model.subject import Commit, Flow

ChangeState = Literal["modified", "staged", "untracked", "conflicted"]
Operation = Literal["rebase", "merge", "cherry-pick", "revert", "bisect"]


@dataclass(frozen=True, slots=True)
class Reference:
    """What production must hold at least, and where the branch that it is built from stands now.

    `commit`: the subject's commit where the live branch contains it; the commit of the branch with which its content
    landed where it was squashed or rebased; else the merge base of the two, so that what is not pushed is the fault
    of `pushed` alone. `branch_head`: the branch on the remote, asked live. `objects`: a git directory in which both
    commits, their trees and the history between them exist (the user's, or signoff's private one).
    """

    commit: Commit
    branch_head: Commit
    objects: Path


@dataclass(frozen=True, slots=True)
class PathChange:
    """One path that differs from the last commit. `staged`: all of the change is in the index."""

    path: bytes
    state: ChangeState


@dataclass(frozen=True, slots=True)
class WorkingTree:
    """`head` None: nothing was committed yet. `branch` None: HEAD is detached. `upstream`: as in `origin/main`."""

    head: Commit | None
    branch: str | None
    upstream: str | None
    stashes: int
    changes: tuple[PathChange, ...]
    operation: Operation | None = None


@dataclass(frozen=True, slots=True)
class CommitLine:
    """One commit as it is told to people. `at`: when it was committed; `paths`: what it changed."""

    id: Commit
    subject: Quoted
    author: Quoted
    emails: frozenset[str]
    """Of author and committer, in lower case."""
    at: datetime
    paths: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Work of this clone that is neither in the subject's commit nor on the remote."""

    kind: Literal["branch", "worktree", "stash"]
    name: Quoted
    commits: int
    paths: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Landing:
    """Content that is on the branch under other commits. `by`: the commit of the branch that brought the last of it."""

    by: Commit
    reverted: bool = False
    """Whether the branch has gone back to what was there before."""


@dataclass(frozen=True, slots=True)
class Part:
    """A submodule or LFS object that the subject's tree names. `there`: whether its own store has it."""

    kind: Literal["submodule", "lfs"]
    path: bytes
    object_id: str
    there: Known[bool] | Unknown


@dataclass(frozen=True, slots=True)
class CommittedFacts:
    """`tree` None: only a commit is asked about. `inside`: changes of the workload's inputs; `outside`: how many else.

    `left_out`: tracked inputs that the upload of a build would not hold.
    """

    tree: Known[WorkingTree] | None
    inside: tuple[PathChange, ...] = ()
    outside: int = 0
    left_out: tuple[bytes, ...] = ()


Relation = Literal["ahead", "diverged", "rewritten here", "rewritten there", "unrelated"]
"""How a commit that the remote's counterpart lacks stands to it; `ahead`: a plain push would bring it there."""


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """Where the subject's commit stands. Names of branches are without `refs/heads/`.

    `head`: the live head of the branch that is built; its value is None where the remote has no such branch.
    `missing`: commits that are not on that branch, newest first; `unpublished`: those of them that are on no branch
    or tag of the remote.
    """

    commit: Commit
    remote: str
    has_remote: bool
    branch: str
    flow: Flow
    now: datetime
    head: Known[Commit | None]
    local: str | None = None
    """The checked-out branch; None where HEAD is detached or is not the commit."""
    detached: bool = False
    counterpart: str | None = None
    """The branch of the remote that a push goes to: the one that is built; for pull requests the local one's own."""
    operation: Operation | None = None
    missing: tuple[CommitLine, ...] = ()
    unpublished: frozenset[Commit] = frozenset()
    newer: int = 0
    relation: Relation = "ahead"
    published: str | None = None
    """A branch of the remote, other than the one that is built, that holds the commit."""


@dataclass(frozen=True, slots=True)
class PushedFacts:
    """`missing`: the commits off the branch that touch the workload, newest first. `landed`: their content, if it is
    on the branch under other commits. `source` None: the remote could not be asked (and need not be, for an upload).
    """

    source: SourceFacts | None
    missing: tuple[CommitLine, ...] = ()
    landed: Landing | None = None
    elsewhere: tuple[Elsewhere, ...] = ()
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class MergedFacts:
    """As in PushedFacts; `contained`: the branch has the commit itself. `source` None: the flow has no merge."""

    source: SourceFacts | None
    missing: tuple[CommitLine, ...] = ()
    contained: bool = False
    landed: Landing | None = None


def oldest(commits: Iterable[CommitLine]) -> datetime | None:
    """When the first of the commits was made."""
    return min((commit.at for commit in commits), default=None)
