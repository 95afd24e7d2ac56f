"""One request on its way to an instance and back, streamed in both directions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2

Scope = dict[str, Any]
Headers = list[tuple[bytes, bytes]]

# https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)


class Unreachable(Exception):
    """The instance broke off before it had answered."""


class NotListening(Exception):
    """Nobody listens; nothing of the request was sent."""


def end_to_end(headers: Headers) -> Headers:
    """Without the headers that concern one connection only."""
    return [(name, value) for name, value in headers if name.lower() not in HOP_BY_HOP]


class Proxy:
    """A pool of connections to instances."""

    def __init__(self) -> None:
        self._client = httpx2.AsyncClient(
            timeout=None,  # the request timeout of the revision is kept by the caller
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
            trust_env=False,
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def forward(
        self, scope: Scope, receive: Any, send: Any, *, port: int, added: Headers, answer: Headers
    ) -> int:
        """Send the request to 127.0.0.1:`port` with headers `added`, and its response back with headers `answer`.

        Returns the bytes of the response's body. Raises NotListening, and Unreachable if no response began.
        """
        body_read = asyncio.Event()
        names = {name.lower() for name, _ in added}
        headers = [(name, value) for name, value in end_to_end(scope["headers"]) if name.lower() not in names]
        has_body = any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])
        target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        request = httpx2.Request(
            scope["method"],
            httpx2.URL(scheme="http", host="127.0.0.1", port=port, raw_path=target),
            headers=[*headers, *added],
            content=_body(receive, body_read) if has_body else None,
        )
        if not has_body:
            body_read.set()
        try:
            response = await self._client.send(request, stream=True)
        except httpx2.ConnectError as error:
            raise NotListening(str(error)) from error
        except httpx2.TransportError as error:
            raise Unreachable(str(error)) from error
        gone = asyncio.create_task(_client_gone(receive, body_read))
        sending = asyncio.create_task(_send_back(response, send, answer))
        try:
            await asyncio.wait([gone, sending], return_when=asyncio.FIRST_COMPLETED)
            return sending.result() if sending.done() else 0
        finally:
            for task in (gone, sending):
                task.cancel()
            await asyncio.gather(gone, sending, return_exceptions=True)
            await response.aclose()


async def _body(receive: Any, body_read: asyncio.Event) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        if message.get("body"):
            yield message["body"]
        if not message.get("more_body", False):
            body_read.set()
            return


async def _client_gone(receive: Any, body_read: asyncio.Event) -> None:
    """Ends when the client hangs up; an endless response would go on for nobody otherwise."""
    await body_read.wait()
    while (await receive())["type"] != "http.disconnect":
        continue


async def _send_back(response: httpx2.Response, send: Any, answer: Headers) -> int:
    own = {name.lower() for name, _ in answer}
    headers = [(name, value) for name, value in end_to_end(response.headers.raw) if name.lower() not in own]
    await send({"type": "http.response.start", "status": response.status_code, "headers": [*headers, *answer]})
    size = 0
    try:
        async for chunk in response.aiter_raw():
            size += len(chunk)
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    except httpx2.TransportError:  # the instance died in the middle: the client sees a body that is cut short
        return size
    await send({"type": "http.response.body", "body": b""})
    return size
