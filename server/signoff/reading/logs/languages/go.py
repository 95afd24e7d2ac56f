"""Go's panics and fatal errors with their dumps of goroutines, and the stacks that zap and pkg/errors print.

https://pkg.go.dev/runtime#hdr-Environment_Variables (GOTRACEBACK): the first goroutine is the one that failed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from signoff.reading.logs.thrown import LINE, LINES, Frame, Thrown

_SERVED = "http: panic serving "
_HEADS = ("panic: ", "fatal error: ")
_GOROUTINE = re.compile(r"goroutine \d+ (?:gp=\S+ m=\S+ (?:mp=\S+ )?)?\[")
_REGISTER = re.compile(r"[a-z][a-z0-9]{1,4} +0x[0-9a-f]+$")
_CLOSURE = re.compile(r"(\.func|\.gowrap|-range|-fm|\.)\d+\b")
_RECOVERED = re.compile(r" \[recovered.*\]$")
_PLACE = re.compile(r"\t(\S+\.(?:go|s)):\d+")
_STD = frozenset(
    [
        "archive",
        "bufio",
        "bytes",
        "cmp",
        "compress",
        "container",
        "context",
        "crypto",
        "database",
        "debug",
        "encoding",
        "errors",
        "expvar",
        "flag",
        "fmt",
        "go",
        "hash",
        "html",
        "image",
        "index",
        "internal",
        "io",
        "iter",
        "log",
        "maps",
        "math",
        "mime",
        "net",
        "os",
        "path",
        "plugin",
        "reflect",
        "regexp",
        "runtime",
        "slices",
        "sort",
        "strconv",
        "strings",
        "sync",
        "syscall",
        "testing",
        "text",
        "time",
        "unicode",
        "unsafe",
        "vendor",
        "panic",
        "created",
    ]
)
_OTHERS = ("/usr/local/go/src/", "/go/src/", "/pkg/mod/", "/vendor/", "@v")
_BEFORE_DUMP = 40
_FUNCTION = re.compile(r"[A-Za-z][\w./~@%-]*\.[\w.()*\[\],-]+")


def opens(line: str) -> bool:
    """Whether a panic, or a goroutine's dump, begins here."""
    if line.startswith(_HEADS) or _SERVED in line:
        return True
    return line.startswith("goroutine ") and _GOROUTINE.match(line) is not None


@dataclass(slots=True)
class Dump:
    """A panic that is put together line by line."""

    lines: list[str] = field(default_factory=list)
    framed: bool = False

    def take(self, line: str) -> bool | None:
        """True: the line is part of it; False: it is not, and ends it."""
        if not self.lines or _goes_on(line):
            self.framed = self.framed or _GOROUTINE.match(line) is not None
        elif opens(line) or self.framed or len(self.lines) > _BEFORE_DUMP:
            return False
        if len(self.lines) < LINES:
            self.lines.append(line)
        return True

    def take_run(self, _run: str) -> bool:
        """Indented lines at once: a dump has a function's name between them, so never."""
        return False

    def thrown(self) -> Thrown:
        return read(self.lines)


def names_function(line: str) -> bool:
    """Whether a line is a function's name and nothing else, as zap and pkg/errors print stacks."""
    return " " not in line and "." in line and _FUNCTION.fullmatch(line[:LINE]) is not None


def is_place(line: str) -> bool:
    return line[:1] == "\t" and _PLACE.match(line[:LINE]) is not None


@dataclass(slots=True)
class Stack:
    """The words of an error and a stack without goroutines below them, as zap's console and `%+v` of pkg/errors print.

    Each wrapped error has a stack of its own, so words may stand between.
    """

    lines: list[str] = field(default_factory=list)
    framed: bool = True
    _words: bool = False

    def take(self, line: str) -> bool | None:
        """As `Dump.take`; None: words between two stacks."""
        if not self.lines or is_place(line) or names_function(line):
            self._words = self._words and not is_place(line)
            if len(self.lines) < LINES:
                self.lines.append(line)
            return True
        if self._words or not line[:1].islower() or opens(line):
            return False
        self._words = True
        return None

    def take_run(self, _run: str) -> bool:
        """Indented lines at once: there is a function's name between them, so never."""
        return False

    def thrown(self) -> Thrown:
        return Thrown("", self.lines[0], tuple(frames(self.lines[1:])))


def _goes_on(line: str) -> bool:
    if (
        not line
        or line[0] == "\t"
        or line.startswith(("goroutine ", "created by ", "[signal ", "[originating", "exit status"))
    ):
        return True
    if line[-1] == ")":
        return ("(" in line and "." in line and " " not in line.partition("(")[0]) or line.startswith("panic(")
    return line.startswith("...") or _REGISTER.match(line[:60]) is not None


def read(lines: Sequence[str]) -> Thrown:
    """The panic's words and the frames of the goroutine that failed (of all that are printed, the first)."""
    head = lines[0]
    kind, message = "", ""
    if (at := head.find(_SERVED)) >= 0:
        kind, message = "panic", head[at + len(_SERVED) :].partition(": ")[2]
    else:
        for start in _HEADS:
            if head.startswith(start):
                kind, message = start[:-2], head[len(start) :]
    message = _RECOVERED.sub("", message[:2_000])
    body = _first_goroutine(lines[1:] if kind else lines)
    return Thrown(kind, message, tuple(frames(body)))


def _first_goroutine(lines: Sequence[str]) -> Iterator[str]:
    inside = False
    for line in lines:
        if _GOROUTINE.match(line):
            if inside:
                return
            inside = True
        elif inside:
            yield line


def frames(lines: Iterator[str] | Sequence[str]) -> Iterator[Frame]:
    """Frames, nearest first: a function's line, and its file's below it. What recovered a panic is no part of it."""
    found: list[Frame] = []
    name = ""
    for line in lines:
        if name and (place := _PLACE.match(line[:LINE])):
            if name == "panic" or name.startswith("runtime.gopanic"):
                found.clear()
            elif not name.startswith("created by "):
                found.append(_frame(name, place[1]))
            name = ""
        elif line[:1] not in ("", "\t", " "):
            name = _function(line[:LINE])
    yield from found


@lru_cache(maxsize=4096)
def _function(line: str) -> str:
    """`main.(*App).report(0x0, {…})` → `main.(*App).report`: without what it was called with."""
    if line.startswith("created by "):
        return line
    if line.endswith(")"):
        depth = 0
        for at in range(len(line) - 1, -1, -1):
            depth += (line[at] == ")") - (line[at] == "(")
            if depth == 0:
                return line[:at]
    return line


@lru_cache(maxsize=4096)
def _frame(name: str, path: str) -> Frame:
    package = name.rpartition("/")[0] or name.partition(".")[0]
    own = package.partition("/")[0] not in _STD and is_own(path)
    return Frame(_CLOSURE.sub(r"\1#", name), own)


def is_own(path: str) -> bool:
    """Whether a file is neither Go's nor a module's that is only used."""
    return not any(other in path for other in _OTHERS)
