"""Lines put together again: of one writer, a traceback or panic whose lines came as entries of their own.

A writer is one stream of one instance (and one trace, where lines carry it): lines of others never get between.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Generic, Protocol, TypeVar

from signoff.reading import (
    log_elixir,
    log_go,
    log_java,
    log_jvm,
    log_node,
    log_npm,
    log_python,
    log_recovered,
    log_ruby,
)
from signoff.reading.log_fields import words_of
from signoff.reading.log_heading import joined
from signoff.reading.log_plain import has_level, has_quiet_level, warns
from signoff.reading.log_thrown import LINES, Thrown

T = TypeVar("T")

_HEADER = 40
"""So many lines may a message have before its frames."""

_NAMES_ERROR = re.compile(
    r"(?:\s*\S{1,3} )?(?:error: )?(?:Uncaught (?:\(in promise\) )?|Unhandled (?:exception[.:] |rejection )?"
    r"|Exception in thread \"[^\"]{0,100}\" |\[)?"
    r"(?:[\w$]+\.)*(?:[A-Z][\w$]*(?:Error|Exception|Exit|Interrupt|Rejection)\b"
    r"|(?:Error|Exception)(?: \[[\w-]{1,80}\])?:)"
)
_CALLED = "for call at"
"""grpc-js: the stack of the answer is above it, that of the call below."""
_FLUSH = re.compile(r"at .{1,400}(?::\d+:\d+\)?|\([\w$ .-]+\.(?:java|kt|scala):\d+\))$")
_FIELD = re.compile(r"(?:\[\w+\]|'[^']{1,80}'|[a-z_$][\w$]{0,80}): ")
"""Frames and fields whose indentation something took away."""
_PANICKED = re.compile(r"thread '[^']{0,200}' (?:\(\d+\) )?panicked at ")


def names_error(line: str) -> bool:
    """`KeyError: 'x'`, `java.io.IOException`, a panic: the line itself says that it is an error."""
    if line.startswith(("panic: ", "fatal error: ")):
        return True
    return _NAMES_ERROR.match(line[:500]) is not None or (line.startswith("thread '") and is_rust(line))


def is_rust(line: str) -> bool:
    return _PANICKED.match(line[:400]) is not None


class _Assembly(Protocol):
    lines: list[str]

    @property
    def framed(self) -> bool: ...
    def take(self, line: str) -> bool | None: ...
    def take_run(self, run: str, /) -> bool: ...
    def thrown(self) -> Thrown: ...


@dataclass(slots=True)
class _At:
    """A header and its `at` lines, of Node.js or of the JVM, put together line by line."""

    lines: list[str] = field(default_factory=list)
    framed: bool = False
    _expecting: bool = True
    _braces: bool = False
    _done: bool = False

    def take(self, line: str) -> bool | None:
        if not self.lines:
            self._braces = line.endswith("] {")
            self.lines.append(line)
            return True
        bare = line.lstrip(" \t")
        if self._done or not self._belongs(line, bare):
            return False
        if len(self.lines) < LINES:
            self.lines.append(line)
        return True

    def take_run(self, run: str) -> bool:
        """Indented lines at once (`log_thrown.pieces`), if all of them are frames."""
        if self._braces or self._done or len(self.lines) >= LINES or not _only_frames(run):
            return False
        self.lines.append(run)
        self.framed, self._expecting = True, False
        return True

    def _belongs(self, line: str, bare: str) -> bool:
        if bare.startswith(("at ", "... ", "--- End of ")) and (len(bare) < len(line) or _FLUSH.match(line[:600])):
            self.framed, self._expecting = True, False
            self._braces = self._braces or line.endswith("{")
            return True
        if self._braces:
            self._done = bare[:1] in ("}", "]") and self._is_closing(line, bare)
            self.framed = self.framed or self._done
            return self._done or not bare or len(bare) < len(line) or _FIELD.match(line[:100]) is not None
        if bare.startswith(("Caused by:", "Suppressed: ", "Wrapped by: ", "---> ")) or line == _CALLED:
            self._expecting = True
            self.framed = self.framed or line == "Caused by:"
            return True
        if self.framed and len(bare) < len(line) and self.lines[-1] == "Caused by:":
            return True
        if not self._expecting or names_error(line) or (len(self.lines) > _HEADER and not self.framed):
            return False
        return not (log_python.opens(line) or log_go.opens(line))

    def _is_closing(self, line: str, bare: str) -> bool:
        head = self.lines[0]
        return len(line) - len(bare) <= len(head) - len(head.lstrip(" \t"))

    def thrown(self) -> Thrown:
        for line in self.lines:
            if line.lstrip(" \t").startswith("at "):
                return log_java.read(self.lines) if log_java.is_frame(line) else log_node.read(self.lines)
        return log_node.read(self.lines)


@lru_cache(maxsize=256)
def _only_frames(run: str) -> bool:
    return all(line.lstrip(" \t").startswith(("at ", "... ")) and line[-1] != "{" for line in run.splitlines())


@dataclass(slots=True)
class _Rust:
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


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """An error that a writer printed: `thrown`, or a plain line that may be one. `source`: what it came with."""

    source: T
    line: str
    thrown: Thrown | None = None


class Writer(Generic[T]):
    """Puts the lines of one writer together."""

    def __init__(self) -> None:
        self._block: _Assembly | None = None
        self._sources: list[T] = []
        self._last: tuple[str, T] | None = None
        self._before: tuple[str, T] | None = None
        self._heading: tuple[str, T] | None = None
        self._first: tuple[str, T] | None = None
        self._over: tuple[str, T] | None = None
        self._below: list[str] = []

    def feed(self, line: str, source: T) -> Iterator[Found[T]]:
        """What is complete now that this line came. `source` of a block is that of its first line."""
        block = self._block
        if isinstance(block, _At) and ":in " in line and not block.framed and log_ruby.is_place(line):
            head = block.lines[0]
            block = self._block = log_ruby.Entry()
            block.take(head)
        if block is not None:
            taken = block.take(line)
            if taken:
                if not block.framed:
                    self._sources.append(source)
                return
            if taken is False:
                yield from self._close()
                yield from self.feed(line, source)
                return
        if block is None and (new := self._opening(line)):
            if isinstance(new, log_ruby.Entry) and self._last and new.lines[0] is not self._last[0]:
                if self._over:
                    yield from self._headed()
                else:
                    yield Found(self._last[1], self._last[0])
                self._last = None
            # What stands right before a traceback (a logger's line) is its heading, no error of its own.
            self._heading, self._last = self._over or self._last, None
            self._over, self._below = None, []
            if isinstance(new, log_go.Stack):
                self._heading, self._before, self._first = self._before, None, None
            yield from self._earlier()
            self._block, self._sources = new, [source]
            return
        yield from self._plain(line, source)

    def feed_piece(self, piece: str, source: T) -> Iterator[Found[T]]:
        """As `feed`, of a line or of a run of indented lines (`log_thrown.pieces`)."""
        if piece[-1:] != "\n":
            yield from self.feed(piece, source)
        elif self._block is None or not self._block.take_run(piece):
            for line in piece.splitlines():
                yield from self.feed(line, source)

    def _opening(self, line: str) -> _Assembly | None:
        made: _Assembly
        if log_python.opens(line):
            made = log_python.Traceback()
        elif log_go.opens(line):
            made = log_go.Dump()
        elif line[:1] in (" ", "\t") and line.lstrip(" \t").startswith("at ") and self._last:
            made = _At()
            made.take(self._last[0])
        elif self._before and self._last and log_go.is_place(line):
            made = log_go.Stack()
            made.take(self._before[0])
            made.take(self._last[0])
        elif log_ruby.opens(line):
            made = log_ruby.Entry()
        elif self._last and log_ruby.is_place(line) and log_ruby.raised(self._last[0]):
            made = log_ruby.Entry()
            made.take(self._last[0])
        elif log_recovered.recovers(line):
            made = log_recovered.Recovered()
        elif log_recovered.pretty(line):
            made = log_recovered.Pretty()
        elif log_elixir.opens(line):
            made = log_elixir.Raised()
        elif log_recovered.races(line):
            made = log_recovered.Race()
        elif log_npm.opens(line):
            made = log_npm.Failure()
        elif log_jvm.crashes(line):
            made = log_jvm.Crash()
        elif log_jvm.fails_to_start(line):
            made = log_jvm.FailedStart()
        elif line.startswith("thread '") and is_rust(line):
            made = _Rust()
        elif names_error(line) or (line[:1] in (" ", "\t") and self._under_level() and names_error(line.lstrip())):
            made = _At()
        else:
            return None
        made.take(line)
        return made

    def _plain(self, line: str, source: T) -> Iterator[Found[T]]:
        bare = line.strip()
        if bare and (line[0] in " \t" or log_python.tells_context(line)) and self._under_level():
            self._over = self._over or self._last
            self._below.append(bare)
            del self._below[_HEADER:]
            self._last = (line, source)
        elif bare:
            function = self._last is not None and log_go.names_function(line)
            yield from self._earlier(first=not function)
            if self._over:
                yield from self._headed()
            elif self._last and function:
                self._before = self._last
            elif self._last and line[0].islower():
                self._first = self._last
            elif self._last:
                yield Found(self._last[1], self._last[0])
            self._last = (line, source)
        elif self._last is None:
            yield Found(source, line)

    def _under_level(self) -> bool:
        """Whether the line before states an error's level, so that an indented one belongs to it."""
        return self._over is not None or (self._last is not None and has_level(self._last[0]))

    def _headed(self) -> Iterator[Found[T]]:
        """The line that states the level, with what says the rest below it."""
        if self._over:
            yield Found(self._over[1], joined(self._over[0], self._below))
        self._over, self._below, self._last = None, [], None

    def _earlier(self, *, first: bool = True) -> Iterator[Found[T]]:
        """The lines before the last, which are held as long as the last may be the first of a Go stack.

        `first`: the one that the line before wraps (`%+v` of pkg/errors says the cause above it).
        """
        if self._first and first:
            yield Found(self._first[1], self._first[0])
            self._first = None
        if self._before:
            yield Found(self._before[1], self._before[0])
            self._before = None

    def _close(self) -> Iterator[Found[T]]:
        block, sources, heading = self._block, self._sources, self._heading
        self._block, self._sources, self._heading = None, [], None
        if block is None:
            return
        if isinstance(block, (log_go.Stack, _At)) and (has_quiet_level(block.lines[0]) or warns(block.lines[0])):
            return  # a stack may stand below a warning too
        if isinstance(block, log_npm.Failure) and block.ended:
            return
        if block.framed:
            thrown = block.thrown()
            if heading and isinstance(block, log_go.Dump) and not (thrown.kind or thrown.message):
                thrown = replace(thrown, message=words_of(heading[0]))  # debug.Stack() below a logger's words
            yield Found(heading[1] if heading else sources[0], block.lines[0], thrown)
            return
        if heading and heading[0] is not block.lines[0]:
            yield Found(heading[1], heading[0])
        # No frames came: the first line stands alone, and the others are lines like any.
        yield Found(sources[0], joined(block.lines[0], [line.strip() for line in block.lines[1:_HEADER]]))
        for line, source in zip(block.lines[1:], sources[1:], strict=False):
            yield from self.feed(line, source)

    def close(self) -> Iterator[Found[T]]:
        """What is still open, and the last plain line."""
        while self._block is not None:
            yield from self._close()
        yield from self._earlier()
        if self._over:
            yield from self._headed()
        elif self._last:
            yield Found(self._last[1], self._last[0])
            self._last = None
