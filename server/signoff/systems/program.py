"""A program of the team's own, run without a shell as a process group that ends as a whole."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from signoff.boundary import Boundary, Question
from signoff.model.facts import Known, Unknown, Why
from signoff.model.quoted import Quoted

ENDING_SECONDS = 10.0
"""Between the signal that asks the group to end and the one that ends it."""
_LINGER_SECONDS = 2.0
_LOOK_SECONDS = 0.05
_LINE = 64 * 1024

_OF_ANOTHER_REPOSITORY = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE", "GIT_COMMON_DIR"),
    *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"),
)
"""Git sets them for its hooks (https://git-scm.com/docs/githooks); they point away from the folder that is given."""


async def run_program(
    boundary: Boundary,
    argv: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    seconds: float,
    told: Callable[[Quoted], None],
    *,
    files: Collection[int] = (),
) -> Known[int] | Unknown:
    """Run `argv` in `folder` and hand on each line that it says; its exit code, negative for a signal.

    `files`: descriptors that it inherits.
    When this is cancelled, and after `seconds` (`timeout`), its whole process group is ended. `denied` where it can
    not be started.
    """
    question = Question("command", "run", argv[0], tuple(argv))
    environment = {name: value for name, value in environment.items() if name not in _OF_ANOTHER_REPOSITORY}

    async def run() -> int:
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=folder,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            pass_fds=tuple(files),
        )
        if process.stdout is None:
            raise TypeError("its output is a pipe")
        reading = asyncio.create_task(_lines(process.stdout, told))
        try:
            code = await _exited(process)
            await asyncio.wait([reading], timeout=_LINGER_SECONDS)
            return code
        finally:
            await _end(process, reading)

    return await boundary.ask(question, run, lambda code: code, _why, seconds=seconds)


async def _exited(process: asyncio.subprocess.Process) -> int:
    """Its exit code as soon as there is one; `wait()` goes on until nobody holds its output any more."""
    while process.returncode is None:  # noqa: ASYNC110 - asyncio has no event for this
        await asyncio.sleep(_LOOK_SECONDS)
    return process.returncode


async def _lines(stream: asyncio.StreamReader, told: Callable[[Quoted], None]) -> None:
    rest = b""
    while chunk := await stream.read(_LINE):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            told(Quoted.of(line.rstrip(b"\r")))
        if len(rest) > _LINE:
            told(Quoted.of(rest))
            rest = b""
    if rest:
        told(Quoted.of(rest))


async def _end(process: asyncio.subprocess.Process, reading: asyncio.Task[None]) -> None:
    """No process of the group is left: first asked, then killed. Cancelling again does not cut this short."""
    ending = asyncio.ensure_future(_end_group(process, reading))
    try:
        await asyncio.shield(ending)
    except asyncio.CancelledError:
        await asyncio.wait([ending])
        raise


async def _end_group(process: asyncio.subprocess.Process, reading: asyncio.Task[None]) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), ENDING_SECONDS)
    if process.returncode is None or not reading.done():  # what still holds its output is of its group
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
    await asyncio.wait([reading], timeout=_LINGER_SECONDS)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)


def _why(error: Exception) -> Why | None:
    return "denied" if isinstance(error, OSError) else None
