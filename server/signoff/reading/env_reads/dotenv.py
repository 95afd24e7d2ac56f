"""The names that a dotenv file gives a value. https://github.com/motdotla/dotenv#what-rules-does-the-parsing-engine-follow"""

from __future__ import annotations

import re

_LINE = re.compile(rb"^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(.*?)[ \t]*$", re.MULTILINE)


def names_of(data: bytes) -> tuple[str, ...]:
    """Those with a value that is not empty; values themselves are never kept."""
    found = [found[1].decode() for found in _LINE.finditer(data) if found[2] not in {b"", b'""', b"''"}]
    return tuple(dict.fromkeys(found))
