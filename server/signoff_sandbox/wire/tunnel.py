"""CONNECT, answered by the sandbox itself: tunnels to storage.googleapis.com and REGION-run.googleapis.com end here.

gcloud reads the log of a build from `https://storage.googleapis.com/BUCKET/log-ID.txt`, and deploys worker pools over
gRPC to `REGION-run.googleapis.com:443`; no setting of it sends either elsewhere. Every other CONNECT goes on to the
application, which refuses it, so that nothing leaves the machine.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from signoff_sandbox.wire.certificate import RUN_HOSTS, STORAGE_HOST
from signoff_sandbox.wire.relay import Relay

_ASKED = re.compile(rb"CONNECT (?P<host>[a-z0-9.-]+):443 HTTP/1\.[01]\r\n")
_WORD = b"CONNECT "
_LONGEST_HEAD = 16 * 1024


def tunneling(context: Callable[..., ssl.SSLContext], grpc_address: Callable[[], str]) -> type[H11Protocol]:
    """uvicorn's HTTP protocol with these tunnels.

    `context` makes what TLS needs, for the protocols that it is given; `grpc_address` is where gRPC is spoken in
    plain text. Both are asked for when the first tunnel is.
    """

    class Protocol(H11Protocol):
        """One connection. Inside of a tunnel to storage it is another one of these, on top of TLS."""

        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self._again = (arguments, named)
            self._held = b""  # a request's head in the making, or what came before the connection stood
            self._plain = False  # no CONNECT of ours: uvicorn has it all
            self._tunnel: asyncio.Task[None] | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            held, self._held = self._held, b""
            if held:
                self.data_received(held)

        def data_received(self, data: bytes) -> None:
            if self._plain:
                super().data_received(data)
                return
            self._held += data
            if self.transport is None:
                return  # the end of a handshake brings data before `connection_made` is called
            if self._tunnel is not None:
                return
            whole = self._held.endswith(b"\r\n\r\n")
            host = _host(self._held) if whole else ""
            if host == STORAGE_HOST:
                self._tunnel = self.loop.create_task(self._to_storage())
            elif host in RUN_HOSTS:
                self._tunnel = self.loop.create_task(self._to_grpc())
            elif whole or not self._held.startswith(_WORD[: len(self._held)]) or len(self._held) > _LONGEST_HEAD:
                self._plain = True
                super().data_received(self._held)

        async def _to_storage(self) -> None:
            arguments, named = self._again
            inner = Protocol(*arguments, **named)
            secured = await self._secured(inner, context())
            if secured is not None:
                inner.connection_made(secured)

        async def _to_grpc(self) -> None:
            """gRPC inside of TLS goes to the sandbox's own port for it."""
            client = Relay()
            secured = await self._secured(client, context("h2"))
            if secured is None:
                return
            client.connection_made(secured)
            host, _, port = grpc_address().rpartition(":")
            try:
                _, server = await self.loop.create_connection(Relay, host, int(port))
            except OSError:  # the sandbox is going away
                secured.close()
                return
            client.join(server)

        async def _secured(self, inner: asyncio.Protocol, tls: ssl.SSLContext) -> Any:
            """Say that the tunnel stands and speak TLS in it; None if the client does not trust the certificate."""
            self.connections.discard(self)  # from here on it is the inner one's
            outer = self.transport
            outer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with suppress(OSError, ssl.SSLError):
                return await self.loop.start_tls(outer, inner, tls, server_side=True)
            outer.close()
            return None

    return Protocol


def _host(head: bytes) -> str:
    found = _ASKED.match(head)
    return found["host"].decode() if found else ""
