"""Released text in a Markdown document: prose stays readable, and nothing in it becomes a link, HTML or a block.

https://spec.commonmark.org/0.31.2/#backslash-escapes and https://github.github.com/gfm/#autolinks-extension-
"""

from __future__ import annotations

import re

from signoff.model.quoted import Quoted
from signoff.safety.release import for_markdown, own
from signoff.views.words import pieces

_INLINE = re.compile(r"[\\`*_\[\]<>&~|$]")
_LINK = re.compile(r"(?i)(?<=[a-z])(?=://)|(?<=\bwww)(?=\.)|(?<=mailto)(?=:)|(?<=xmpp)(?=:)")
"""Where GitHub would make a link of bare text: a backslash there ends it."""
_BLOCK = re.compile(r"([#+=-]|[0-9]{1,9}(?=[.)]))")
WORDS = 4_000
"""Characters of one answer in the session's own words."""


def prose(line: str) -> str:
    """A released sentence (see `views.words.sentence`): our words escaped, outside text in code spans."""
    return "".join(code(piece) if index % 2 else _inline(own(piece)) for index, piece in enumerate(pieces(line)))


def code(value: object) -> str:
    """A command, name or value as a code span."""
    return for_markdown(Quoted(str(value)), limit=2_000)


def quotation(words: str) -> str:
    """Somebody's words as a block quotation, line by line. Empty for no words."""
    lines = [" ".join(line.split()) for line in words[: WORDS * 2].strip().splitlines()]
    shown = [own(line, WORDS) for line in lines]
    return "\n".join(f"> {_line(line)}".rstrip() for line in shown)


def item(words: str) -> str:
    """Somebody's words on one line of a list."""
    return _line(own(" ".join(words.split()), WORDS))


def _line(line: str) -> str:
    """`line` begins a block: a mark that would begin a heading, list or rule there is escaped."""
    start = _BLOCK.match(line)
    if start and start[0].isdigit():
        return f"{start[0]}\\{_inline(line[start.end() :])}"
    return f"\\{_inline(line)}" if start else _inline(line)


def _inline(line: str) -> str:
    return _LINK.sub(r"\\", _INLINE.sub(r"\\\g<0>", line))
