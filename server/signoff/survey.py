"""One snapshot of the world for one subject: every fact is asked once, however many judges want it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from signoff.model.subject import Subject

if TYPE_CHECKING:
    from signoff.systems import Systems

P = ParamSpec("P")
T = TypeVar("T")


class Survey:
    """Never reused for polling: a later look is a new survey. Use as an async context manager.

    `now` is the moment that all judgements of this survey share; judges have no clock of their own.
    """

    def __init__(self, subject: Subject, systems: Systems, now: datetime) -> None:
        self.subject = subject
        self.systems = systems
        self.now = now
        self._asked: dict[tuple[Any, ...], asyncio.Task[Any]] = {}

    async def get(
        self,
        fact: Callable[Concatenate[Survey, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """The fact, gathered once (single flight). Arguments must be hashable.

        The gathering is shielded: cancelling one who waits for it never cancels it for the others.
        """
        key = (fact, args, tuple(sorted(kwargs.items())))
        task = self._asked.get(key)
        if task is None:
            task = asyncio.ensure_future(fact(self, *args, **kwargs))
            self._asked[key] = task
        return await asyncio.shield(task)

    async def close(self) -> None:
        """End what is still being asked; child processes and calls of it end with it."""
        tasks = list(self._asked.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def __aenter__(self) -> Survey:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
