"""What the tools share: the repository's context, opened at first use, and the one way to the commands."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signoff.check import Progress
from signoff.model.errors import SignoffError
from signoff.model.judgement import Link
from signoff.model.subject import Claim, WorkloadName

if TYPE_CHECKING:
    from signoff.commands.context import Context
    from signoff.model.report import Report

log = logging.getLogger(__name__)


class Desk:
    """One a server. `start`: where signoff.toml is looked for, upward; nothing is read before the first message."""

    def __init__(self, start: Path, *, read_only: bool = False) -> None:
        self.start = start
        self.read_only = read_only
        self._began = datetime.now(UTC)
        self._context: asyncio.Task[Context] | None = None
        self._recording: asyncio.Task[None] | None = None

    async def context(self) -> Context:
        """The opened repository and target. An error of the configuration is not kept: the file may be mended."""
        if self._context is None or (self._context.done() and self._context.exception() is not None):
            self._context = asyncio.create_task(self._open())
        return await asyncio.shield(self._context)

    async def _open(self) -> Context:
        return await asyncio.to_thread(_open, self.start)

    def begin(self) -> None:
        """Record the session's start in the background, once. It never fails a call and never delays one."""
        if self._recording is None:
            self._recording = asyncio.create_task(self._record())

    async def _record(self) -> None:
        try:
            context = await self.context()
            await context.begin_session(self._began)
        except SignoffError as error:
            log.info("the session's start was not recorded: %s", error)
        except Exception:
            log.exception("recording the session's start broke")

    async def close(self) -> None:
        """End what is still being asked, with its child processes."""
        if self._recording is not None:
            self._recording.cancel()
            await asyncio.gather(self._recording, return_exceptions=True)
        if self._context is not None:
            opened = await asyncio.gather(self._context, return_exceptions=True)
            if not isinstance(opened[0], BaseException):
                await opened[0].close()
