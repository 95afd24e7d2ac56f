"""A synthetic monorepo: many services and shared libraries, work on branches that are merged, a commit-graph."""

import random
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

SHARED = 60
FILES = [*(f"part{index}.py" for index in range(16)), *(f"docs/page{index}.md" for index in range(4))]


@dataclass
class Monorepo:
    """Where it is, what its services are made from, and main's first-parent line, oldest first."""

    path: Path
    inputs: dict[str, list[str]] = field(default_factory=dict)
    line: list[str] = field(default_factory=list)


def build(path: Path, commits: int, services: int, seed: int = 7) -> Monorepo:
    """Make one with about this many non-merge commits; the same for the same numbers."""
    rng = random.Random(seed)
    repo = Monorepo(path)
    path.mkdir(parents=True)
    _git(path, "init", "-q", "--bare", "-b", "main")
    stream = _Stream()
    names = [f"services/team{index % 25}/service{index}" for index in range(services)]
    folders = names + [f"shared/library{index}" for index in range(SHARED)]
    everything = [f"{folder}/{name}" for folder in folders for name in FILES]
    main = stream.commit("main", None, [], {name: name.encode() for name in everything})
    line = [main]
    while stream.made < commits:
        base = line[-min(len(line), rng.randint(1, 6))]
        tip = base
        touched: dict[str, bytes] = {}
        for _ in range(rng.randint(1, 4)):
            folder = rng.choice(folders[-SHARED:] if rng.random() < 0.15 else names)
            files = [f"{folder}/{name}" for name in rng.sample(FILES, rng.randint(1, 4))]
            contents = dict.fromkeys(files, b"changed in %d\n" % stream.marks)
            tip = stream.commit("work", tip, [], contents)
            touched |= contents
        line.append(stream.commit("main", line[-1], [tip], touched))
    ids = stream.send(path, line)
    repo.line = ids
    for index, name in enumerate(names):
        libraries = rng.sample(range(SHARED), 2)
        repo.inputs[f"service{index}"] = [
            f"{name}/**",
            *(f"shared/library{library}/**" for library in libraries),
            f"!{name}/docs/**",
        ]
    _git(path, "update-ref", "refs/heads/main", ids[-1])
    _git(path, "repack", "-adfq", "--depth=20", "--window=10")
    _git(path, "commit-graph", "write", "--reachable")
    return repo


class _Stream:
    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.marks = 0
        self.made = 0

    def commit(self, branch: str, parent: int | None, merged: list[int], files: dict[str, bytes]) -> int:
        self.marks += 1
        self.made += not merged
        self.lines.append(
            f"commit refs/heads/{branch}\nmark :{self.marks}\ncommitter Ada <ada@example.com> "
            f"{1_600_000_000 + 300 * self.marks} +0000\ndata 14\nchange a file\n".encode()
        )
        self.lines += [f"from :{parent}\n".encode()] if parent else []
        self.lines += [f"merge :{other}\n".encode() for other in merged]
        for name, content in files.items():
            self.lines.append(b"M 100644 inline %s\ndata %d\n%s\n" % (name.encode(), len(content), content))
        return self.marks

    def send(self, path: Path, marks: list[int]) -> list[str]:
        questions = b"".join(b"get-mark :%d\n" % mark for mark in marks)
        data = b"feature done\n" + b"".join(self.lines) + questions + b"done\n"
        return _git(path, "fast-import", "--quiet", "--force", stdin=data).decode().split()


def _git(path: Path, *argv: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(["git", "-C", str(path), *argv], input=stdin, stdout=subprocess.PIPE, check=True).stdout
