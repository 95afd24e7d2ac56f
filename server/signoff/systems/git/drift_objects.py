"""Ids and types of many objects, in one process a round."""

from collections.abc import Iterable

from signoff.systems.git.inputs import ROOT
from signoff.systems.git.process import Children

_TYPES = frozenset((b"commit", b"tree", b"blob", b"tag"))


class Objects:
    """What stands at a path in a commit, looked up in batches with ``git cat-file``."""

    def __init__(self, children: Children) -> None:
        self._children = children
        self._known: dict[bytes, tuple[bytes, bytes] | None] = {}

    def look_up(self, names: Iterable[bytes]) -> None:
        """Learn these names (made by the functions below). GitError if git stops, as a partial clone makes it."""
        wanted = [name for name in dict.fromkeys(names) if name not in self._known]
        if not wanted:
            return
        with self._children.start(
            "cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=b"\n".join([*wanted, b""])
        ) as child:
            lines = child.out.read().split(b"\n")
        for name, line in zip(wanted, lines[:-1], strict=True):
            oid, _, kind = line.partition(b" ")
            # Of what is missing git repeats the name, which holds ":" or "^".
            self._known[name] = (oid, kind) if kind in _TYPES and oid.isalnum() else None

    def id_of(self, name: bytes) -> bytes | None:
        """The id of a looked-up name; None if it is not there."""
        found = self._known[name]
        return found[0] if found else None

    def tree(self, commit: str, path: bytes) -> bytes | None:
        """The id of the tree at a looked-up path; None where there is none, or none that could be read."""
        found = self._known[tree_at(commit, path)]
        return found[0] if found and found[1] == b"tree" else None


def commit_of(commit: str) -> bytes:
    """The name of a commit (or of the commit that a tag is about)."""
    return commit.encode() + b"^{commit}"


def tree_at(commit: str, path: bytes) -> bytes:
    """The name of what stands at path in a commit; ROOT is the commit's own tree."""
    return commit.encode() + (b"^{tree}" if path == ROOT else b":" + path)


def above(path: bytes) -> Iterable[bytes]:
    """The folders that a path lies in, the nearest first, ROOT last."""
    while path:
        path = path.rpartition(b"/")[0]
        yield path


def in_one_line(path: bytes) -> bytes:
    """The path, or the nearest folder above it whose name holds no newline: names are handed over in lines."""
    return next(folder for folder in (path, *above(path)) if b"\n" not in folder)
