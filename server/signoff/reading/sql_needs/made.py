"""Tables that the code makes for itself."""

from __future__ import annotations

import re
from collections.abc import Mapping

_MADE = re.compile(
    rb"\bcreate\s+(?:(?:global|local)\s+)?(?P<temporary>temp(?:orary)?\s+)?(?:unlogged\s+)?table\s+"
    rb"(?:if\s+not\s+exists\s+)?(?:\\?\"?\w+\\?\"?\.)?\\?\"?(?P<name>[A-Za-z_]\w*)"
    rb"|\binto\s+(?P<into>temp(?:orary)?)\s+(?:table\s+)?(?P<other>[A-Za-z_]\w*)",
    re.IGNORECASE,
)


def made_in(files: Mapping[str, bytes]) -> tuple[frozenset[str], frozenset[str]]:
    """The names of tables that code makes for good, and of temporary ones; scripts of SQL are run by somebody else."""
    made, temporary = set[str](), set[str]()
    for path, data in files.items():
        for found in _MADE.finditer(data):
            name = (found["name"] or found["other"]).decode().lower()
            if found["temporary"] or found["into"]:
                temporary.add(name)
            elif not path.endswith((".sql", ".psql", ".pgsql")):
                made.add(name)
    return frozenset(made), frozenset(temporary)
