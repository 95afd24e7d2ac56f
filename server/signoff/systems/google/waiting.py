"""Wait for what was asked for: for a write also when cancelled, and for what takes its time to come true."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from signoff.model.facts import Known, Unknown

T = TypeVar("T")

_SHORTEST, _LONGEST, _PART = 0.02, 2.0, 0.1
"""Between looks at something that takes its time: seconds at least and at most, and the part of what has passed."""


async def unbroken(work: Awaitable[T]) -> T:
    """Wait for a write also when cancelled, then pass the cancel on: a write under way is no safe point to stop."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise


async def until(
    look: Callable[[], Awaitable[Known[T | None] | Unknown]], seconds: float, told: Callable[[str], None]
) -> Known[T | None] | Unknown:
    """Look again and again until there is an answer, or `seconds` have passed (the last answer, Known(None))."""
    started = asyncio.get_running_loop().time()
    while True:
        answer = await look()
        passed = asyncio.get_running_loop().time() - started
        if isinstance(answer, Unknown) or answer.value is not None or passed >= seconds:
            return answer
        told(f"{passed:.0f} s")
        await asyncio.sleep(min(max(_SHORTEST, _PART * passed), _LONGEST))
