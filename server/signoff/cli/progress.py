"""A progress bar on stderr, once something has taken two seconds, and only where a person watches."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from signoff.views.words import name

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

PATIENCE = 2.0
"""Seconds."""


class Shown:
    """A `Progress`: remembers how far things are, and draws it from the moment that it is due."""

    def __init__(self) -> None:
        self._now: tuple[int, int | None, str] = (0, None, "")
        self._due = False
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __call__(self, done: int, total: int | None, message: str) -> None:
        self._now = (done, total, message)
        self._draw()

    def is_due(self) -> None:
        self._due = True
        self._draw()

    def hide(self) -> None:
        """Until there is something new to show: a person reads and types meanwhile."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

        columns = (SpinnerColumn(), BarColumn(20), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task("", total=None)
        self._bar.start()

    def _draw(self) -> None:
        if self._due and self._bar is None:
            self._show()
        if self._bar is not None and self._task is not None:
            done, total, message = self._now
            self._bar.update(self._task, completed=done, total=total, description=name(message))


@asynccontextmanager
async def progress_bar() -> AsyncIterator[Shown]:
    """A `Progress` to hand to a command."""
    shown = Shown()
    later = asyncio.get_running_loop().call_later(PATIENCE, shown.is_due) if sys.stderr.isatty() else None
    try:
        yield shown
    finally:
        if later is not None:
            later.cancel()
        shown.hide()
