"""CONNECT, answered by the sandbox itself: a tunnel to storage.googleapis.com ends here, and there is no other.

gcloud reads the log of a build from `https://storage.googleapis.com/BUCKET/log-ID.txt`, which no setting of it
redirects. Every other CONNECT goes on to the application, which refuses it, so that nothing leaves the machine.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from signoff_sandbox.wire.certificate import HOST

_ASKED = f"CONNECT {HOST}:443 ".encode()
_LONGEST_HEAD = 16 * 1024


def tunneling(context: Callable[[], ssl.SSLContext]) -> type[H11Protocol]:
    """uvicorn's HTTP protocol with that tunnel; `context` is asked for when the first one is."""

    class Protocol(H11Protocol):
        """One connection. Inside of a tunnel it is another one of these, on top of TLS."""

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
            if not self._held.startswith(_ASKED[: len(self._held)]) or len(self._held) > _LONGEST_HEAD:
                self._plain = True
                super().data_received(self._held)
            elif self._held.endswith(b"\r\n\r\n") and self._tunnel is None:
                self._tunnel = self.loop.create_task(self._open())

        async def _open(self) -> None:
            self.connections.discard(self)  # from here on it is the inner one's
            arguments, named = self._again
            inner = Protocol(*arguments, **named)
            outer = self.transport
            outer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            try:
                secured = await self.loop.start_tls(outer, inner, context(), server_side=True)
            except (OSError, ssl.SSLError):  # the client does not trust the certificate, or went away
                outer.close()
                return
            if secured is not None:
                inner.connection_made(secured)

    return Protocol
