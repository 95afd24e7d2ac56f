"""Evidence: what a system of record said, and how a person can look for themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from signoff.model.quoted import Quoted

Strength = Literal["proven", "attested", "stated"]
"""`proven` by the system of record, `attested` by a signed or CI record, `stated` by a label."""

Value = str | int | float | bool | None | Quoted | tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One field of one resource, as it was read at a moment (`at`: an aware UTC time)."""

    system: str
    resource: str | Quoted
    field: str
    value: Value
    at: datetime
    strength: Strength = "proven"
    look: tuple[str, ...] = ()
    """The argv with which a person can look at the same thing."""
