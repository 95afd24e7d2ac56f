"""The one error of the readers: the bytes are not what their name promises, or can not be followed."""

from __future__ import annotations

LIMIT = 1 << 20
"""Bytes. Files that people write by hand and that describe a build are far smaller; a larger one is not read."""


class Unreadable(ValueError):
    """`str()` says why, in our own words; `line` counts from 1."""

    def __init__(self, says: str, line: int | None = None) -> None:
        super().__init__(f"line {line}: {says}" if line else says)
        self.line = line


def as_text(data: bytes) -> str:
    """UTF-8 text with plain newlines. Raises Unreadable."""
    if len(data) > LIMIT:
        raise Unreadable(f"is larger than {LIMIT} bytes")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not UTF-8 (byte {error.start})") from None
