"""What a ledger store does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, TypeVar

from signoff.ledger.events import Event
from signoff.model.errors import SignoffError

E = TypeVar("E", bound=Event)


class LedgerError(SignoffError):
    """The ledger can not be read or written."""


class Store(Protocol):
    """Append-only. Safe under several processes; an appended event survives the death of its writer."""

    def kept_open(self) -> AbstractContextManager[None]:
        """Meanwhile each operation takes less time; for a command that ends soon. What is appended is as safe."""

    def append(self, *events: Event) -> None:
        """All of them or none. Raises LedgerError."""

    def read(self, kind: type[E]) -> Iterator[E]:
        """The events of one kind, the newest first. Raises LedgerError."""

    def all(self, since: datetime | None = None) -> Sequence[Event]:
        """Every event of that time and later that this signoff knows, the oldest first. Raises LedgerError."""
