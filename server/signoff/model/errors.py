"""The one base of expected errors: what is wrong, where, and what to do. Caught once per face."""

from __future__ import annotations

from typing import ClassVar


class SignoffError(Exception):
    """An expected error. Everything else that reaches a face is a bug.

    `what` and `fix` are our own words (they may name paths and keys of the user's files, never outside text).
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, what: str, *, where: str | None = None, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        return f"{self.what}{place}. Fix: {self.fix}"
