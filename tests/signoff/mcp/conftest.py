"""A server in this process over a real repository, and clients of both protocol eras."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.world import World, a_repository, a_world

ERAS = ["auto", "legacy"]
"""`auto` meets the stateless revision; `legacy` shakes hands."""


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone whose remote is there and whose Google Cloud is not: its address answers nothing."""
    clone, _ = a_repository(tmp_path)
    monkeypatch.setenv("SIGNOFF_SANDBOX", "127.0.0.1:9")
    monkeypatch.setenv("SIGNOFF_STATE", str(tmp_path / "state"))
    return clone


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A clone with a sandbox in which the service web runs."""
    with a_world(tmp_path, "web") as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        yield made
