"""Rows of an answer with a mark after the last one: what was cut short on its way is never taken for the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from signoff.boundary import Incomplete

T = TypeVar("T")
Row = tuple[Any, ...]

_END: Row = ("signoff:end",)


def ended(rows: Iterable[Sequence[Any]]) -> list[Row]:
    """The rows of a question that came to its end."""
    return [*(tuple(row) for row in rows), _END]


def whole(read: Callable[[Sequence[Row]], T]) -> Callable[[Sequence[Row]], T]:
    """`read` for what `ended` made; raises Incomplete where the mark is missing."""

    def checked(rows: Sequence[Row]) -> T:
        if not rows or rows[-1] != _END:
            raise Incomplete("the rows were cut short")
        return read(rows[:-1])

    return checked
