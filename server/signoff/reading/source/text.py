"""SQL as the code holds it: text with holes where the rest comes at run time, and the line of each part."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from signoff.model.sql_use import Place

HOLE = "\ue000"
"""A character of Unicode's private use: here stands what the code puts in at run time. It is read as part of a name."""
PARAMETER = "\ue001"
"""Here stands a value that the driver sends: `$1`, `%s`, `:name`."""

_MARKS = re.compile(
    r"""
    (?P<kept>--[^\n]* | /\*.*?\*/ | '(?:[^']|'')*' | ::|:= )
  | (?P<dollars>\$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$)
  | (?P<hole>\$\{[^{}]*\} | \{\{[^{}]*\}\} | \{[\w.!:]*\} | %(?:\d+\$)?[IL]\b )
  | (?P<parameter>\$\d+ | %\(\w+\)s | %[sbt](?!\w) | (?<![\w:\]])[:@][A-Za-z_]\w* )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, from where it begins. `counted`: its newlines are newlines of the file too."""

    text: str
    place: Place
    counted: bool = True


@dataclass(frozen=True)
class SqlText:
    """Pieces one after the other, from one file or more; `text` has HOLE where something is not known from the code."""

    pieces: tuple[Piece, ...]

    @cached_property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(len(piece.text) for piece in self.pieces)][:-1]

    def place_at(self, offset: int) -> Place:
        """Of a character of `text`."""
        index = max(bisect_right(self._starts, offset) - 1, 0)
        piece = self.pieces[index]
        return _after(piece, piece.text[: offset - self._starts[index]])

    def part(self, start: int, end: int) -> SqlText:
        """Some of it, with its own places."""
        kept = []
        for piece, at in zip(self.pieces, self._starts, strict=True):
            low, high = max(start - at, 0), min(end - at, len(piece.text))
            if low < high:
                kept.append(Piece(piece.text[low:high], _after(piece, piece.text[:low]), piece.counted))
        return SqlText(tuple(kept))


def _after(piece: Piece, text: str) -> Place:
    return Place(piece.place.path, piece.place.line + (text.count("\n") if piece.counted else 0))


def plain(text: str, place: Place) -> SqlText:
    return SqlText((Piece(text, place),))


def hole(place: Place) -> SqlText:
    return plain(HOLE, place)


def joined(texts: Iterable[SqlText]) -> SqlText:
    return SqlText(tuple(piece for text in texts for piece in text.pieces))


def marked(text: str) -> str:
    """Of the same length: placeholders are PARAMETER and spaces, template holes HOLE and spaces; strings stay."""

    def mark(found: re.Match[str]) -> str:
        if found["hole"]:
            return HOLE.ljust(len(found[0]))
        if found["parameter"]:
            return PARAMETER.ljust(len(found[0]))
        return found[0]

    return _MARKS.sub(mark, text)
