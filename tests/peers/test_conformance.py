"""The official conformance suite, over HTTP on loopback: the scenarios that need no fixture tools."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from support.server import environment, http_server

SCENARIOS = (
    "server-initialize",
    "ping",
    "tools-list",
    "tools-call-error",
    "resources-list",
    "prompts-list",
    "completion-complete",
    "dns-rebinding-protection",
)


@pytest.fixture
def url(repository: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with http_server(port, repository, environment(SIGNOFF_STATE=str(repository.parent / "state"))) as served:
        yield served


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_server_conforms(peers: ModuleType, url: str, scenario: str, tmp_path: Path) -> None:
    argv = [str(peers.node()), str(peers.program("conformance")), "server", "--url", url, "--scenario", scenario]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
