"""Panics of Rust."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from signoff.reading.logs.thrown import Thrown

_PANICKED = re.compile(r"thread '[^']{0,200}' (?:\(\d+\) )?panicked at ")


def panics(line: str) -> bool:
    """Whether a panic begins here."""
    return _PANICKED.match(line[:400]) is not None


@dataclass(slots=True)
class Panic:
    """`thread 'main' panicked at src/main.rs:4:5:` and the words on the next line."""

    lines: list[str] = field(default_factory=list)
    framed: bool = False

    def take(self, line: str) -> bool | None:
        if len(self.lines) >= 2 and not line.startswith(("note: ", "stack backtrace:", "  ")):
            return False
        self.framed = bool(self.lines)
        if len(self.lines) < 2:
            self.lines.append(line)
        return True

    def take_run(self, _run: str) -> bool:
        return False

    def thrown(self) -> Thrown:
        place = self.lines[0].partition(" panicked at ")[2]
        if place[:1] == "'":  # before Rust 1.73 the words stood before the place
            words, _, place = place[1:].rpartition("', ")
            return Thrown("panic", f"{place.rpartition('/')[2].partition(':')[0]}: {words}")
        return Thrown("panic", f"{place.rstrip(':').rpartition('/')[2].partition(':')[0]}: {self.lines[1]}")
