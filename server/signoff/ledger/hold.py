"""Who holds a workload on this machine: a file lock beside the ledger, which ends with its process, even by kill -9.

A child that is given the lock's descriptor holds it as well: a command that outlives its signoff is still at work.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

from signoff.ledger.store import LedgerError

_WRITING_SECONDS = 1.0
"""Between taking a lock and saying who took it a process does nothing else; this is for a busy machine."""


class Held(Exception):
    """Another process holds it; `name` is what it holds, `who` its own words ("" where it has not said)."""

    def __init__(self, name: str, who: str = "") -> None:
        super().__init__(f"{name} is held by another process")
        self.name = name
        self.who = who


@contextmanager
def hold(folder: Path, names: Collection[str], who: str = "") -> Iterator[Mapping[str, int]]:
    """Hold all of `names` or none, without waiting; in one order, so that two never wait for each other.

    Raises Held, and LedgerError where the folder can not be written. Gives the lock's descriptor of each name. `who`:
    what others are told while it lasts. The files stay: taking a lock's file away would let two processes hold two
    files of one name.
    """
    files: dict[str, int] = {}
    with ExitStack() as stack:
        for name in sorted(names):
            file = _opened(folder, f"{quote(name, safe='')}.lock")
            stack.callback(os.close, file)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Held(name, _who(file)) from error
            stack.callback(fcntl.flock, file, fcntl.LOCK_UN)  # also where something a child left behind has it open
            stack.callback(os.ftruncate, file, 0)
            os.ftruncate(file, 0)
            os.pwrite(file, f"{who}\n".encode(), 0)
            files[name] = file
        yield files


def _opened(folder: Path, lock: str) -> int:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(folder / lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        fix = "make the folder writable, or set SIGNOFF_STATE to a folder that is"
        what = f"the lock of a workload can not be opened: {error.strerror}"
        raise LedgerError(what, where=str(folder / lock), fix=fix) from error


def _who(file: int) -> str:
    """What the holder says of itself: a whole line. One that was killed leaves its line until the next one holds."""
    end = time.monotonic() + _WRITING_SECONDS
    while not (said := os.pread(file, 1000, 0)).endswith(b"\n") and time.monotonic() < end:
        time.sleep(0.01)
    return said.decode("utf-8", "replace").strip()


def is_held(folder: Path, name: str) -> bool:
    """Whether a process that lives holds `name`."""
    try:
        with hold(folder, [name]):
            return False
    except Held:
        return True
