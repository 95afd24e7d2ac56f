"""Lines put together again: of one writer, a traceback or panic whose lines came as entries of their own.

A writer is one stream of one instance (and one trace, where lines carry it): lines of others never get between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from signoff.reading.logs.fields import words_of
from signoff.reading.logs.heading import joined
from signoff.reading.logs.languages import elixir, go, go_recovered, jvm, npm, python, ruby, rust
from signoff.reading.logs.plain import has_level, has_quiet_level, warns
from signoff.reading.logs.stack import HEADER, Stack, names_error
from signoff.reading.logs.thrown import Thrown

T = TypeVar("T")


class _Assembly(Protocol):
    lines: list[str]

    @property
    def framed(self) -> bool: ...
    def take(self, line: str) -> bool | None: ...
    def take_run(self, run: str, /) -> bool: ...
    def thrown(self) -> Thrown: ...


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
        if isinstance(block, Stack) and ":in " in line and not block.framed and ruby.is_place(line):
            head = block.lines[0]
            block = self._block = ruby.Entry()
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
            if isinstance(new, ruby.Entry) and self._last and new.lines[0] is not self._last[0]:
                if self._over:
                    yield from self._headed()
                else:
                    yield Found(self._last[1], self._last[0])
                self._last = None
            # What stands right before a traceback (a logger's line) is its heading, no error of its own.
            self._heading, self._last = self._over or self._last, None
            self._over, self._below = None, []
            if isinstance(new, go.Stack):
                self._heading, self._before, self._first = self._before, None, None
            yield from self._earlier()
            self._block, self._sources = new, [source]
            return
        yield from self._plain(line, source)

    def feed_piece(self, piece: str, source: T) -> Iterator[Found[T]]:
        """As `feed`, of a line or of a run of indented lines (`thrown.pieces`)."""
        if piece[-1:] != "\n":
            yield from self.feed(piece, source)
        elif self._block is None or not self._block.take_run(piece):
            for line in piece.splitlines():
                yield from self.feed(line, source)

    def _opening(self, line: str) -> _Assembly | None:
        made: _Assembly
        if python.opens(line):
            made = python.Traceback()
        elif go.opens(line):
            made = go.Dump()
        elif line[:1] in (" ", "\t") and line.lstrip(" \t").startswith("at ") and self._last:
            made = Stack()
            made.take(self._last[0])
        elif self._before and self._last and go.is_place(line):
            made = go.Stack()
            made.take(self._before[0])
            made.take(self._last[0])
        elif ruby.opens(line):
            made = ruby.Entry()
        elif self._last and ruby.is_place(line) and ruby.raised(self._last[0]):
            made = ruby.Entry()
            made.take(self._last[0])
        elif go_recovered.recovers(line):
            made = go_recovered.Recovered()
        elif go_recovered.pretty(line):
            made = go_recovered.Pretty()
        elif elixir.opens(line):
            made = elixir.Raised()
        elif go_recovered.races(line):
            made = go_recovered.Race()
        elif npm.opens(line):
            made = npm.Failure()
        elif jvm.crashes(line):
            made = jvm.Crash()
        elif jvm.fails_to_start(line):
            made = jvm.FailedStart()
        elif line.startswith("thread '") and rust.panics(line):
            made = rust.Panic()
        elif names_error(line) or (line[:1] in (" ", "\t") and self._under_level() and names_error(line.lstrip())):
            made = Stack()
        else:
            return None
        made.take(line)
        return made

    def _plain(self, line: str, source: T) -> Iterator[Found[T]]:
        bare = line.strip()
        if bare and (line[0] in " \t" or python.tells_context(line)) and self._under_level():
            self._over = self._over or self._last
            self._below.append(bare)
            del self._below[HEADER:]
            self._last = (line, source)
        elif bare:
            function = self._last is not None and go.names_function(line)
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
        if isinstance(block, (go.Stack, Stack)) and (has_quiet_level(block.lines[0]) or warns(block.lines[0])):
            return  # a stack may stand below a warning too
        if isinstance(block, npm.Failure) and block.ended:
            return
        if block.framed:
            thrown = block.thrown()
            if heading and isinstance(block, go.Dump) and not (thrown.kind or thrown.message):
                thrown = replace(thrown, message=words_of(heading[0]))  # debug.Stack() below a logger's words
            yield Found(heading[1] if heading else sources[0], block.lines[0], thrown)
            return
        if heading and heading[0] is not block.lines[0]:
            yield Found(heading[1], heading[0])
        # No frames came: the first line stands alone, and the others are lines like any.
        yield Found(sources[0], joined(block.lines[0], [line.strip() for line in block.lines[1:HEADER]]))
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
