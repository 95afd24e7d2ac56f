"""Probes ask a real port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from signoff_sandbox.runtime.instances import free_port, probe_until
from signoff_sandbox.runtime.probes import Probe
from support.pace import ManualPace, until

TCP, HTTP = Probe(timeout=0.2), Probe(path="/ready?x=1", headers={"x-probe": "1"}, timeout=5)


@asynccontextmanager
async def server(answer: bytes, port: int = 0) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Somebody who answers every connection with the same bytes; its port and what it was asked."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.read(4096)) if answer else b"")
        writer.write(answer)
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", port)
    async with listening:
        yield listening.sockets[0].getsockname()[1], asked


async def test_a_port_where_somebody_listens_is_alive() -> None:
    async with server(b"") as (port, _):
        assert await TCP.attempt(port)


async def test_a_port_where_nobody_listens_is_asked_until_the_timeout() -> None:
    assert not await TCP.attempt(free_port())


@pytest.mark.parametrize(
    ("answer", "well"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.0 302 Found\r\n\r\n", True),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", False),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", False),
        (b"nonsense\r\n", False),
        (b"\r\n", False),
    ],
)
async def test_a_status_below_400_is_health(answer: bytes, well: bool) -> None:
    async with server(answer) as (port, asked):
        assert await HTTP.attempt(port) is well
    request = asked[-1].decode()
    assert request.startswith("GET /ready?x=1 HTTP/1.1\r\n")
    assert "\r\nx-probe: 1\r\n" in request


async def test_a_probe_is_repeated_after_its_period_as_often_as_its_threshold_says() -> None:
    pace = ManualPace()
    probe = Probe(path="/", delay=3, timeout=5, period=7, threshold=2)
    async with server(b"HTTP/1.1 500 No\r\n\r\n") as (port, asked):
        probing = asyncio.create_task(probe_until(probe, port, pace))
        await pace.until_somebody_sleeps(3)
        assert not asked
        await pace.move(3)
        await pace.until_somebody_sleeps(7)
        await pace.move(7)
        assert await probing == 0
        assert len([one for one in asked if one]) == 2


async def test_the_number_of_the_attempt_that_succeeded_is_told() -> None:
    pace, port = ManualPace(), free_port()
    probing = asyncio.create_task(probe_until(Probe(timeout=0.05, period=5, threshold=3), port, pace))
    await until(lambda: bool(pace.sleepers()))
    async with server(b"", port):
        await pace.move(5)
        assert await probing == 2
