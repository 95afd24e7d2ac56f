"""Bytes of a tunnel, to and from another port of the sandbox."""

from __future__ import annotations

import asyncio
from typing import Any


class Relay(asyncio.Protocol):
    """One end of it; what it receives goes to the other end, and is held until there is one."""

    def __init__(self) -> None:
        self.transport: Any = None
        self._other: Relay | None = None
        self._held: list[bytes] = []
        self._ended = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def join(self, other: Relay) -> None:
        """Connect two ends whose connections both stand."""
        for one, another in ((self, other), (other, self)):
            one._other = another
            for data in one._held:
                another.transport.write(data)
            one._held.clear()
            if one._ended:
                another.transport.close()

    def data_received(self, data: bytes) -> None:
        if self._other is None:
            self._held.append(data)
        else:
            self._other.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._ended = True
        if self._other is not None:
            self._other.transport.close()

    def pause_writing(self) -> None:
        """This end takes no more for now, so the other one is not read."""
        if self._other is not None:
            self._other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self._other is not None:
            self._other.transport.resume_reading()
