"""An HTTP server on loopback that gives recorded answers, and keeps what it was asked."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Asked:
    """One request as it came in; `headers`: names in small letters."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Server:
    """`answers`: raw HTTP/1.1 answers by path, or what makes one of a request; None: the connection is broken off."""

    port: int = 0
    scheme: str = "http"
    answers: dict[str, bytes | Callable[[Asked], bytes] | None] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"


def answer(status: str, *headers: str, body: str = "") -> bytes:
    """`answer("302 Found", "Location: /login")`"""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body.encode())}", "Connection: close", "", body]
    return "\r\n".join(lines).encode()


@asynccontextmanager
async def answering(
    answers: Mapping[str, bytes | Callable[[Asked], bytes] | None] | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    """A path that is not among `answers` is answered with the query-less one, else with an empty 404."""
    server = Server(scheme="https" if tls else "http", answers=dict(answers or {}))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await _read(reader)
        server.asked.append(asked)
        given = server.answers.get(asked.target, server.answers.get(asked.target.split("?")[0], answer("404 No")))
        if given is not None:
            writer.write(given(asked) if callable(given) else given)
            await writer.drain()

    async with listening(serve, tls) as server.port:
        yield server


@asynccontextmanager
async def listening(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A port at which the handler serves each connection; when this ends, so does every connection."""
    tasks: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(one(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # transports close in the loop's next turn


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, target, headers, body)
