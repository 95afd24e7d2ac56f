"""Time as the sandbox spends it: how late it is, and waiting. Tests put in one that they move themselves."""

from __future__ import annotations

import asyncio
import time


class Pace:
    """The time of this machine. Seconds."""

    def time(self) -> float:
        """Seconds since some moment that never changes."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
