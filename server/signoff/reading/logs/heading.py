"""A line that states an error and says little by itself: what stands below it, indented, says the rest.

.NET's console writes its words below the category, pino-pretty and Node.js' inspect the fields of an error, and others
end a line in a colon.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_BARE = re.compile(r"\S{0,30}[:!] (?:\S{1,200}\[\d+\]|[A-Z]{1,8}-?\d{2,6}|#?\d{1,6})$")
"""A level and a category, or an error's code, and no words."""
_TELLS = re.compile(r"[\"']?(?:message|msg|code|error|err|reason|detail|details|name|type|status)[\"']?: *(\S.*)")
"""Fields that name an error; others say whom it happened to."""
_BELOW = 3


def joined(head: str, below: Sequence[str]) -> str:
    """The heading with what names the error below it; the heading alone where it says enough."""
    if head.endswith(("{", "[", "(")):
        said = [line for line in below if _TELLS.match(line)]
    elif head.endswith(":") or _BARE.fullmatch(head[:300]):
        said = [line for line in below if line]
    else:
        return head
    return " ".join([head, *said[:_BELOW]])
