"""Who holds a workload on this machine: a file lock beside the ledger, which ends with its process, even by kill -9."""

from __future__ import annotations

import fcntl
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote


class Held(Exception):
    """Another process holds it; `name` is what it holds."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is held by another process")
        self.name = name


@contextmanager
def hold(folder: Path, names: Collection[str]) -> Iterator[None]:
    """Hold all of `names` or none, without waiting; in one order, so that two never wait for each other. Raises Held.

    The files stay: taking a lock's file away would let two processes hold two files of one name.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as stack:
        for name in sorted(names):
            file = stack.enter_context((folder / f"{quote(name, safe='')}.lock").open("a"))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Held(name) from error
        yield


def is_held(folder: Path, name: str) -> bool:
    """Whether a process that lives holds `name`."""
    try:
        with hold(folder, [name]):
            return False
    except Held:
        return True
