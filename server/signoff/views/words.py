"""Our sentences as strings: outside parts are released and set apart by curly quotation marks."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from signoff.model.errors import SignoffError
from signoff.model.quoted import Quoted
from signoff.model.text import Text
from signoff.safety.release import CLOSE, OPEN, for_json, for_terminal, own, released

_OUTSIDE = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")


def sentence(text: Text) -> str:
    """One line that is inert on a terminal, in JSON and in MCP text: `revision “web-2” says “…”`."""
    return "".join(own(part) if isinstance(part, str) else f"{OPEN}{for_terminal(part)}{CLOSE}" for part in text.parts)


def name(value: str | Quoted) -> str:
    """A resource or value by itself, without quotation marks."""
    return for_json(value) if isinstance(value, Quoted) else own(value)


def command(argv: Sequence[str]) -> str:
    """An argv as a person types it."""
    return shlex.join(own(argument) for argument in argv)


def error(problem: SignoffError) -> str:
    """What is wrong, where, and what to do: three lines at most."""
    lines = [own(problem.what)]
    if problem.where:
        lines.append(f"  where: {own(problem.where)}")
    return "\n".join([*lines, f"  fix:   {own(problem.fix)}"])


def told(problem: SignoffError) -> str:
    """The same on one line."""
    return own(str(problem))


def moment(at: datetime) -> str:
    """An aware time in UTC to the second: `2026-01-01T00:00:00Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def count(number: int, singular: str, plural: str | None = None) -> str:
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def structure(value: Any) -> Any:
    """A JSON value that people may have edited; sentences in it stay as `sentence` made them."""
    return released(value, _again)


def pieces(line: str) -> list[str]:
    """A released sentence as words of ours and outside text, in turn."""
    return _OUTSIDE.split(line)


def _again(line: str) -> str:
    return "".join(f"{OPEN}{own(p)}{CLOSE}" if index % 2 else own(p) for index, p in enumerate(pieces(line)))


def page(text: str) -> str:
    """A document that people may have edited, line by line: no control sequence of it reaches a terminal."""
    return "\n".join(own(line, limit=10_000) for line in text.splitlines())
