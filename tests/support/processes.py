"""What a process holds: memory, children, open files, ports. Read from /proc, so on Linux alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LISTENING = "0A"


@dataclass(frozen=True)
class Holding:
    """`memory` is the resident set in MB; `children` are the command lines of all descendants."""

    memory: float
    children: tuple[str, ...]
    ports: int
    files: int

    @classmethod
    def of(cls, pid: int) -> Holding:
        return cls(
            memory=_memory(pid),
            children=tuple(sorted(_command(child) for child in descendants(pid))),
            ports=len(list(_ports(pid))),
            files=len(list(Path(f"/proc/{pid}/fd").iterdir())),
        )

    def __str__(self) -> str:
        return f"{self.memory:.1f} MB, {len(self.children)} children, {self.ports} ports, {self.files} open files"


def descendants(pid: int) -> list[int]:
    """All processes below a process; those that have ended and wait for their parent are none."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            parents[int(folder.name)] = int(parent)
    found, level = [], [pid]
    while level:
        level = [child for child, parent in parents.items() if parent in level]
        found += level
    return found


def _memory(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"process {pid} has no memory")


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def _ports(pid: int) -> Iterator[int]:
    """The ports at which a process listens."""
    inodes = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        try:
            inodes.add(str(file.readlink()).removeprefix("socket:[").removesuffix("]"))
        except OSError:
            continue
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING and fields[9] in inodes:
                yield int(fields[1].rpartition(":")[2], 16)
