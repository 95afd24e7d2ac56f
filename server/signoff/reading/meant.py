"""What a person means by an error: a text of it, `/a regular expression/`, its signature, or a pasted traceback."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from signoff.model.logs import ErrorSeen

LONGEST_PATTERN = 1000


@dataclass(frozen=True, slots=True)
class Meant:
    """`pattern`: to be searched for by an engine with a time limit, since it may be hostile; else `text` is meant."""

    text: str
    pattern: str | None = None
    signature: str = ""

    def is_plainly(self, error: ErrorSeen) -> bool:
        """Whether the error is meant, where no pattern is needed to tell: its text, or its signature."""
        if self.pattern is not None:
            return False
        same = bool(error.signature) and error.signature in {self.text, self.signature}
        return same or error.says.contains(self.text)


def meant(given: str) -> Meant:
    """ValueError, with what is wrong, for nothing at all and for a regular expression that is none."""
    text = given.strip()
    if not text:
        raise ValueError("no error is named")
    if len(text) > 2 and text[0] == text[-1] == "/" and "\n" not in text:
        require_pattern(text[1:-1])
        return Meant(text, text[1:-1])
    from signoff.reading.logs.errors import signature_of

    return Meant(text, None, signature_of(text))


def require_pattern(pattern: str) -> None:
    """ValueError, with what is wrong, for what is no regular expression of Python."""
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f"a regular expression of more than {LONGEST_PATTERN} characters")
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"no regular expression: {error}") from None
