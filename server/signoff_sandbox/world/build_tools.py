"""Interpreted tools on the PATH of a step's script: `docker build … && gcloud run deploy …` in bash.

Beside them lie stand-ins for the tools of whoever owns this machine, which must not run here by accident, with their
logins.
"""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from signoff_sandbox.runtime import shim
from signoff_sandbox.world.build_workshop import Command, Tool, UsageError, Workshop

GUARDED = ("kubectl", "gsutil", "terraform", "firebase")
_GUARD = '#!/bin/sh\necho "$(basename "$0") is not modelled in steps of the sandbox" >&2\nexit 127\n'
_LONGEST = 4 * 1024 * 1024  # a command and its environment


@asynccontextmanager
async def on_path(shop: Workshop, tools: Mapping[str, Tool]) -> AsyncIterator[Path]:
    """The folder to put first on the PATH, while the block lasts."""
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            running.add(task)
            task.add_done_callback(running.discard)
        try:
            await _carry_out(shop, tools, reader, writer)
        finally:
            writer.close()

    # A folder of its own with a short name: the path of a socket has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="so-") as name:
        folder = Path(name)
        server = await asyncio.start_unix_server(serve, folder / "socket", limit=_LONGEST)
        for tool in tools:
            words = [sys.executable, "-IS", str(Path(shim.__file__)), str(folder / "socket"), tool]
            _program(folder / tool, f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        for tool in GUARDED:
            _program(folder / tool, _GUARD)
        try:
            yield folder
        finally:
            server.close()
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


async def _carry_out(
    shop: Workshop, tools: Mapping[str, Tool], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    def answer(content: dict[str, str | int]) -> None:
        writer.write(json.dumps(content).encode() + b"\n")

    line = await reader.readline()
    if not line.endswith(b"\n"):
        return  # the script was ended in the middle of its command
    asked = json.loads(line)
    command = Command(
        tuple(asked["arguments"]), Path(asked["folder"]), asked["environment"], lambda text: answer({"line": text})
    )
    try:
        code = await tools[asked["tool"]](shop, command)
    except UsageError as error:
        answer({"line": str(error)})
        code = 1
    answer({"code": code})
    await writer.drain()


def _program(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
