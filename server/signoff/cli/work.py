"""How the handlers work: one event loop, one context that is closed whatever happens, progress for what takes long."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from signoff.cli.progress import Shown, progress_bar
from signoff.commands.context import Context
from signoff.model.subject import Claim

T = TypeVar("T")


def work(options: argparse.Namespace, job: Callable[[Context, Shown], Awaitable[T]]) -> T:
    """Open the repository of `-C` and `--target`, do the job, close. Ctrl-C cancels it, and it cleans up."""
    quiet()

    async def whole() -> T:
        async with opened(options) as context, progress_bar() as progress:
            return await job(context, progress)

    return asyncio.run(whole())


@asynccontextmanager
async def opened(options: argparse.Namespace) -> AsyncIterator[Context]:
    context = Context.open(Path(options.directory), options.target)
    with context.ledger.kept_open():
        try:
            yield context
        finally:
            await context.close()


def quiet() -> None:
    """Logs are for those who ask: what matters to a person is in the report."""
    if os.environ.get("SIGNOFF_DEBUG") == "1":
        from signoff.views.logs import to_stderr

        to_stderr(logging.INFO)
    else:
        logging.basicConfig(handlers=[logging.NullHandler()])


def claims_of(options: argparse.Namespace) -> tuple[Claim, ...]:
    """`--gone`: about every workload that is asked for."""
    return tuple(Claim(None, gone) for gone in options.gone or ())
