"""One sandbox in the test's own loop, with everything planted, and Google's channel to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import httpx2
import pytest

from signoff_sandbox import state
from signoff_sandbox.server import RunningSandbox, serve
from signoff_sandbox.settings import Settings
from support.google_clients import channel
from support.planted import STATE
from support.sandbox import TOKEN


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningSandbox]:
    sandbox = await serve(Settings(data=tmp_path / "data", reconcile_seconds=0))
    try:
        yield sandbox
    finally:
        await sandbox.close()


@pytest.fixture
async def planted(running: RunningSandbox) -> RunningSandbox:
    state.merge(running.cloud, STATE)
    return running


@pytest.fixture
async def connected(running: RunningSandbox) -> AsyncIterator[grpc.aio.Channel]:
    async with channel(running.grpc_address) as made:
        yield made


@pytest.fixture
async def http(running: RunningSandbox) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(
        base_url=f"http://{running.http_address}",
        headers={"authorization": f"Bearer {TOKEN}"},
        trust_env=False,
        timeout=20,
    ) as client:
        yield client
