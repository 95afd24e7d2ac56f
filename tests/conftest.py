"""What tests of every part may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from support.postgres import Cluster, running_or_skipped

if settings.get_current_profile_name() == "default":  # with CI set, hypothesis has one of its own
    settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("untimed")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A real PostgreSQL, started when a test first asks for it; tests make databases and roles of their own in it."""
    with running_or_skipped() as cluster:
        yield cluster
