"""Maps the rows of two sources onto one form."""

from __future__ import annotations


def mapped(row: dict[str, str]) -> str:
    """The name of the school of a row."""
    return row["School"]
