"""A server in this process over a real repository, and clients of both protocol eras."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.world import a_repository

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
