"""Both wires of one sandbox, and a hand that plants faults."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import httpx2
import pytest

from signoff_sandbox.server import RunningSandbox
from support.either_wire import WIRES, EitherWire

Plant = Callable[..., Awaitable[None]]


@pytest.fixture(params=WIRES)
def wire(request: pytest.FixtureRequest, running: RunningSandbox, connected: grpc.aio.Channel) -> EitherWire:
    return EitherWire(request.param, connected, running.http_address)


@pytest.fixture
def plant(http: httpx2.AsyncClient) -> Plant:
    async def made(**fault: Any) -> None:
        answer = await http.post("/sandbox/faults", json=fault)
        assert answer.status_code == 200, answer.text

    return made
