"""`python -m signoff_sandbox`: one line of addresses, a clean end, plain errors."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from support.planted import SERVICE, STATE
from support.sandbox import running_sandbox, start


def gone(pid: int) -> bool:
    """Whether nothing of that process group is left."""
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_cleanly_and_saves_the_state(tmp_path: Path, sent: signal.Signals, code: int) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps(STATE))
    process = start("up", "--state", str(path), "--data", str(tmp_path / "data"), start_new_session=True)
    assert process.stdout is not None
    addresses = json.loads(process.stdout.readline())
    assert set(addresses) == {"grpc", "http"}
    for address in addresses.values():
        host, port = address.split(":")
        assert host == "127.0.0.1"
        socket.create_connection((host, int(port)), timeout=5).close()
    path.unlink()
    process.send_signal(sent)
    output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, errors) == (code, "", "")
    assert json.loads(path.read_text())["services"] == STATE["services"]
    assert gone(process.pid)


def test_it_ends_when_its_parent_closes_the_pipe() -> None:
    with running_sandbox(STATE, "--log-lag", "1.5", project="acme") as sandbox:
        assert sandbox.request("GET", f"/v2/{SERVICE}").json() == STATE["services"][0]
        sandbox.fault("google.cloud.run.v2.Services/*", code="UNAVAILABLE", times=1)
        assert sandbox.request("GET", f"/v2/{SERVICE}").status_code == 503
        sandbox.clear_faults()
        assert sandbox.calls() == {"google.cloud.run.v2.Services/GetService": 2}
        sandbox.reset_calls()
        assert sandbox.state()["services"] == STATE["services"]
        assert sandbox.calls() == {}
        assert sandbox.environment == {"SIGNOFF_SANDBOX": sandbox.grpc}
    assert sandbox.process.returncode == 0


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    process = start(*arguments)
    output, errors = process.communicate(timeout=20)
    return subprocess.CompletedProcess(arguments, process.returncode, output, errors)


def test_a_wrong_state_file_is_named_without_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text('{"service": []}')
    ended = run("up", "--state", str(path))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"signoff sandbox: {path}: unknown key 'service'")
    assert len(ended.stderr.splitlines()) == 1
    assert path.read_text() == '{"service": []}', "a file that could not be loaded is not overwritten"


@pytest.mark.parametrize("option", ["--http-port", "--grpc-port"])
def test_a_port_that_is_taken_is_named_without_a_traceback(option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("up", option, str(port))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        f"signoff sandbox: cannot listen on 127.0.0.1:{port}: Address already in use; "
        f"{option} chooses another port, 0 any free one\n"
    )


@pytest.mark.parametrize(
    "arguments", [["up", "--grpc-port", "x"], ["up", "--http-port", "70000"], ["up", "--log-lag", "x"], ["down"], []]
)
def test_wrong_usage_ends_with_two(arguments: list[str]) -> None:
    ended = run(*arguments)
    assert ended.returncode == 2
    assert "usage:" in ended.stderr
    assert "value: " not in ended.stderr, "what is wrong is said, not which function refused it"


def test_env_prints_what_gcloud_needs(tmp_path: Path) -> None:
    with running_sandbox() as sandbox:
        port = sandbox.http.rpartition(":")[2]
        lines = run("env", "--http-port", port, "--project", "acme", "--config", str(tmp_path)).stdout.splitlines()
    trusted = (tmp_path / "sandbox.pem").read_text()
    assert trusted.startswith("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE" not in trusted
    assert f"export CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE={tmp_path / 'sandbox.pem'}" in lines
    assert f"export CLOUDSDK_PROXY_PORT={port}" in lines
    assert "export CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN=http://run.googleapis.com/" in lines
    assert "export CLOUDSDK_AUTH_ACCESS_TOKEN=sandbox" in lines
    assert "export CLOUDSDK_CORE_PROJECT=acme" in lines
    assert all(line.startswith("export CLOUDSDK_") for line in lines)


def test_env_without_a_running_sandbox_says_so() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        ended = run("env", "--http-port", str(port))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"signoff sandbox: no sandbox answers on 127.0.0.1:{port} (Connection refused)\n"
