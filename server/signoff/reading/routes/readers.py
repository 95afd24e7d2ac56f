"""All readers of routes. To add one: a file with `read(files)`, a function and a line here, a test of the same name.

A reader is loaded once there is something for it to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from signoff.model.routes import Found
from signoff.reading.routes import file_based
from signoff.reading.routes.marks import may_define_routes
from signoff.reading.routes.script import SUFFIXES as SCRIPTS
from signoff.reading.source.script_resolution import says_where_imports_lead


class Read(Protocol):
    """Pure: the source files of one tree by their paths, to its routes. What can not be told is in `Found.unread`."""

    def __call__(self, files: Mapping[str, bytes]) -> Found: ...


@dataclass(frozen=True, slots=True)
class Reader:
    """`suffixes`: how the names of files end that it has to see. `imports`: it follows those of JavaScript."""

    suffixes: tuple[str, ...]
    read: Read
    imports: bool = False

    def wants(self, path: str) -> bool:
        return path.endswith(self.suffixes) or (self.imports and says_where_imports_lead(path))


def _python_web(files: Mapping[str, bytes]) -> Found:
    if not any(may_define_routes(path, raw) for path, raw in files.items()):
        return Found()
    from signoff.reading.routes import python_web

    return python_web.read(files)


def _express(files: Mapping[str, bytes]) -> Found:
    if not any(path.endswith(SCRIPTS) for path in files):
        return Found()
    from signoff.reading.routes import express

    return express.read(files)


def _nextjs(files: Mapping[str, bytes]) -> Found:
    from signoff.reading.routes import nextjs

    return nextjs.read(files)


def _unread(files: Mapping[str, bytes]) -> Found:
    from signoff.reading.routes import unread_frameworks

    return unread_frameworks.read(files)


READERS = (
    Reader(file_based.SUFFIXES, file_based.read),
    Reader((".py",), _python_web),
    Reader(SCRIPTS, _express, imports=True),
    Reader((*SCRIPTS, ".py"), _unread),
    Reader((".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".mdx", "package.json"), _nextjs),
)


def wants(path: str) -> bool:
    """Whether a reader has to see the file."""
    return any(reader.wants(path) for reader in READERS)


def routes(files: Mapping[str, bytes]) -> Found:
    """What every reader finds in the files of one tree."""
    found = Found()
    for reader in READERS:
        own = {path: raw for path, raw in files.items() if reader.wants(path)}
        if own:
            found = found.with_more(reader.read(own))
    return found
