"""Definitions that the server writes in several ways and that mean the same."""

from __future__ import annotations

import re

_TRUE = re.compile(r"\((\w+|\"[^\"]+\") = true\)")
_NOW = re.compile(r"\bCURRENT_TIMESTAMP\b(?!\()")
_VARYING = re.compile(r"::character varying(?!\()")
_TO_TEXT = re.compile(r"\((\w+|\"[^\"]+\")\)::text")


def plain(definition: str) -> str:
    """`CURRENT_TIMESTAMP` as `now()`, `a = true` as `a`, `character varying` without a length as `text`."""
    same = _TRUE.sub(r"\1", _NOW.sub("now()", definition))
    return _TO_TEXT.sub(r"\1", _VARYING.sub("::text", same))
