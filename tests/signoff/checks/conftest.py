"""Estates: a sandbox that a file's tests share, each with a project and a repository of its own; and clones alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from support.estate import Estate
from support.local_chain import project_at
from support.postgres import Cluster, running_or_skipped
from support.replays import World
from support.repositories import Clone, project
from support.sandbox import Sandbox, running_sandbox
from support.schema import UPSERT


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def estate(shared_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Estate:
    """One pushed commit, and nothing built or deployed yet."""
    monkeypatch.setenv("SIGNOFF_STATE", str(tmp_path / "state"))
    shared_sandbox.clear_faults()
    shared_sandbox.reset_calls()
    return Estate(shared_sandbox, f"p-{uuid4().hex[:12]}", project(tmp_path / "repository"))


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    return project_at(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def shadows() -> Iterator[Cluster]:
    """The server on which shadow databases are made: another one than that of the judged database."""
    with running_or_skipped() as cluster:
        yield cluster


@pytest.fixture
def world(clone: Clone, postgres: Cluster, shadows: Cluster) -> World:
    clone.commit({"web/store.py": UPSERT})
    return World(clone, postgres, shadows)
