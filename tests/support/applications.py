"""Real applications out of files: what the framework itself lists, beside what the reader reads."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from signoff.model.routes import Found
from signoff.reading.routes import python_web

Pairs = set[tuple[str, str]]


def raw(files: Mapping[str, str], folder: str = "") -> dict[str, bytes]:
    return {f"{folder}{path}": text.encode() for path, text in files.items()}


def read(files: Mapping[str, str], folder: str = "") -> Found:
    return python_web.read(raw(files, folder))


def pairs(found: Found) -> Pairs:
    return {route.key for route in found.routes}


def unread(found: Found) -> list[tuple[str, int]]:
    return sorted((one.file, one.line) for one in found.unread)


@contextmanager
def imported(folder: Path, files: Mapping[str, str], module: str) -> Iterator[ModuleType]:
    """The module as Python itself imports it; everything of the folder is forgotten afterwards."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield importlib.import_module(module)
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]
