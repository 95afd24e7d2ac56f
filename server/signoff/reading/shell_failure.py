"""Which commands of a shell text end it where they fail: without `set -e` only those of its last statement.

https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_09_03
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from signoff.reading.shell import Command

_ENDS_ON_FAILURE = re.compile(r"\A#![^\n]*\s-\w*e|\bset\s+(?:-\w+\s+)*-\w*e|\berrexit\b")
_LOOKS_AT_IT = re.compile(r"\$\?|\bexit\b(?!\s+0\b)|\breturn\b|\btrap\b|\bwait\b|<<")
"""What may end the text after all; of a here-document lines are read that are no commands."""
_OPENS = frozenset({"if", "for", "while", "until", "case", "select", "{"})
_CLOSES = frozenset({"fi", "done", "esac", "}"})
_BETWEEN = frozenset({"then", "else", "elif", "do", "!"})


def first_that_counts(text: str, commands: Sequence[Command]) -> int:
    """The number of the first of a text's commands whose failure may end it: 0 where that can not be told."""
    if _ENDS_ON_FAILURE.search(text) or _LOOKS_AT_IT.search(text) or any(one.ends is None for one in commands):
        return 0
    first = depth = 0
    for number, one in enumerate(commands[:-1], 1):
        depth += _opened(one.words)
        if one.ends and depth == 0:
            first = number
    return first


def _opened(words: Sequence[str]) -> int:
    """How many compound commands begin with these words, less those that end."""
    found = 0
    for word in words:
        if word not in _OPENS | _CLOSES | _BETWEEN:
            break
        found += (word in _OPENS) - (word in _CLOSES)
    return found
