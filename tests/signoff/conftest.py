"""A world that the tests of a file share: a repository, its remote, and a sandbox in which the service web runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.world import World, a_world


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, dict[str, Any]]]:
    """Starting a sandbox and shipping takes seconds, so it is done once a file; with the service as it was shipped."""
    with a_world(tmp_path_factory.mktemp("world"), "web") as made:
        yield made, made.service()


@pytest.fixture
def world(shipped: tuple[World, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The shared world with the first commit on the remote, the service as it was shipped, and a new ledger."""
    shared, first = shipped
    shared.sandbox.clear_faults()
    shared.sandbox.reset_calls()
    shared.change(**{key: first.get(key, {}) for key in ("annotations", "labels", "template", "traffic")})
    shared.git("reset", "--quiet", "--hard", shared.git("rev-list", "--max-parents=0", "HEAD"))
    shared.git("push", "--quiet", "--force", "origin", "main")
    made = replace(shared, state=tmp_path / "state")
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made
