"""Which files may ask for a unique index, told by a search in their bytes: most code loads no reader at all."""

from __future__ import annotations

import re

from signoff.reading.source.js_module import SUFFIXES

SPEAKS_OF_IT = re.compile(rb"on[\s_]*conflict|\bupsert\b|update_conflicts", re.IGNORECASE)
_HALF = re.compile(rb"insert\s+into", re.IGNORECASE)
"""A module may take its ON CONFLICT from another one."""


def worth_reading(path: str, data: bytes) -> bool:
    """Whether the file has the words of an upsert, or is code that may take them from elsewhere."""
    return SPEAKS_OF_IT.search(data) is not None or (
        path.endswith((".py", *SUFFIXES)) and _HALF.search(data) is not None
    )
