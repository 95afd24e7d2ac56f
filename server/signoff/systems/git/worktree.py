"""What is checked out in the working tree, and what was changed in it since a commit."""

from __future__ import annotations

from dataclasses import dataclass

from signoff.boundary import Malformed
from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.model.subject import Commit
from signoff.systems.git.process import is_object_id, object_id
from signoff.systems.git.repository import Repository


@dataclass(frozen=True, slots=True)
class CommitLine:
    """A commit and the first line of its message."""

    commit: Commit
    subject: Quoted


async def head(repository: Repository) -> Known[Commit | None] | Unknown:
    """The commit that is checked out; None in a repository that has none yet."""
    argv = ("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    return await repository.history().ask.run("head", *argv, read=_one_or_none, ok=(0, 1))


async def commits_since(repository: Repository, since: Commit) -> Known[tuple[CommitLine, ...]] | Unknown:
    """What the branch has and `since` has not, the newest first; what was pulled from others is among it."""
    argv = ("log", "-z", "--format=%H %s", f"{object_id(since)}..HEAD", "--")
    return await repository.history().ask.run("log", *argv, read=_lines)


async def files_since(repository: Repository, since: Commit) -> Known[tuple[Quoted, ...]] | Unknown:
    """The tracked files of the working tree that differ from `since`, and the new ones that are not ignored."""
    ask = repository.history().ask
    diff = ("diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", object_id(since), "--")
    tracked = await ask.run("diff", *diff, read=_names)
    if isinstance(tracked, Unknown):
        return tracked
    new = await ask.run("ls-files", "ls-files", "-z", "--others", "--exclude-standard", "--full-name", read=_names)
    if isinstance(new, Unknown):
        return new
    return Known((*tracked.value, *new.value), tracked.ref)


def _one_or_none(raw: bytes) -> Commit | None:
    line = raw.decode("ascii").strip()
    if not line:
        return None
    return _commit(line)


def _commit(text: str) -> Commit:
    if not is_object_id(text):
        raise Malformed("no object id")
    return Commit(text)


def _lines(raw: bytes) -> tuple[CommitLine, ...]:
    found = []
    for line in raw.split(b"\0"):
        if line:
            commit, _, subject = line.partition(b" ")
            found.append(CommitLine(_commit(commit.decode("ascii")), Quoted.of(subject)))
    return tuple(found)


def _names(raw: bytes) -> tuple[Quoted, ...]:
    return tuple(Quoted.of(name) for name in raw.split(b"\0") if name)
