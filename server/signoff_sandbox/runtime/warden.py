"""Sees to it that no child process outlives the sandbox, even when that is killed with SIGKILL.

Runs as a program of its own, without any of our imports: it reads `+PGID` and `-PGID` lines from its standard input,
and when that ends (the kernel closes the pipe of a dead sandbox) it ends every process group that is left. A
parent-death signal would not do: it reaches one process, not the group that a shell script made.
"""

import os
import signal
import sys
import time

GRACE_SECONDS = 0.5


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


if __name__ == "__main__":
    main()
