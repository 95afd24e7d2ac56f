"""What ``git diff-tree --stdin -z`` prints, parsed chunk by chunk.

A file name can hold everything but NUL, also a text that looks like the next header. So headers are told apart by
what no name can be: an empty token, or a token where a name can not stand.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader

from signoff.systems.git.child import Child
from signoff.systems.git.process import Children

_CHUNK = 1 << 16
# NUL, then "id parents", commit time, author, subject; then the names.
COMMIT_FORMAT = "--format=tformat:%x00%H %P%x00%ct%x00%an%x00%s"
TREE = b"040000"
ABSENT = b"000000"


@dataclass(frozen=True, slots=True)
class Entry:
    """One difference of two trees: modes and ids as git prints them; mode ABSENT where a side has nothing."""

    old_mode: bytes
    new_mode: bytes
    old_id: bytes
    new_id: bytes
    path: bytes


@dataclass(frozen=True, slots=True)
class Touched:
    """One commit that changed something, and the paths it changed."""

    commit: bytes
    parents: tuple[bytes, ...]
    time: int
    author: bytes
    subject: bytes
    paths: list[bytes]


def tokens(out: BufferedReader) -> Iterator[bytes]:
    """The NUL-terminated tokens of a pipe, as they come; what has no end is left out."""
    rest = b""
    while chunk := out.read1(_CHUNK):
        parts = (rest + chunk).split(b"\0")
        rest = parts.pop()
        yield from parts


def tree_pairs(out: BufferedReader, unanswered: set[bytes]) -> Iterator[tuple[bytes, Entry]]:
    """Parse ``diff-tree --stdin --raw -z --no-abbrev`` over pairs of trees: (b"OLD NEW", entry) for each difference.

    Pairs that git has an answer to are taken out of unanswered: one whose tree it can not read it passes over, with
    exit code 0 and often without a word.
    """
    pair = b""
    stream = tokens(out)
    for token in stream:
        *headers, raw = token.split(b"\n")  # pairs without a difference are headers alone
        unanswered.difference_update(headers)
        pair = headers[-1] if headers else pair
        old_mode, new_mode, old_id, new_id, _status = raw.removeprefix(b":").split(b" ")
        path = next(stream, None)
        if path is None:  # cut short: the exit code says why
            return
        yield pair, Entry(old_mode, new_mode, old_id, new_id, path)


def commits(out: BufferedReader) -> Iterator[Touched]:
    """Parse the output of ``diff_commits``, also of merges with -c.

    Commits without a difference are not printed by git.
    """
    stream = tokens(out)
    if next(stream, None) is None:
        return
    for header in stream:
        commit, *parents = header.split()
        try:
            time, author, subject, first = int(next(stream)), next(stream), next(stream), next(stream)
        except (StopIteration, ValueError):  # cut short: the exit code, which is checked next, says why
            return
        # "\n" ends the header of a plain diff, an empty token that of a combined one (-c).
        paths = [first[1:]] if first else []
        for path in stream:
            if not path:  # what every commit starts with
                break
            paths.append(path)
        yield Touched(commit, tuple(parents), time, author, subject, paths)


def diff_commits(
    children: Children, ids: bytes | Iterator[bytes] | BufferedReader, paths: Sequence[bytes], *options: str
) -> Child:
    """Start a diff of each commit with its parent (or with the parent named after it), for ``commits``.

    ids: lines, as in Children.start. paths: literal ones to look at; () for all.
    """
    return children.start(
        "diff-tree",
        "--stdin",
        "-r",
        "-z",
        "--name-only",
        "--no-renames",
        "--ignore-submodules=none",
        "--encoding=UTF-8",
        COMMIT_FORMAT,
        *options,
        "--",
        *map(os.fsdecode, paths),
        stdin=ids,
    )
