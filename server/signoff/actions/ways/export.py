"""A clean checkout of the commit in a temporary folder: what is not committed can not be in it."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from signoff.actions.steps import known
from signoff.actions.ways.work import Work
from signoff.model.subject import Commit
from signoff.systems.git.checkout import checkout
from signoff.systems.google.waiting import unbroken


@asynccontextmanager
async def exported(work: Work, commit: Commit) -> AsyncIterator[Path]:
    """The folder, which is gone after the block. It is a git repository, with the remote as its `origin`."""
    top = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="signoff-"))
    try:
        folder = top / "checkout"
        made = await checkout(work.site.systems.git, commit, folder, await work.site.remote())
        known(made, f"checking out {commit[:12]}")
        yield folder
    finally:
        await unbroken(asyncio.to_thread(shutil.rmtree, top, ignore_errors=True))
