"""Panics that a Go framework recovered and printed in a form of its own, and reports of Go's race detector.

https://github.com/gin-gonic/gin/blob/master/recovery.go, https://go.dev/doc/articles/race_detector#Report_Format
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from signoff.reading.logs.languages import go
from signoff.reading.logs.paths import file_name
from signoff.reading.logs.thrown import LINE, LINES, Frame, Thrown

_RECOVERED = "panic recovered:"
_PLACE = re.compile(r"(/\S+\.(?:go|s)):\d+ \(0x[0-9a-f]+\)")
_PRETTY = re.compile(r"/\S+\.(?:go|s):\d+")
_REQUEST = re.compile(r"[A-Z]{3,10} \S+ HTTP/\d")
_HEADERS = 60
"""So many lines of a request may stand before the words."""
_RACE = "WARNING: DATA RACE"
_ACCESS = re.compile(r"(?:Previous )?(?:atomic )?(read|write) at 0x", re.IGNORECASE)
_RULE = "====="


def recovers(line: str) -> bool:
    """Whether Gin's block begins here."""
    return line.rstrip().endswith(_RECOVERED)


def pretty(line: str) -> bool:
    """Whether chi's block begins here: https://github.com/go-chi/chi/blob/master/middleware/recoverer.go"""
    return line.startswith(" panic: ")


def races(line: str) -> bool:
    """Whether a report of two goroutines at one variable begins here."""
    return line.startswith(_RACE)


@dataclass(slots=True)
class Recovered:
    """Maybe the request, then the words, then places with what was called below each, if the sources are there."""

    lines: list[str] = field(default_factory=list)
    framed: bool = False
    _before: list[str] = field(default_factory=list)
    _frames: list[Frame] = field(default_factory=list)
    _path: str = ""

    def take(self, line: str) -> bool | None:
        """True: the line is part of it; False: it is not, and ends it."""
        if not self.lines:
            self.lines.append(line)
            return True
        if place := _PLACE.match(line[:LINE]):
            self._placed("")
            self._path, self.framed = place[1], True
        elif self.framed:
            if line[:1] != "\t" or not self._path:
                return False
            self._placed(line.strip().partition(": ")[0])
        elif len(self._before) >= _HEADERS or recovers(line) or line.startswith("[GIN"):
            return False
        else:
            self._before.append(line.strip())
        if len(self.lines) < LINES:
            self.lines.append(line)
        return True

    def take_run(self, _run: str) -> bool:
        """Indented lines at once: there is a place between them, so never."""
        return False

    def _placed(self, name: str) -> None:
        if self._path and len(self._frames) < LINES:
            place = file_name(self._path)
            self._frames.append(Frame(f"{place}:{name}" if name else place, go.is_own(self._path)))
        self._path = ""

    def thrown(self) -> Thrown:
        self._placed("")
        return Thrown("panic", self._words(), tuple(self._frames))

    def _words(self) -> str:
        """The first line below the request, which a blank one ends."""
        said = self._before
        if not any(_REQUEST.match(line) for line in said):
            return next((line for line in said if line), "")
        while said and not said[-1]:
            said.pop()
        if "" not in said:
            return said[-1]
        return said[len(said) - said[::-1].index("")]


@dataclass(slots=True)
class Pretty:
    """The words, then functions and places in turns, all indented; an arrow marks what panicked."""

    lines: list[str] = field(default_factory=list)
    framed: bool = False
    _stack: list[str] = field(default_factory=list)

    def take(self, line: str) -> bool | None:
        """True: the line is part of it; False: it is not, and ends it."""
        if self.lines:
            if (line[:1] not in ("", " ") or len(self.lines) >= LINES) or pretty(line):
                return False
            bare = line.strip().removeprefix("->").strip()
            placed = _PRETTY.fullmatch(bare[:LINE]) is not None
            self.framed = self.framed or placed
            self._stack.append(f"\t{bare}" if placed else bare)
        self.lines.append(line)
        return True

    def take_run(self, _run: str) -> bool:
        """Indented lines at once: they have to be taken one by one."""
        return False

    def thrown(self) -> Thrown:
        return Thrown("panic", self.lines[0].partition("panic: ")[2], tuple(go.frames(self._stack)))


@dataclass(slots=True)
class Race:
    """Two accesses, each with its frames, and where their goroutines were made."""

    lines: list[str] = field(default_factory=list)
    framed: bool = True

    def take(self, line: str) -> bool | None:
        """True: the line is part of it; False: it is not, and ends it."""
        if self.lines and (line.startswith(_RULE) or len(self.lines) >= LINES):
            return False
        if self.lines and line[:1] not in ("", " ") and not (_ACCESS.match(line) or line.startswith("Goroutine ")):
            return False
        self.lines.append(line)
        return True

    def take_run(self, run: str) -> bool:
        """Indented lines at once."""
        self.lines += run.splitlines()
        return True

    def thrown(self) -> Thrown:
        """Which of the two came first is chance."""
        return Thrown("data race", "", members=tuple(self._accesses()))

    def _accesses(self) -> Iterator[Thrown]:
        how = ""
        below: list[str] = []
        for line in [*self.lines[1:], "Goroutine "]:
            if line[:1] in ("", " "):
                deep = line[:6] == "      "
                below.append(f"\t{line.strip()}" if deep else line.strip())
                continue
            if how:
                yield Thrown(how, "", tuple(go.frames(below)))
            access = _ACCESS.match(line)
            how, below = (access[1].lower() if access else ""), []
