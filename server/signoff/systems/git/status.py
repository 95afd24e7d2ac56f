"""The working tree as `git status --porcelain=v2 --branch --show-stash -z` tells it.

The format: https://git-scm.com/docs/git-status#_porcelain_format_version_2
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from signoff.boundary import Malformed
from signoff.model.source import ChangeState, Operation, PathChange, WorkingTree
from signoff.model.subject import Commit
from signoff.systems.git.process import is_object_id

ARGV = (
    "status",
    "--porcelain=v2",
    "--branch",
    "--show-stash",
    "--untracked-files=all",
    "--ignore-submodules=dirty",
    "--no-renames",
    "-z",
)
"""`dirty`: else git would run the configuration of submodules too; they are asked on their own."""

_FIELDS = {b"1": 8, b"2": 9, b"u": 10, b"?": 1}
"""Spaces before the path, by kind of record."""

_OPERATIONS: tuple[tuple[str, Operation], ...] = (
    ("rebase-merge", "rebase"),
    ("rebase-apply", "rebase"),
    ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("BISECT_LOG", "bisect"),
)


def operation(git_dir: Path) -> Operation | None:
    """What was begun in this working tree and not ended: git marks it by files of its own directory."""
    return next((name for file, name in _OPERATIONS if (git_dir / file).exists()), None)


def read(raw: bytes) -> WorkingTree:
    """Read the whole output of ARGV; Malformed where it is not of the documented form."""
    headers: dict[str, str] = {}
    changes: list[PathChange] = []
    records = _records(raw)
    for record in records:
        if record.startswith(b"# "):
            key, _, value = record[2:].decode("utf-8", "surrogateescape").partition(" ")
            headers[key] = value
        else:
            changes.extend(_changes(record, records))
    if "branch.oid" not in headers or "branch.head" not in headers:
        raise Malformed("the status has no head")
    oid, branch = headers["branch.oid"], headers["branch.head"]
    if oid != "(initial)" and not is_object_id(oid):
        raise Malformed("the status has no head")
    return WorkingTree(
        head=None if oid == "(initial)" else Commit(oid),
        branch=None if branch == "(detached)" else branch,
        upstream=headers.get("branch.upstream"),
        stashes=int(headers.get("stash", "0")),
        changes=tuple(changes),
    )


def _records(raw: bytes) -> Iterator[bytes]:
    if raw and not raw.endswith(b"\0"):
        raise Malformed("the last record has no end")
    yield from raw.split(b"\0")[:-1]


def _changes(record: bytes, following: Iterator[bytes]) -> Iterator[PathChange]:
    kind = record[:1]
    fields = record.split(b" ", _FIELDS.get(kind, 0))
    if kind not in _FIELDS or fields[0] != kind or len(fields) != _FIELDS[kind] + 1 or not fields[-1]:
        raise Malformed(f"a status record of unknown form: {record[:1]!r}")
    state: ChangeState
    if kind == b"?":
        state = "untracked"
    elif kind == b"u":
        state = "conflicted"
    else:
        state = "staged" if fields[1][1:] == b"." else "modified"
    yield PathChange(fields[-1], state)
    if kind == b"2":  # a rename: the path that it had is the next record
        before = next(following, None)
        if not before:
            raise Malformed("a rename without its source")
        yield PathChange(before, state)
