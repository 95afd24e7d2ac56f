"""Real repositories for tests of history: whole histories by one fast-import, without a working tree."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
}
FILE, PROGRAM, LINK, SUBMODULE = b"100644", b"100755", b"120000", b"160000"
Content = bytes | tuple[bytes, bytes]  # content of a plain file, or (mode, content)
Tree = Mapping[bytes, Content]
Changes = Mapping[bytes, Content | None]  # None: removed


def git(path: Path, *argv: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
    """Git's output; AssertionError with its words if it fails."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-C", str(path), *argv], input=stdin, capture_output=True, env=kept | ENVIRONMENT | dict(env or {})
    )
    if done.returncode:
        raise AssertionError(f"git {argv}: {done.stderr.decode(errors='replace')}")
    return done.stdout


@dataclass(frozen=True)
class Node:
    """A commit to be; parents are ids, or indexes of nodes that come before it in the same list."""

    tree: Tree
    parents: Sequence[str | int] = ()
    message: str = "change"
    time: int = 0


@dataclass
class Repository:
    """A repository under construction. Commits are ten minutes apart."""

    path: Path
    object_format: str = "sha1"
    ticks: int = 0
    trees: dict[str, dict[bytes, Content]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        git(self.path, "init", "-q", "-b", "main", "--template=", f"--object-format={self.object_format}")

    def git(self, *argv: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        """Git's output, stripped."""
        return git(self.path, *argv, stdin=stdin, env=env).decode("utf-8", "surrogateescape").strip()

    def add(self, nodes: Sequence[Node]) -> list[str]:
        """Make all these commits; their ids."""
        stream = [b"feature done\n"]
        for mark, node in enumerate(nodes, 1):
            self.ticks += 1
            stream.append(_commit(mark, node, node.time or 1_700_000_000 + 600 * self.ticks))
        stream += [b"get-mark :%d\n" % mark for mark in range(1, len(nodes) + 1)]
        stream.append(b"done\n")
        ids = git(self.path, "fast-import", "--quiet", "--force", stdin=b"".join(stream)).decode().split()
        for commit, node in zip(ids, nodes, strict=True):
            self.trees[commit] = dict(node.tree)
        return ids

    def commit(self, changes: Changes, *parents: str, message: str = "change", time: int = 0) -> str:
        """A commit whose tree is that of its first parent with these changes."""
        tree = changed(self.trees[parents[0]] if parents else {}, changes)
        return self.add([Node(tree, parents, message, time)])[0]

    def merge(self, first: str, *others: str, changes: Changes | None = None) -> str:
        """A merge that takes over what each other parent changed, and then makes these changes."""
        tree: Tree = self.trees[first]
        for other in others:
            tree = merged(tree, self.trees[other], self.trees[self.git("merge-base", first, other)])
        return self.add([Node(changed(tree, changes or {}), (first, *others), "merge")])[0]

    def branch(self, name: str, commit: str) -> None:
        """Point a branch at a commit."""
        self.git("update-ref", f"refs/heads/{name}", commit)


def changed(tree: Tree, changes: Changes) -> dict[bytes, Content]:
    """The tree with these changes; what a new path would stand in or upon is removed."""
    result = dict(tree)
    for path, content in changes.items():
        result.pop(path, None)
        if content is None:
            continue
        for other in list(result):
            if other.startswith(path + b"/") or path.startswith(other + b"/"):
                del result[other]
        result[path] = content
    return result


def merged(ours: Tree, theirs: Tree, base: Tree) -> dict[bytes, Content]:
    """Ours, with what theirs changed against base."""
    return changed(ours, {p: theirs.get(p) for p in {*base, *theirs} if theirs.get(p) != base.get(p)})


def _commit(mark: int, node: Node, time: int) -> bytes:
    text = node.message.encode()
    # Each commit on a branch of its own: nothing is lost, and there are no implied parents.
    lines = [b"commit refs/heads/built-%d-%d\nmark :%d\n" % (time, mark, mark)]
    lines.append(b"committer Ada <ada@example.com> %d +0000\ndata %d\n%s\n" % (time, len(text), text))
    for word, parent in zip((b"from", *(b"merge",) * len(node.parents)), node.parents, strict=False):
        lines.append(b"%s %s\n" % (word, b":%d" % (parent + 1) if isinstance(parent, int) else parent.encode()))
    lines.append(b"deleteall\n")
    for path, content in node.tree.items():
        mode, data = content if isinstance(content, tuple) else (FILE, content)
        name = b'"%s"' % path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
        if mode == SUBMODULE:
            lines.append(b"M %s %s %s\n" % (mode, data, name))
        else:
            lines.append(b"M %s inline %s\ndata %d\n%s\n" % (mode, name, len(data), data))
    return b"".join(lines)
