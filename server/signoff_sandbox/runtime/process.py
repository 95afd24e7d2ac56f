"""Child processes of the sandbox: each in a session of its own, ended as a group, never left behind."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from signoff_sandbox.runtime import warden

#: A stream's name ("stdout", "stderr") and one line without its newline.
OnLine = Callable[[str, bytes], None]

LONGEST_LINE = 256 * 1024  # Cloud Logging's limit for an entry; longer lines are cut into several
LEFTOVER_SECONDS = 1.0  # for output that a process outside of the group holds open
STREAMS = {1: "stdout", 2: "stderr"}

# A child waits for one line before it becomes the program: the warden knows its group by then, so there is no moment
# in which the death of the sandbox could leave it behind. The program comes in "$@", nothing is interpolated.
_START = 'read -r go && exec "$@" </dev/null'


def base_environment(home: Path) -> dict[str, str]:
    """All that a child inherits: where programs are, and a home folder that is not the user's."""
    here = str(Path(sys.executable).parent)  # `python` is the interpreter that runs the sandbox
    return {"PATH": f"{here}:{os.environ.get('PATH', os.defpath)}", "HOME": str(home), "LANG": "C.UTF-8"}


class _Output(asyncio.SubprocessProtocol):
    """Cuts the output into lines; tells the end of the process from the end of its output, which others may hold."""

    def __init__(self, on_line: OnLine) -> None:
        loop = asyncio.get_running_loop()
        self.exited: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self._on_line = on_line
        self._rest = {1: b"", 2: b""}

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        *lines, rest = (self._rest[fd] + data).split(b"\n")
        for line in lines:
            self._on_line(STREAMS[fd], line)
        if len(rest) > LONGEST_LINE:
            self._on_line(STREAMS[fd], rest)
            rest = b""
        self._rest[fd] = rest

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        if self._rest.get(fd):
            self._on_line(STREAMS[fd], self._rest[fd])
            self._rest[fd] = b""

    def process_exited(self) -> None:
        self.exited.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self.closed.set_result(None)


class Child:
    """A running process group, and what of it went into groups of their own: all have the mark."""

    def __init__(
        self, transport: asyncio.SubprocessTransport, output: _Output, mark: str, on_end: Callable[[int], None]
    ) -> None:
        self._transport = transport
        self._mark = mark
        self._output = output
        self._on_end = on_end
        self.pid = transport.get_pid()
        self._ended = asyncio.create_task(self._run())

    @property
    def running(self) -> bool:
        return not self._ended.done()

    async def wait(self) -> int:
        """The exit code once the process is gone and its output read; minus the signal's number if one ended it."""
        return await asyncio.shield(self._ended)

    async def finish(self, grace_seconds: float = 0.0) -> int:
        """As `wait`, for the one who owns the process: it is stopped when the waiter is cancelled."""
        try:
            return await self.wait()
        except asyncio.CancelledError:
            await asyncio.shield(self.stop(grace_seconds))
            raise

    async def stop(self, grace_seconds: float) -> int:
        """SIGTERM to the group, SIGKILL after the grace; returns the exit code."""
        if not self._ended.done():
            self._signal(signal.SIGTERM)
            done, _ = await asyncio.wait([self._ended], timeout=grace_seconds)
            if not done:
                self._signal(signal.SIGKILL)
        return await asyncio.shield(self._ended)

    async def _run(self) -> int:
        await self._output.exited
        self._signal(signal.SIGKILL)  # a container ends with its first process, and so does all that it started
        await asyncio.to_thread(lambda: warden.end(warden.strays(self._mark)))
        await asyncio.wait([self._output.closed], timeout=LEFTOVER_SECONDS)
        self._transport.close()
        self._on_end(self.pid)
        return self._transport.get_returncode() or 0

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


class Processes:
    """Starts children and ends them all; `close` belongs to the end of the sandbox."""

    def __init__(self) -> None:
        self._mark = secrets.token_hex(8)
        self._started = 0
        self._children: dict[int, Child] = {}
        self._warden: subprocess.Popen[bytes] | None = None
        self._closed = False

    async def start(
        self,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        on_line: OnLine,
        files: Sequence[int] = (),
    ) -> Child:
        """Start a program with this environment and a mark. A program that does not exist ends with exit code 127.

        `files`: open file descriptors that it inherits under the same numbers.
        """
        if self._closed:
            raise RuntimeError("the sandbox is closing")
        self._started += 1
        mark = f"{self._mark}.{self._started}."
        transport, output = await asyncio.get_running_loop().subprocess_exec(
            lambda: _Output(on_line),
            "/bin/sh",
            "-c",
            _START,
            "sandbox",
            *argv,
            env={**environment, warden.MARK: mark},
            cwd=folder,
            start_new_session=True,
            pass_fds=files,
        )
        self._tell(f"+{transport.get_pid()}\n")
        child = Child(transport, output, mark, self._forget)
        self._children[child.pid] = child
        go = transport.get_pipe_transport(0)
        if isinstance(go, asyncio.WriteTransport):
            go.write(b"go\n")
            go.close()
        return child

    async def close(self, grace_seconds: float = 1.0) -> None:
        """End all children, then the warden."""
        self._closed = True
        await asyncio.gather(*(child.stop(grace_seconds) for child in list(self._children.values())))
        if self._warden is not None and self._warden.stdin is not None:
            self._warden.stdin.close()
            await asyncio.to_thread(self._warden.wait)
            self._warden = None

    def _forget(self, pid: int) -> None:
        self._children.pop(pid, None)
        self._tell(f"-{pid}\n")

    def _tell(self, line: str) -> None:
        if self._warden is None:
            self._warden = subprocess.Popen(
                [sys.executable, "-I", "-S", str(Path(warden.__file__)), f"{self._mark}."],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # whoever reads the sandbox's own must not have to wait for the warden
                env={},
                start_new_session=True,
            )
        if self._warden.stdin is not None:
            self._warden.stdin.write(line.encode())
            self._warden.stdin.flush()
