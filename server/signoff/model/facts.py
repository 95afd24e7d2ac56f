"""What became known of the outside, and what did not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar

from signoff.model.evidence import Evidence, Strength, Value
from signoff.model.quoted import Quoted

T = TypeVar("T")

Why = Literal["denied", "expired", "timeout", "unreachable", "throttled", "malformed", "incomplete"]
"""Why something is not known. `expired`: the login itself is no longer accepted (one finding, not sixty)."""


@dataclass(frozen=True, slots=True)
class Ref:
    """Where a fact was read: made by the adapter that read it."""

    system: str
    """`git`, `run`, `build`, `registry`, `logging`, `http` …"""
    resource: str | Quoted
    at: datetime
    look: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """A fact with its source. "Does not exist" is `Known(None, ref)`, never an error."""

    value: T
    ref: Ref

    def shows(self, field: str, value: Value, strength: Strength = "proven") -> Evidence:
        """One field of this fact as evidence."""
        return Evidence(self.ref.system, self.ref.resource, field, value, self.ref.at, strength, self.ref.look)


@dataclass(frozen=True, slots=True)
class Unknown:
    """An adapter's error, as a value: it reaches the runner, which says `unknown`; no judge ever sees it."""

    why: Why
    ref: Ref
    detail: Quoted
