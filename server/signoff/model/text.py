"""Sentences in our own words that may hold quoted outside text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from signoff.model.quoted import Quoted

Part = str | Quoted


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence as parts: `str` is ours, `Quoted` came from outside and is released by a view."""

    parts: tuple[Part, ...]

    def __str__(self) -> str:
        raise TypeError("a Text is shown by a view, which releases its quoted parts")


def text(template: str, *values: str | int | Quoted | Text) -> Text:
    """`text("revision {} says {}", name, Quoted(message))`: each `{}` takes the next value.

    Raises ValueError when the number of places and values differ.
    """
    pieces = template.split("{}")
    if len(pieces) != len(values) + 1:
        raise ValueError(f"{len(pieces) - 1} places for {len(values)} values in {template!r}")
    parts: list[Part] = [pieces[0]]
    for value, piece in zip(values, pieces[1:], strict=True):
        if isinstance(value, Text):
            parts.extend(value.parts)
        else:
            parts.append(value if isinstance(value, Quoted) else str(value))
        parts.append(piece)
    return Text(_joined(parts))


def listed(says: Sequence[Text]) -> Text:
    """Sentences one after the other, set apart by semicolons."""
    return text("; ".join("{}" for _ in says), *says)


def _joined(parts: list[Part]) -> tuple[Part, ...]:
    """Neighbouring words of ours become one part, so that equal sentences are equal values."""
    joined: list[Part] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return tuple(joined)
