from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from signoff.boundary import Boundary, Policy
from signoff.model.subject import Workload, WorkloadName
from signoff.systems import Systems
from support.answering import Server, answering
from support.logged import World, a_logged_world
from support.sandbox import Sandbox, running_sandbox
from support.smoked import Site
from support.world import World as Served
from support.world import a_world


@pytest.fixture(scope="session")
def log_sandbox() -> Iterator[Sandbox]:
    """Shared: each test has a project of its own in it."""
    with running_sandbox() as running:
        yield running


@pytest.fixture
async def world(log_sandbox: Sandbox) -> AsyncIterator[World]:
    async with a_logged_world(log_sandbox) as made:
        yield made


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, str]]:
    """A world that runs the service web, and that service's address."""
    with a_world(tmp_path_factory.mktemp("arrival"), "web") as made:
        yield made, str(made.service()["uri"])


@pytest.fixture
async def site(served: tuple[Served, str]) -> AsyncIterator[Site]:
    made, url = served
    systems = Systems(Boundary(Policy(seconds=10.0, tries=1)), made.clone, sandbox=made.sandbox.grpc, environment={})
    yield Site(made.sandbox, systems, Workload(WorkloadName("web"), "service", "web", ("web/**",)), url)
    await systems.close()
    made.sandbox.clear_faults()


@pytest.fixture
async def edge() -> AsyncIterator[Server]:
    """What stands in front, and answers as it is told."""
    async with answering() as server:
        yield server
