"""Asking a container whether it is well, as Cloud Run does.

https://cloud.google.com/run/docs/configuring/healthchecks
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from signoff_sandbox.runtime.listeners import HOST

AGAIN_SECONDS = 0.02
#: A status below 400 is health.
BAD_STATUS = 400


@dataclass(frozen=True, slots=True)
class Probe:
    """A TCP connection to the port, or an HTTP GET of `path` where one is given. Durations are seconds.

    `chosen`: somebody configured it; the default startup probe is named so in the logs.
    """

    path: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    timeout: float = 1.0
    period: float = 10.0
    threshold: int = 3
    chosen: bool = True

    @property
    def kind(self) -> str:
        return "TCP" if self.path is None else "HTTP"

    async def attempt(self, port: int) -> bool:
        """One attempt. A port where nobody listens yet is tried again until the timeout of the attempt."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.timeout):
                while True:
                    if await self._connects(port):
                        return self.path is None or await self._is_healthy(port, self.path)
                    await asyncio.sleep(AGAIN_SECONDS)
        return False

    async def _connects(self, port: int) -> bool:
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            return False
        writer.close()
        return True

    async def _is_healthy(self, port: int, path: str) -> bool:
        headers = {"host": f"{HOST}:{port}", "user-agent": "GoogleHC/1.0", "connection": "close"} | self.headers
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        try:
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write("\r\n".join(lines).encode("latin-1", "replace"))
            status = (await reader.readline()).split()[1:2]
            writer.close()
        except OSError:
            return False
        return bool(status) and status[0].isdigit() and int(status[0]) < BAD_STATUS


def times(number: int) -> str:
    return "1 time" if number == 1 else f"{number} times"
