"""Time that stands still until the test moves it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from signoff_sandbox.runtime.pace import Pace


class ManualPace(Pace):
    """`move` lets time pass; `sleepers` tells for how long others wait."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._sleeping: dict[asyncio.Future[None], float] = {}
        self._changed = asyncio.Event()

    def time(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleeping[done] = self._now + seconds
        self._changed.set()
        try:
            await done
        finally:
            self._sleeping.pop(done, None)

    def sleepers(self) -> list[float]:
        """How long each of those who sleep still sleeps, the shortest first."""
        return sorted(until - self._now for until in self._sleeping.values())

    async def until_somebody_sleeps(self, seconds: float) -> None:
        """Wait until somebody sleeps exactly that long; fails after 20 seconds."""
        await settle()  # whoever was cancelled is about to leave
        async with asyncio.timeout(20):
            while not any(abs(left - seconds) < 1e-6 for left in self.sleepers()):
                self._changed.clear()
                await self._changed.wait()

    async def move(self, seconds: float) -> None:
        """Let time pass: whoever should be awake by then wakes, in the order of time."""
        end = self._now + seconds
        while due := [(until, done) for done, until in self._sleeping.items() if until <= end]:
            until, done = min(due, key=lambda one: one[0])
            self._now = until
            del self._sleeping[done]
            with suppress(asyncio.InvalidStateError):
                done.set_result(None)
            await settle()
        self._now = end


async def settle(rounds: int = 10) -> None:
    """Let whatever is ready run."""
    for _ in range(rounds):
        await asyncio.sleep(0)


async def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until something holds that only processes can bring about; fails after the deadline."""
    async with asyncio.timeout(seconds):
        while True:
            if holds():
                return
            await asyncio.sleep(0.005)
