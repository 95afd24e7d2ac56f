"""A file that says that a sandbox is using what lies beside it. The kernel lets go of it when that sandbox ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def hold(path: Path, what: str) -> Iterator[None]:
    """Be the only one who holds `path`, made where it is missing. Raises OSError about `what`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise OSError(error.errno, f"{what}: cannot be written: {error.strerror}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OSError(error.errno, f"{what}: another sandbox is using it") from error
        yield
        path.unlink(missing_ok=True)
    finally:
        os.close(handle)
