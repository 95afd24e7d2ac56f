"""What the keys of a fault may hold: each check answers what the value must be, or None where it is that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any

import grpc

Check = Callable[[Any], str | None]
LONGEST_SKEW = 10 * 365 * 86400


def of(check: Check, default: Any = None) -> Any:
    """A dataclass field whose values from outside pass `check`."""
    return field(default=default, metadata={"check": check})


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def amount(value: Any) -> str | None:
    return None if _number(value) and 0 <= value < float("inf") else "a number that is not negative"


def count(value: Any) -> str | None:
    return None if _number(value) and isinstance(value, int) and value >= 0 else "a whole number that is not negative"


def positive(value: Any) -> str | None:
    return "a whole number above 0" if count(value) or value == 0 else None


def duration(value: Any) -> str | None:
    return "a number above 0" if amount(value) or value == 0 else None


def share(value: Any) -> str | None:
    return None if _number(value) and 0 < value <= 1 else "above 0 and at most 1"


def skew(value: Any) -> str | None:
    return None if _number(value) and abs(value) <= LONGEST_SKEW else "seconds, at most ten years"


def flag(value: Any) -> str | None:
    return None if value is True else "true (or left out)"


def text(value: Any) -> str | None:
    return None if isinstance(value, str) and value else "a text"


def code(value: Any) -> str | None:
    known = isinstance(value, str) and value in grpc.StatusCode.__members__ and value != "OK"
    return None if known else "a gRPC status code such as UNAVAILABLE"
