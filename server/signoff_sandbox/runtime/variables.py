"""Variables in Dockerfile instructions: $NAME, ${NAME}, ${NAME:-default}, ${NAME:+value}.

https://docs.docker.com/reference/dockerfile/#environment-replacement
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_REFERENCE = re.compile(
    r"\\(?P<escaped>\$)"
    r"|\$(?P<plain>[A-Za-z_][A-Za-z0-9_]*)"
    r"|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<how>:?[-+])(?P<word>[^}]*))?\}"
)


def expand(text: str, values: Mapping[str, str]) -> str:
    """`text` with its references replaced; an unknown variable is empty, as with Docker."""

    def replace(match: re.Match[str]) -> str:
        if match["escaped"]:
            return "$"
        if match["plain"]:
            return values.get(match["plain"], "")
        value = values.get(match["name"])
        how, word = match["how"], match["word"]
        if how is None:
            return value or ""
        there = bool(value) if how.startswith(":") else value is not None
        if how.endswith("-"):
            return value or "" if there else expand(word, values)
        return expand(word, values) if there else ""

    return _REFERENCE.sub(replace, text)
