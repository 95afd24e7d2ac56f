"""Text -> tokens of the Logging query language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from signoff_sandbox.world.logfilter.ast import FilterError

Kind = Literal["word", "string", "operator", "(", ")", ",", "-", "end"]

# Unquoted text ends before a colon, since that is an operator: a time of day needs quotes, as with Google.
_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*)
  | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<operator>=~|!~|!=|<=|>=|=|<|>|:)
  | (?P<punctuation>[(),])
  | (?P<word>(?:[^\s"'()=<>:!~,\\]|\\.)+)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-7]{1,3})|(.))", re.DOTALL)
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is unescaped and without quotes; `raw` is as written; `glued`: no space before it."""

    kind: Kind
    text: str
    raw: str
    position: int
    glued: bool


def tokens(text: str) -> list[Token]:
    """All tokens and an `end`. Raises FilterError."""
    found: list[Token] = []
    position, glued = 0, False
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            what = "unterminated string" if text[position] in "\"'" else f"unexpected character {text[position]!r}"
            raise FilterError(position, what, text[position])
        if match.lastgroup != "space":
            found.extend(_read(match, glued))
        glued = match.lastgroup != "space"
        position = match.end()
    found.append(Token("end", "", "", len(text), False))
    return found


def _read(match: re.Match[str], glued: bool) -> list[Token]:
    raw, position = match.group(), match.start()
    if match.lastgroup == "string":
        return [Token("string", unescaped(raw[1:-1]), raw, position, glued)]
    if match.lastgroup == "operator":
        return [Token("operator", raw, raw, position, glued)]
    if match.lastgroup == "punctuation":
        kind: Kind = "(" if raw == "(" else ")" if raw == ")" else ","
        return [Token(kind, raw, raw, position, glued)]
    if match.lastgroup == "word" and raw == "-":
        return [Token("-", raw, raw, position, glued)]
    return [Token("word", raw, raw, position, glued)]


def unescaped(text: str) -> str:
    """The characters that backslash sequences stand for; one of no meaning (a regular expression's) stays as it is."""

    def one(match: re.Match[str]) -> str:
        unicode, hexadecimal, octal, other = match.groups()
        if unicode or hexadecimal:
            return chr(int(unicode or hexadecimal, 16))
        if octal:
            return chr(int(octal, 8))
        if other in "\"'\\":
            return str(other)
        return _NAMED.get(other, match.group())

    return _ESCAPE.sub(one, text)
