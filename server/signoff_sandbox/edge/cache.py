"""The files of nginx's cache: how old an answer is, and taking it away.

nginx itself has neither an Age header nor, in its free edition, a purge.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

#: nginx's `proxy_cache_key`: protocol, host and path with query, as Cloud CDN's by default.
#: https://cloud.google.com/cdn/docs/caching#cache-keys
KEY = "$scheme://$host$request_uri"
_HEAD = 4096
_KEY = re.compile(rb"\nKEY: ([^\n]+)\n")


class Cache:
    """`folder` is nginx's, without levels: a file for each key, named by its MD5."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def age(self, url: str) -> int | None:
        """For how many seconds nginx has had an answer for a URL; None if it has none."""
        name = hashlib.md5(url.encode("latin-1"), usedforsecurity=False).hexdigest()
        try:
            written = (self.folder / name).stat().st_mtime
        except OSError:
            return None
        return max(0, int(time.time() - written))

    def purge(self, path: str = "/*") -> int:
        """Forget the answers for a path, or for all below `/prefix/*`, with any query; how many there were.

        https://cloud.google.com/cdn/docs/cache-invalidation-overview
        """
        purged = 0
        for file, cached in self._entries():
            if cached == path or (path.endswith("/*") and cached.startswith(path[:-1])):
                file.unlink(missing_ok=True)
                purged += 1
        return purged

    def make_older(self, seconds: float) -> int:
        """Let all answers have come that much earlier; how many there are. When they expire stays as it is."""
        aged = 0
        for file, _ in self._entries():
            status = file.stat()
            os.utime(file, (status.st_atime, status.st_mtime - seconds))
            aged += 1
        return aged

    def _entries(self) -> Iterator[tuple[Path, str]]:
        for file in sorted(self.folder.iterdir()):
            with file.open("rb") as opened:
                found = _KEY.search(opened.read(_HEAD))
            if found:
                yield file, urlsplit(found[1].decode("latin-1")).path
