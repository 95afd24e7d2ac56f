"""The adapter of the way that users come in: real names, real certificates, no redirect followed, nothing kept.

An answer is a fact whatever its status; so is that none came (`Failure`). Each request has a connection of its own and
no cookie of an earlier one, as a first visitor has. The machine's proxies are used as a browser would; a sandbox sends
to this machine alone, so that the address of a recorded production is never asked.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from signoff.boundary import Boundary, Question
from signoff.model.facts import Known, Unknown, Why
from signoff.model.http import Failure, Outgoing, Response
from signoff.model.quoted import Quoted
from signoff.systems.http.failures import Unfit, failure_of

if TYPE_CHECKING:
    import ssl

AT_ONCE = 8
"""Requests that are under way at the same time, over all workloads."""
BODY = 256 * 1024
"""Bytes of a body that are read at most; what comes after is not waited for."""
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


class Http:
    """`only_loopback`: refuse every host that is not this machine."""

    def __init__(self, boundary: Boundary, *, only_loopback: bool = False) -> None:
        self._boundary = boundary
        self._only_loopback = only_loopback
        self._slots = asyncio.Semaphore(AT_ONCE)

    def prepare(self) -> None:
        """Load what a request is sent with, most of which loads with the first client. For a worker thread."""
        import httpx2

        httpx2.AsyncClient(verify=_unused() if self._only_loopback else self._certificates, trust_env=False)

    async def send(self, outgoing: Outgoing) -> Known[Response | Failure] | Unknown:
        """Send it once. `denied` where it may not be sent at all; what nobody answered is a Failure, never raised."""
        look = ("curl", "--include", *_method(outgoing.method), outgoing.url)
        question = Question("http", outgoing.method, outgoing.url, look)
        limit = self._boundary.policy.seconds

        async def fetch() -> dict[str, Any]:
            try:
                async with asyncio.timeout(limit):
                    return await self._exchange(outgoing)
            except Exception as error:
                failure = failure_of(error, limit)
                if failure is None:
                    raise
                return {"failure": failure}

        def why(error: Exception) -> Why | None:
            return "denied" if isinstance(error, Unfit) else None

        async with self._slots:
            return await self._boundary.ask(question, fetch, _read, why, seconds=limit + 1)

    async def _exchange(self, outgoing: Outgoing) -> dict[str, Any]:
        import httpx2

        await self._check(outgoing)
        headers = [*outgoing.headers]
        if outgoing.bearer is not None:
            headers.append(("Authorization", f"Bearer {outgoing.bearer.value}"))
        direct: dict[str, Any] = {f"all://{name}": None for name in _LOOPBACK_NAMES}
        async with (
            httpx2.AsyncClient(
                verify=self._certificates if outgoing.url.startswith("https:") else _unused(),
                trust_env=not self._only_loopback,
                mounts=direct,
                follow_redirects=False,
                timeout=None,  # one limit for the whole exchange, above
            ) as client,
            client.stream(outgoing.method, outgoing.url, headers=headers, content=outgoing.body) as answer,
        ):
            body = bytearray()
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > BODY:
                    break
            return {"status": answer.status_code, "headers": answer.headers.multi_items(), "body": bytes(body)}

    async def _check(self, outgoing: Outgoing) -> None:
        """Raises Unfit for what may not be sent, and OSError where the name can not be looked up."""
        parts = urlsplit(outgoing.url)
        host = parts.hostname or ""
        if outgoing.bearer is not None and parts.scheme != "https" and not await _is_this_machine(host):
            raise Unfit("an identity is sent over https alone")
        if self._only_loopback and not await _is_this_machine(host):
            raise Unfit("with a sandbox only this machine is asked")

    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        import httpx2

        return httpx2.create_ssl_context()


def _unused() -> ssl.SSLContext:
    """Where nothing is encrypted (and no redirect is followed) the certificates are not read: it takes a while."""
    import ssl

    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _read(raw: dict[str, Any]) -> Response | Failure:
    if "failure" in raw:
        failure: Failure = raw["failure"]
        return failure
    body = raw["body"]
    headers = tuple((name.lower(), Quoted(value)) for name, value in raw["headers"])
    return Response(raw["status"], headers, body[:BODY], cut=len(body) > BODY)


async def _is_this_machine(host: str) -> bool:
    """Whether every address of the host is a loopback one. Raises OSError where the name can not be looked up."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return bool(found) and all(ipaddress.ip_address(str(entry[4][0])).is_loopback for entry in found)


def _method(method: str) -> tuple[str, ...]:
    return () if method == "GET" else ("--request", method)
