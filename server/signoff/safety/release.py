"""The only reader of `Quoted.outside`: outside text leaves redacted once, escaped, bounded, and inert in its format.

Curly quotation marks are the delimiters with which views set outside text apart in a sentence, so none is left inside.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from unicodedata import category

from signoff.model import secret
from signoff.model.quoted import Quoted
from signoff.safety.redact import Held, held_in, redacted

OPEN, CLOSE = "“", "”"
SHOWN = 500
"""Characters of one outside text in a sentence, on a terminal or in a document."""
KEPT = 2_000
"""Characters of one outside text in a structure that programs read."""
READ, EDGE = 65_536, 4_096
"""Characters that are looked through for secrets; of a longer text, what stands at the end of them is not shown: there
a secret may have been cut in two."""

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, format (bidirectional, zero width, tags), surrogate, private, unassigned, line and paragraph separators."""
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t", OPEN: '"', CLOSE: '"', "„": '"', "‟": '"'}
_PLAIN = re.compile(r"[ -~]*")


def for_terminal(quoted: Quoted, limit: int = SHOWN) -> str:
    """One line without control sequences."""
    return own(quoted.outside, limit)


def for_markdown(quoted: Quoted, limit: int = SHOWN) -> str:
    """A code span that nothing inside can end: no link, mention, HTML, fence or block begins in it."""
    line = own(quoted.outside, limit)
    ticks = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    # One space at both sides is stripped by readers: it keeps a text apart that begins or ends with a tick or space.
    pad = " " if not line.strip() or line[0] in "` " or line[-1] in "` " else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def for_json(quoted: Quoted, limit: int = KEPT) -> str:
    """A value that shows what it holds; JSON's own escaping is the writer's."""
    return own(quoted.outside, limit)


def own(line: str, limit: int = KEPT) -> str:
    """Words and names of our own that may carry names of files or branches: the same treatment."""
    return _own(line, limit, secret.held())


@lru_cache(maxsize=4096)
def _own(line: str, limit: int, secrets: tuple[str, ...]) -> str:
    left = max(0, len(line) - READ)
    line = redacted(line[:READ], _held(secrets))
    if left:
        left, line = left + EDGE, line[:-EDGE]
    if not _PLAIN.fullmatch(line):
        line = "".join(map(_visible, line))
    left += max(0, len(line) - limit)
    return f"{line[:limit]}… ({left} more characters)" if left else line


def released(value: Any, each: Callable[[str], str] = own) -> Any:
    """A JSON value with every text in it released, the keys too. `each`: what is done to a text of our own."""
    if isinstance(value, Quoted):
        return for_json(value)
    if isinstance(value, str):
        return each(value)
    if isinstance(value, Mapping):
        return {each(str(key)): released(inner, each) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [released(inner, each) for inner in value]
    return value


def _visible(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    if category(character) not in _UNSEEN:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


@lru_cache(maxsize=8)
def _held(secrets: tuple[str, ...]) -> Held:
    return held_in(os.environ, secrets)
