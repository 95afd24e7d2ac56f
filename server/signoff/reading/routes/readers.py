"""All readers of routes. To add one: a file with `SUFFIXES` and `read(files)`, a line here, a test of the same name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from signoff.model.routes import Found
from signoff.reading.routes import express, nextjs, python_web


class Read(Protocol):
    """Pure: the source files of one tree by their paths, to its routes. What can not be told is in `Found.unread`."""

    def __call__(self, files: Mapping[str, bytes]) -> Found: ...


@dataclass(frozen=True, slots=True)
class Reader:
    """`suffixes`: how the names of files end that it has to see."""

    suffixes: tuple[str, ...]
    read: Read


READERS = (
    Reader(python_web.SUFFIXES, python_web.read),
    Reader(express.SUFFIXES, express.read),
    Reader(nextjs.SUFFIXES, nextjs.read),
)
SUFFIXES = tuple(dict.fromkeys(suffix for reader in READERS for suffix in reader.suffixes))


def routes(files: Mapping[str, bytes]) -> Found:
    """What every reader finds in the files of one tree."""
    found = Found()
    for reader in READERS:
        own = {path: raw for path, raw in files.items() if path.endswith(reader.suffixes)}
        if own:
            found = found.with_more(reader.read(own))
    return found
