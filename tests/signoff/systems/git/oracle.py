"""A slow, simple second opinion on drift: one workload at a time, one git process a commit, no shared code.

It follows the definitions, not the engine: whole trees listed and compared in Python, ancestors as sets, patches
compared by ``git patch-id``.
"""

import re
import subprocess
from dataclasses import dataclass
from fnmatch import translate
from itertools import takewhile
from pathlib import Path


@dataclass(frozen=True)
class Opinion:
    """What the engine's Drift should say."""

    state: str
    files: frozenset[bytes]
    commits: frozenset[str]
    diverged: bool


class Oracle:
    """Answers about one repository; what git says about a commit is remembered."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._trees: dict[str, dict[bytes, bytes]] = {}
        self._ancestors: dict[str, frozenset[str]] = {}

    def drift(self, head: str, deployed: str, patterns: list[str]) -> Opinion:
        try:
            self._git("cat-file", "-e", f"{deployed}^{{commit}}")
        except subprocess.CalledProcessError:
            return Opinion("unknown", frozenset(), frozenset(), False)
        files = frozenset(path for path in self._differing(deployed, head) if matches(patterns, path))
        diverged = deployed not in self._reach(head)
        if not files:
            return Opinion("same", files, frozenset(), False)
        behind = self._reach(head) - self._reach(deployed)
        if diverged:
            behind -= self._twins(head, deployed, patterns)
        plain = {commit for commit in behind if len(self._parents(commit)) < 2}
        touching = {commit for commit in plain if any(matches(patterns, path) for path in self._touched(commit))}
        unexplained = files - {path for commit in plain for path in self._touched(commit)}
        merges = behind - plain
        resolving = {commit for commit in merges if unexplained & self._touched(commit)}
        unexplained -= {path for commit in merges for path in self._touched(commit)}
        discarding = {commit for commit in merges if self._discards(commit, deployed, unexplained)}
        return Opinion("drifted", files, frozenset(touching | resolving | discarding), diverged)

    def landed(self, head: str, commit: str) -> str:
        """The oldest commit on head's first-parent line that holds this commit."""
        line = self._git("rev-list", "--first-parent", head).decode().split()
        return [one for one in line if commit in self._reach(one)][-1]

    def newest_touching(self, head: str, patterns: list[str]) -> set[str]:
        """Plain commits and resolving merges of head's history that touch the inputs, and have no such descendant."""
        touching = {c for c in self._reach(head) if any(matches(patterns, path) for path in self._touched(c))}
        return {c for c in touching if not any(c != other and c in self._reach(other) for other in touching)}

    def _touched(self, commit: str) -> frozenset[bytes]:
        """Paths in which a commit differs from every parent (a root commit: from nothing)."""
        parents = self._parents(commit) or [""]
        return frozenset.intersection(*(self._differing(parent, commit) for parent in parents))

    def _discards(self, merge: str, deployed: str, files: frozenset[bytes]) -> bool:
        return any(
            deployed in self._reach(parent) and files & self._differing(parent, merge)
            for parent in self._parents(merge)
        )

    def _twins(self, head: str, deployed: str, patterns: list[str]) -> set[str]:
        ours = self._reach(head) - self._reach(deployed)
        theirs = self._reach(deployed) - self._reach(head)
        known = {self._patch(commit, patterns) for commit in theirs if len(self._parents(commit)) < 2} - {""}
        return {commit for commit in ours if len(self._parents(commit)) < 2 and self._patch(commit, patterns) in known}

    def _patch(self, commit: str, patterns: list[str]) -> str:
        """The patch's id on the folders that the patterns include."""
        paths = {_literal(pattern) for pattern in patterns if not pattern.startswith("!")}
        limit = [] if "" in paths or not paths else ["--", *paths]
        diff = self._git("diff-tree", "--root", "-p", "--no-renames", "--full-index", commit, *limit)
        return self._git("patch-id", "--stable", stdin=diff).decode().partition(" ")[0]

    def _differing(self, old: str, new: str) -> frozenset[bytes]:
        before, after = self._tree(old), self._tree(new)
        return frozenset(path for path in {*before, *after} if before.get(path) != after.get(path))

    def _tree(self, commit: str) -> dict[bytes, bytes]:
        if not commit:
            return {}
        if commit not in self._trees:
            entries = self._git("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0")[:-1]
            self._trees[commit] = {entry.partition(b"\t")[2]: entry.partition(b"\t")[0] for entry in entries}
        return self._trees[commit]

    def _reach(self, commit: str) -> frozenset[str]:
        if commit not in self._ancestors:
            self._ancestors[commit] = frozenset(self._git("rev-list", commit).decode().split())
        return self._ancestors[commit]

    def _parents(self, commit: str) -> list[str]:
        return self._git("rev-parse", f"{commit}^@").decode().split()

    def _git(self, *argv: str, stdin: bytes = b"") -> bytes:
        command = ["git", "-C", str(self._path), "--no-replace-objects", "--literal-pathspecs", *argv]
        return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout


def matches(patterns: list[str], path: bytes) -> bool:
    """Anchored patterns, the last that covers the path or a folder above it decides; none included: everything."""
    includes = [pattern for pattern in patterns if not pattern.startswith("!")]
    answer = not includes
    for pattern in patterns:
        if covers(pattern.removeprefix("!"), path):
            answer = not pattern.startswith("!")
    return answer


def covers(pattern: str, path: bytes) -> bool:
    """Whether a pattern is about the path: component by component, ``**`` for any number of them."""
    wanted = [part for part in pattern.split("/") if part not in ("", ".")]
    while wanted and wanted[-1] == "**":
        wanted.pop()
    return _covers(wanted, path.decode("utf-8", "surrogateescape").split("/"))


def _literal(pattern: str) -> str:
    return "/".join(takewhile(lambda part: not set(part) & set("*?["), pattern.split("/")))


def _covers(wanted: list[str], parts: list[str]) -> bool:
    if not wanted:
        return True  # what lies beneath a match is covered with it
    if wanted[0] == "**":
        return any(_covers(wanted[1:], parts[skip:]) for skip in range(len(parts)))
    if not parts:
        return False
    return re.fullmatch(translate(wanted[0]), parts[0]) is not None and _covers(wanted[1:], parts[1:])
