"""Find signoff.toml, read it and make it into a Config."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from signoff.config.errors import ConfigError, Trouble
from signoff.config.resolved import Config, Handoff, Source
from signoff.model.subject import Target, WorkloadName

if TYPE_CHECKING:
    from signoff.config.lines import Place
    from signoff.config.schema import Document

FILE = "signoff.toml"


def find(start: Path) -> Path:
    """signoff.toml in `start` or the nearest folder above, no further than the repository's root.

    Raises ConfigError where there is none.
    """
    start = start.resolve()
    root = repository_root(start)
    folder = start
    while True:
        if (folder / FILE).is_file():
            return folder / FILE
        if folder in (root, folder.parent):
            break
        folder = folder.parent
    says = f"there is no {FILE} in {start} or above it"
    raise ConfigError(start / FILE, [Trouble("", says, "write one with signoff init, in the repository's root")])


def repository_root(start: Path) -> Path | None:
    """The nearest folder at or above `start` that git keeps (a folder `.git`, or a file in a worktree or submodule)."""
    return next((folder for folder in (start, *start.parents) if (folder / ".git").exists()), None)


def load(start: Path) -> Config:
    """The configuration of a folder (found upward) or of a file. Raises ConfigError with every mistake found."""
    path = (start if start.is_file() else find(start)).resolve()
    try:
        raw = path.read_bytes()
    except OSError as error:
        says = f"can not be read ({error.strerror or type(error).__name__})"
        raise ConfigError(path, [Trouble("", says, "make it a readable file")]) from error
    return parse(raw, path)


def parse(raw: bytes, path: Path) -> Config:
    """The configuration that these bytes would be as the file `path`. Raises ConfigError."""
    from signoff.config.closure import inputs_of
    from signoff.config.mistakes import trouble
    from signoff.config.rules import broken_rules

    path = path.resolve()
    root = repository_root(path.parent) or path.parent
    document, lines = _document(raw, path)
    broken = [trouble(place, lines, says, fix) for place, says, fix in broken_rules(document, root)]
    if broken:
        raise ConfigError(path, broken)
    targets = {
        name: Target(name, table.project, tuple(dict.fromkeys(table.regions)), table.branch)
        for name, table in document.targets.items()
    }
    named = [name for name, table in document.targets.items() if table.default] or list(targets)
    return Config(
        path=path,
        root=root,
        source=Source(document.source.remote, document.source.flow),
        handoff=Handoff(document.handoff.folder),
        log_lag=timedelta(seconds=document.logs.lag_seconds),
        targets=targets,
        default_target=named[0] if len(named) == 1 else None,
        inputs={WorkloadName(name): inputs_of(root, table) for name, table in document.workloads.items()},
        written=document,
        lines=lines,
    )


def _document(raw: bytes, path: Path) -> tuple[Document, Mapping[Place, int]]:
    from pydantic import ValidationError

    from signoff.config.lines import key_lines
    from signoff.config.mistakes import troubles_of
    from signoff.config.schema import Document

    written, values = _toml(raw, path)
    lines = key_lines(written)
    try:
        return Document.model_validate(values), lines
    except ValidationError as error:
        raise ConfigError(path, troubles_of(error.errors(), lines)) from None


def _toml(raw: bytes, path: Path) -> tuple[str, dict[str, object]]:
    try:
        written = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        wrong = Trouble("", f"is not UTF-8 (byte {error.start})", "save it as UTF-8", line)
        raise ConfigError(path, [wrong]) from None
    try:
        return written, tomllib.loads(written)
    except tomllib.TOMLDecodeError as error:
        says, line, column = _syntax(str(error), written)
        place = f" at column {column}" if column else " at the end of the file: it may be only half written"
        fix = "correct the line; strings need quotes, lists square brackets (https://toml.io)"
        raise ConfigError(path, [Trouble("", f"is not TOML: {says}{place}", fix, line)]) from None
    except RecursionError:
        wrong = Trouble("", "is nested too deeply", "write plain tables")
        raise ConfigError(path, [wrong]) from None


def _syntax(message: str, written: str) -> tuple[str, int, int | None]:
    """tomllib says `Invalid value (at line 3, column 8)` or `… (at end of document)`."""
    says, _, place = message.rpartition(" (at ")
    numbers = [int(word) for word in place.rstrip(")").replace(",", "").split() if word.isdigit()]
    if len(numbers) == 2:
        return says, numbers[0], numbers[1]
    return says or message, written.rstrip("\n").count("\n") + 1, None
