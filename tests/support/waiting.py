"""Waiting for what no store tells of, such as the processes of a container and their output."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def eventually(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Look again and again until `holds()` is true; fails after `seconds`."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - nobody sets an event when a process is gone
            await asyncio.sleep(0.01)
