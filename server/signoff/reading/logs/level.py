"""The level that a plain line states in its head: what a logger puts before the words, whichever logger it is.

A head is made of times, numbers, names, brackets and separators; the first level in it counts. Where the words begin,
no level is looked for any more: `Published ERROR to the queue` states none.
"""

from __future__ import annotations

import re
from functools import lru_cache

LOUD = frozenset(
    {"error", "err", "erro", "critical", "crit", "fatal", "ftl", "fata", "panic", "pani", "dpanic", "severe", "alert"}
    | {"emergency", "emerg", "fail", "failed", "failure"}
)
QUIET = frozenset(
    {"debug", "dbg", "debu", "info", "inf", "informational", "information", "notice", "warn", "warning", "wrn", "trace"}
    | {"trc", "trac", "verbose", "silly", "http", "fine", "finer", "finest", "log", "success", "deprecated", "hint"}
)
_HEAD = 240
_TOKEN = re.compile(r"\[[^\]\n]{0,120}\]|\([^)\n]{0,80}\)|<[^>\n]{0,60}>|[^\s\[]+(?:\[[^\]\n]{0,80}\])*|\[")
_PIECES = re.compile(r"[^A-Za-z]+")
_LETTERS = re.compile(r"([|\[(<]*)([A-Za-z]+)(!|\[\d+\])?([\])>:|,]*)(?:(?<=:)\S+|/\S*)?")
_STAMP = re.compile(r"[^A-Za-z\s]*\d[:/.T-]\d[^\s]*")
_SEPARATOR = re.compile(r"[^A-Za-z0-9]+")
_PART_OF_TIME = re.compile(
    r"(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|am|pm|utc|gmt)[a-z]{0,6},?",
    re.IGNORECASE,
)
_NAME = re.compile(r"[\w$@~*-]+(?:[./\\#$:-]+[\w$@*-]+)+[:,]?|[\w.$/-]+:|\S+[\])]")
_FIELD = re.compile(r"([A-Za-z_][\w.]*)=\"?([^\s\"]*)")
_LEVELS = frozenset({"level", "lvl", "severity", "loglevel", "levelname"})
_TOKENS = 14


@lru_cache(maxsize=256)
def level(line: str) -> bool | None:
    """True: an error's level or above; False: a level below; None: the line states none."""
    stamped = False
    bare = 0
    for number, found in enumerate(_TOKEN.finditer(line[:_HEAD])):
        token = found.group()
        if number >= _TOKENS:
            return None
        if token[0] in "[(<" and token[-1] in "])>":
            if (stated := _bracketed(token[1:-1])) is not None:
                return stated
            if token[0] == "(" and not stamped and number == 0:
                stamped = True
            stamped = stamped or any(letter.isdigit() for letter in token) or token[0] == "["
            continue
        if letters := _LETTERS.fullmatch(token.rpartition(".")[2] if token[-1] == ":" else token):
            word, rest = letters[2], letters[3] or letters[4]
            if (stated := _stated(word, rest, first=number == 0, stamped=stamped, named=bare)) is not None:
                return stated
        if _STAMP.match(token):
            stamped = True
        elif _SEPARATOR.fullmatch(token) or _PART_OF_TIME.fullmatch(token) or (stamped and token[0].isdigit()):
            continue
        elif field := _FIELD.match(token):
            if field[1].lower() in _LEVELS:
                return _known(field[2])
            stamped = True
        elif token[-1] == "}" or _NAME.fullmatch(token):
            stamped = stamped or token[-1] in ":]}" or "." in token
        else:
            bare += 1
            if bare > 1 or not _LETTERS.fullmatch(token):
                return None
    return None


def _known(word: str) -> bool | None:
    low = word.lower()
    return True if low in LOUD else False if low in QUIET else None


def _bracketed(inside: str) -> bool | None:
    """`[error    ]`, `[php:error]`, `[2026-11-20 09:14:02,118: ERROR/MainProcess]`, `[09:14:02 ERR]`."""
    pieces = [piece for piece in _PIECES.split(inside) if piece]
    for piece in pieces[:8]:
        if piece.isupper() and len(piece) > 2 and (stated := _known(piece)) is not None:
            return stated
    last = inside.rstrip().rpartition(":")[2]
    return _known(last) if last.isalpha() else None


def _stated(word: str, rest: str, *, first: bool, stamped: bool, named: int) -> bool | None:
    """A level of capitals stands alone behind a time or a name; one in small letters has a colon behind it."""
    if word.isupper() and len(word) > 2:
        if word in ("HTTP", "LOG") and not stamped:
            return None
        if word in ("FAILED", "FAILURE", "SUCCESS", "FAIL") and ":" not in rest:
            return None
        return _known(word) if first or stamped else None
    if ":" in rest and (first or stamped) and not named:
        return _known(word) if word.lower() not in ("http", "log", "failed", "failure", "success") else None
    return None
