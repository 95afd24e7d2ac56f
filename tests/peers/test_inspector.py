"""The official MCP Inspector lists and calls the tools, in both protocol eras."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from support.server import STDIO, environment

SCHEMA_ERROR, TOOL_ERROR = 6, 5  # the Inspector's exit codes


def inspect(peers: ModuleType, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = environment(SIGNOFF_STATE=str(folder.parent / "state"))
    # The Inspector hands on what it is told to, and little else.
    handed_on = [part for name in ("PYTHONPATH", "SIGNOFF_STATE") for part in ("-e", f"{name}={env[name]}")]
    argv = [str(peers.node()), str(peers.program("mcp-inspector")), "--cli", *STDIO, *arguments, "--format", "json"]
    return subprocess.run(
        [*argv, *handed_on], cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_the_inspector_finds_no_fault_in_any_schema(peers: ModuleType, repository: Path, era: str) -> None:
    done = inspect(peers, repository, "--method", "tools/list", "--strict", "--protocol-era", era)
    assert done.returncode == 0, done.stderr
    names = [tool["name"] for tool in json.loads(done.stdout)["result"]["tools"]]
    assert {"check_pushed", "check_drift", "run_checklist", "deploy_service", "read_handoff"} <= set(names)


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_a_failed_check_is_a_result_for_the_inspector(peers: ModuleType, repository: Path, era: str) -> None:
    done = inspect(peers, repository, "--method", "tools/call", "--tool-name", "check_pushed", "--protocol-era", era)
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout)["result"]
    assert answer["structuredContent"]["schema"] == 1
    assert answer["structuredContent"]["verdict"] != "signed-off"


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_a_broken_call_is_an_error_for_the_inspector(peers: ModuleType, repository: Path, era: str) -> None:
    done = inspect(
        peers,
        repository,
        *("--method", "tools/call", "--tool-name", "check_pushed", "--tool-arg", 'workloads=["wbe"]'),
        *("--protocol-era", era),
    )
    assert done.returncode == TOOL_ERROR, done.stdout + done.stderr
    assert "Fix:" in done.stdout
