from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from support.logged import World, a_logged_world
from support.sandbox import Sandbox, running_sandbox


@pytest.fixture(scope="session")
def log_sandbox() -> Iterator[Sandbox]:
    """Shared: each test has a project of its own in it."""
    with running_sandbox() as running:
        yield running


@pytest.fixture
async def world(log_sandbox: Sandbox) -> AsyncIterator[World]:
    async with a_logged_world(log_sandbox) as made:
        yield made
