"""What the peers need: their programs, or a visible reason why not; a repository to serve."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType

import pytest


def _install() -> ModuleType:
    spec = importlib.util.spec_from_file_location("peers_install", Path(__file__).with_name("install.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def peers() -> ModuleType:
    install = _install()
    reason = install.missing()
    if reason:
        pytest.skip(reason)
    return install


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with a signoff.toml and a service."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "signoff.toml").write_text(
        '[targets.production]\nproject = "demo"\nregions = ["us-central1"]\nbranch = "main"\n\n'
        '[workloads.web]\nkind = "service"\nbuild = { config = "cloudbuild.yaml" }\n',
        encoding="utf-8",
    )
    (folder / "cloudbuild.yaml").write_text("steps:\n- name: gcr.io/cloud-builders/docker\n", encoding="utf-8")
    for argv in (
        ["git", "init", "--quiet", "--initial-branch=main"],
        ["git", "add", "--all"],
        ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "--quiet", "-m", "First"],
    ):
        subprocess.run(argv, cwd=folder, check=True)
    return folder
