"""On which line each key of a TOML text stands; tomllib reads values and forgets their places.

The text has been read by tomllib before: what comes here is valid TOML, so that this only needs to find its way
through strings, brackets and comments. https://toml.io/en/v1.0.0
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

Place = tuple[str | int, ...]
"""The way to a value: keys of tables and positions in arrays, as in pydantic's `loc`."""

_TOKEN = re.compile(
    r'''(?P<string>"""(?:\\.|[^\\])*?"{3,5}|\'{3}.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')'''
    r"""|(?P<comment>\#[^\n]*)|(?P<newline>\n)|(?P<blank>[ \t\r]+)|(?P<mark>[\[\]{}=,.])"""
    r"""|(?P<bare>[^\s\[\]{}=,.#"']+)""",
    re.DOTALL,
)


def key_lines(toml: str) -> Mapping[Place, int]:
    """Each key and array element with its line, counted from 1. `toml` must be valid."""
    reader = _Lines(toml)
    reader.document()
    return reader.found


def line_of(lines: Mapping[Place, int], place: Place) -> int | None:
    """The line of a place, or of the nearest thing around it that is written down (a missing key has none)."""
    for length in range(len(place), 0, -1):
        if place[:length] in lines:
            return lines[place[:length]]
    return None


class _Lines:
    def __init__(self, toml: str) -> None:
        self.found: dict[Place, int] = {}
        self._arrays: dict[Place, int] = {}
        self._tokens: list[tuple[str, str, int]] = []
        line = 1
        for match in _TOKEN.finditer(toml):
            kind = match.lastgroup or ""
            if kind not in {"comment", "blank"}:
                self._tokens.append((kind, match.group(), line))
            line += match.group().count("\n")
        self._tokens.append(("newline", "\n", line))
        self._at = 0

    def document(self) -> None:
        table: Place = ()
        while self._at < len(self._tokens):
            kind, written, line = self._tokens[self._at]
            if kind == "newline":
                self._at += 1
            elif written == "[":
                table = self._header(line)
            else:
                self._pair(table)

    def _peek(self) -> str:
        return self._tokens[self._at][1]

    def _skip(self, *marks: str) -> None:
        for _mark in marks:
            self._at += 1

    def _newlines(self) -> None:
        while self._tokens[self._at][0] == "newline" and self._at + 1 < len(self._tokens):
            self._at += 1

    def _header(self, line: int) -> Place:
        self._skip("[")
        many = self._peek() == "["
        if many:
            self._skip("[")
        key = self._key()
        self._skip("]", "]") if many else self._skip("]")
        if not many:
            table = self._inside(key)
        else:
            table = self._inside(key[:-1]) + key[-1:]
            position = self._arrays.get(table, -1) + 1
            self._arrays[table] = position
            self.found.setdefault(table, line)
            table = (*table, position)
        for length in range(1, len(table)):
            self.found.setdefault(table[:length], line)
        self.found[table] = line
        return table

    def _inside(self, key: Place) -> Place:
        """A header's key leads into the last element of every array of tables on its way."""
        place: Place = ()
        for part in key:
            place = (*place, part)
            if place in self._arrays:
                place = (*place, self._arrays[place])
        return place

    def _key(self) -> Place:
        parts: list[str] = []
        while True:
            kind, written, _line = self._tokens[self._at]
            parts.append(tomllib.loads(f"it = {written}")["it"] if kind == "string" else written)
            self._skip("part")
            if self._peek() != ".":
                return tuple(parts)
            self._skip(".")

    def _pair(self, table: Place) -> None:
        line = self._tokens[self._at][2]
        place = table
        for part in self._key():
            place = (*place, part)
            self.found.setdefault(place, line)
        self._skip("=")
        self._value(place)

    def _value(self, place: Place) -> None:
        if self._peek() == "[":
            self._array(place)
        elif self._peek() == "{":
            self._inline(place)
        else:  # a scalar; a dotted number or a time is several tokens
            while self._peek() not in {",", "]", "}", "\n"}:
                self._at += 1

    def _array(self, place: Place) -> None:
        self._skip("[")
        position = 0
        self._newlines()
        while self._peek() != "]":
            self.found[(*place, position)] = self._tokens[self._at][2]
            self._value((*place, position))
            position += 1
            self._newlines()
            if self._peek() == ",":
                self._skip(",")
                self._newlines()
        self._skip("]")

    def _inline(self, place: Place) -> None:
        self._skip("{")
        self._newlines()
        while self._peek() != "}":
            self._pair(place)
            self._newlines()
            if self._peek() == ",":
                self._skip(",")
                self._newlines()
        self._skip("}")
