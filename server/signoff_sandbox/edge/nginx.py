"""nginx as a child of this process, with a configuration and a folder of its own."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from signoff_sandbox.runtime.process import Child, Processes

OLDEST = (1, 20)  # takes the place of its first messages from the command line (-e), so that no log of the system opens
PLACES = ("/usr/sbin", "/usr/local/sbin")  # not on everybody's PATH
GRACE_SECONDS = 2.0
_SEEN = re.compile(r"\[(?:error|crit|alert|emerg)\]")


class NginxMissing(Exception):
    """nginx is not installed, or too old."""


class NginxFailed(Exception):
    """nginx does not run; the message is its own."""


def find_nginx() -> Path:
    """The program. Raises NginxMissing."""
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), *PLACES])
    found = shutil.which("nginx", path=search)
    if found is None:
        raise NginxMissing("nginx is not installed: on Debian and Ubuntu, apt-get install nginx")
    said = subprocess.run([found, "-v"], capture_output=True, text=True, check=False).stderr
    version = re.search(r"nginx/(\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < OLDEST:
        raise NginxMissing(f"{found} is {said.strip() or 'no nginx'}: an edge needs 1.20 or newer")
    return Path(found)


class Nginx:
    """One running nginx. `sockets` listen already; nginx takes them over under the addresses that they have."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self._processes = Processes()
        self._child: Child | None = None
        self._said: list[str] = []

    @property
    def configuration(self) -> Path:
        return self._folder / "nginx.conf"

    async def start(self, sockets: Sequence[socket.socket]) -> None:
        """Raises OSError if the program cannot be started; whether it answers is not waited for."""
        for name in ("temp", "cache"):
            (self._folder / name).mkdir(exist_ok=True)
        for each in sockets:
            each.setblocking(False)  # else a worker waits for ever in accept() for a client that another one took
        self._child = await self._processes.start(
            self._argv(),
            # nginx's own way to hand listening sockets over, made for replacing the program:
            # https://nginx.org/en/docs/control.html#upgrade
            environment={"NGINX": "".join(f"{each.fileno()};" for each in sockets)},
            folder=self._folder,
            on_line=self._heard,
            files=[each.fileno() for each in sockets],
        )

    async def test(self) -> None:
        """Let nginx read its configuration. Raises NginxFailed with what it does not like."""
        process = await asyncio.create_subprocess_exec(
            *self._argv(), "-t", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={}, cwd=self._folder
        )
        _, said = await process.communicate()
        if process.returncode != 0:
            raise NginxFailed(said.decode(errors="replace").strip())

    def reload(self) -> None:
        """Tell nginx to read its configuration again."""
        assert self._child is not None, "started"
        os.kill(self._child.pid, signal.SIGHUP)

    async def ended(self) -> str:
        """Wait until nginx is gone; what it said last."""
        assert self._child is not None, "started"
        code = await self._child.wait()
        return "\n".join(self._said[-5:]) or f"nginx ended with exit code {code}"

    async def close(self) -> None:
        await self._processes.close(GRACE_SECONDS)

    def _argv(self) -> list[str]:
        return [str(self._program), "-e", "stderr", "-p", f"{self._folder}/", "-c", str(self.configuration)]

    def _heard(self, stream: str, line: bytes) -> None:  # noqa: ARG002 - a listener's signature
        text = line.decode(errors="replace")
        self._said = [*self._said[-20:], text]
        if _SEEN.search(text):
            print(f"nginx: {text}", file=sys.stderr)  # noqa: T201
