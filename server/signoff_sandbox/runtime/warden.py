"""Sees to it that no child process outlives the sandbox, even when that is killed with SIGKILL.

Runs as a program of its own, without any of our imports: it reads `+PGID` and `-PGID` lines from its standard input,
and when that ends (the kernel closes the pipe of a dead sandbox) it ends every process group that is left. A
parent-death signal would not do: it reaches one process, not the group that a shell script made. A process that went
into a session of its own is found by a mark in its environment, which is the warden's argument; Linux alone shows it.
"""

import os
import signal
import sys
import time
from pathlib import Path

GRACE_SECONDS = 0.5
MARK = "SIGNOFF_SANDBOX_CHILD"


def strays(mark: str) -> list[int]:
    """The processes whose environment has a mark that begins like this."""
    wanted, found = f"{MARK}={mark}".encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if any(line.startswith(wanted) for line in (folder / "environ").read_bytes().split(b"\0")):
                found.append(int(folder.name))
        except OSError:  # it has ended, or is somebody else's
            continue
    return found


def end(processes: list[int]) -> None:
    for process in processes:
        try:
            os.kill(process, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def main() -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line[0] == "+":
            groups.add(group)
        else:
            groups.discard(group)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for group in groups:
            try:
                os.killpg(group, number)
            except (ProcessLookupError, PermissionError):
                continue
        if groups and number == signal.SIGTERM:
            time.sleep(GRACE_SECONDS)
    end(strays(sys.argv[1]))


if __name__ == "__main__":
    main()
