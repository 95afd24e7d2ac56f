"""What was found out of files that never change, kept beside the ledger: it can be lost, and is then found out anew."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

MOST = 300
"""Older ones than these are removed."""


class KeptFiles:
    """The `Kept` of a repository. A disk that refuses costs time, and never a report."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> bytes | None:
        try:
            return (self._folder / key).read_bytes()
        except OSError:
            return None

    def put(self, key: str, value: bytes) -> None:
        """Whole or not at all, whatever other processes do at the same time."""
        draft = self._folder / f".{key}.{secrets.token_hex(4)}"
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(value)
            draft.replace(self._folder / key)
            self._tidy()

    def _tidy(self) -> None:
        entries = [(entry.stat().st_mtime, entry) for entry in self._folder.iterdir()]
        for _, entry in sorted(entries, key=lambda one: one[0], reverse=True)[MOST:]:
            entry.unlink(missing_ok=True)
