"""From the commands' progress calls to MCP progress notifications."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver import Context

from signoff.views.words import name

if TYPE_CHECKING:
    from signoff.check import Progress

_STEP = 0.001
"""By how much a notification is moved on where the work itself did not move: MCP wants every one to increase."""


@asynccontextmanager
async def reporting(ctx: Context[Any, Any]) -> AsyncIterator[Progress]:
    """A `Progress` that sends notifications while the work goes on; a client that asked for none gets none."""
    waiting: asyncio.Queue[tuple[float, int | None, str]] = asyncio.Queue()
    reached = 0.0

    def progress(done: int, total: int | None, message: str) -> None:
        nonlocal reached
        reached = max(float(done), reached + _STEP)
        waiting.put_nowait((reached, total, name(message)))

    async def send() -> None:
        while True:
            done, total, message = await waiting.get()
            try:
                await ctx.report_progress(done, total, message)
            finally:
                waiting.task_done()

    sender = asyncio.create_task(send())
    try:
        yield progress
        joined = asyncio.create_task(waiting.join())
        # A sender that ended early (the client is gone) never empties the queue.
        await asyncio.wait({joined, sender}, return_when=asyncio.FIRST_COMPLETED)
        joined.cancel()
    finally:
        sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)
