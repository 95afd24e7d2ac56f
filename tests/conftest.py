"""What tests of every part may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.postgres import Cluster, running_or_skipped


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A real PostgreSQL, started when a test first asks for it; tests make databases and roles of their own in it."""
    with running_or_skipped() as cluster:
        yield cluster
