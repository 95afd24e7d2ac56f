"""An HTTP endpoint on loopback that notes what it is asked and answers as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Endpoint:
    """`answers`: a status for each request in turn, the last one for all that follow; 0 is no answer at all.

    `requests` holds method and path, headers by lower-case name, and body of each.
    """

    url: str = ""
    answers: list[int] = field(default_factory=lambda: [200])
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.requests.append((line.rpartition(" ")[0], headers, body))
        self.asked.set()
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if status:
            writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
            await writer.drain()
            writer.close()
        else:
            await reader.read()  # until whoever asked gives up
            writer.close()


@asynccontextmanager
async def endpoint(*answers: int) -> AsyncIterator[Endpoint]:
    made = Endpoint(answers=list(answers) or [200])
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield made
