"""Plain lines that have fields: logfmt (logrus, slog's text handler) and Monolog's line with its context.

What a line says is its words and its error; the other fields say whom it happened to.
"""

from __future__ import annotations

import re

_FIELD = re.compile(r"(?:(?<=\s)|^)([A-Za-z_][\w.]{0,40})=(\"(?:[^\"\\]|\\.){0,2000}\"|[^\s\"]\S{0,500})")
_LONGEST = 4_000
"""Characters of a line that are read."""
_LEVELS = frozenset({"level", "lvl", "severity"})
_WORDS = ("msg", "message")
_ERRORS = ("err", "error")
_MONOLOG = re.compile(r"\[[\d\-T:.+ ]{10,40}\] ([\w-]{1,40}\.[A-Z]{4,9}: .{0,4000}?) [\[{](?:[\"\]\[{]|$)")


_COLOURS = re.compile(r"\x1b\[[\d;]{0,20}m")


def uncoloured(text: str) -> str:
    """Without the escapes that colour a terminal: https://man7.org/linux/man-pages/man4/console_codes.4.html"""
    return _COLOURS.sub("", text) if "\x1b" in text else text


def words_of(line: str) -> str:
    """The level, words and error of a line with fields; any other line as it is.

    https://pkg.go.dev/log/slog#TextHandler, https://github.com/Seldaek/monolog (LineFormatter).
    """
    if line[:1] == "[" and (monolog := _MONOLOG.match(line)):
        return monolog[1]
    if "msg=" not in line and "message=" not in line:
        return line
    found = {name: value.strip('"').replace('\\"', '"') for name, value in _FIELD.findall(line[:_LONGEST])}
    said = [found[name] for name in (*_WORDS, *_ERRORS) if found.get(name)]
    if not said or not _LEVELS & found.keys():
        return line
    return ": ".join(said)
