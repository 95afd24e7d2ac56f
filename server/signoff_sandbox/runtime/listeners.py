"""Loopback addresses of services and tags: one listener each, since web-abc.run.app resolves to nowhere."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

HOST = "127.0.0.1"
BACKLOG = 512


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the sandbox, not to each of its listeners."""
        yield


class Listeners:
    """Open addresses by name; each is served by an ASGI application of its own."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[int, _Server, asyncio.Task[None]]] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def open(self, name: str, application: Any, port: int = 0) -> str:
        """Listen for `name` and return its URL; the one it has if it is open. OSError if the port is taken."""
        if name not in self._open:
            listening = listen(port)
            port = listening.getsockname()[1]
            config = uvicorn.Config(
                application,
                log_config=None,
                access_log=False,
                proxy_headers=False,  # whoever connects is the client, whatever he says
                lifespan="off",
                ws="none",
                http="h11",
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=1,
            )
            server = _Server(config)
            task = asyncio.get_running_loop().create_task(server.serve(sockets=[listening]))
            self._open[name] = (port, server, task)
        return f"http://{HOST}:{self._open[name][0]}"

    async def close(self, name: str) -> None:
        """Stop listening for `name`, if it does."""
        found = self._open.pop(name, None)
        if found is not None:
            _, server, task = found
            server.should_exit = True
            await task

    async def retire(self, name: str) -> None:
        """Stop listening for `name` at once; answers under way go on, and are waited for at the end of all.

        uvicorn takes two tenths of a second to close, for which traffic that moves would have to wait.
        """
        found = self._open.get(name)
        if found is None or not found[1].started:
            await self.close(name)
            return
        _, server, task = self._open.pop(name)
        server.should_exit = True
        for listening in server.servers:
            listening.close()
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def names(self) -> list[str]:
        return list(self._open)

    def ports(self) -> dict[str, int]:
        """Name -> port on loopback."""
        return {name: port for name, (port, _, _) in self._open.items()}

    async def close_all(self) -> None:
        await asyncio.gather(*(self.close(name) for name in self.names()), *self._ending)


def listen(port: int) -> socket.socket:
    """A listening loopback socket. OSError if the port is taken.

    The protocol is named because asyncio turns Nagle's algorithm off only where it is: 40 ms a response otherwise.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening
