"""However a sandbox ends, nothing that it started is left."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import httpx2
import pytest

from support.cloudrun import IMAGE, PLACE, PROJECT, Repository, app
from support.sandbox import Sandbox, start


def gone(pid: int, within: float = 8.0) -> bool:
    """Whether the process ends; a zombie has ended."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def wait_done(sandbox: Sandbox, path: str) -> dict[str, object]:
    """Wait for an operation over REST."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        answer = sandbox.request("GET", path).json()
        if answer.get("done"):
            assert "error" not in answer, answer
            return answer
        time.sleep(0.02)
    raise AssertionError(f"{path} did not end")


FAMILY = "import os, subprocess\nprint('PID', os.getpid(), subprocess.Popen(['sleep', '300']).pid, flush=True)\n"


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_sandbox_that_ends_takes_its_processes_along(tmp_path: Path, end: signal.Signals) -> None:
    repository = Repository(tmp_path / "repository")
    files = app("one")
    commit = repository.commit({**files, "main.py": FAMILY + files["main.py"]})
    process = start("up", "--data", str(tmp_path / "data"), "--reconcile-seconds", "0")
    try:
        assert process.stdout is not None
        sandbox = Sandbox(**json.loads(process.stdout.readline()), process=process)
        build = {
            "source": {"gitSource": {"url": str(repository.folder), "revision": commit}},
            "steps": [{"name": "gcr.io/cloud-builders/docker", "args": ["build", "-t", f"{IMAGE}:1", "."]}],
            "images": [f"{IMAGE}:1"],
        }
        started = sandbox.request("POST", f"/v1/projects/{PROJECT}/builds", build).json()
        wait_done(sandbox, f"/v1/{started['name']}")
        service = {"template": {"containers": [{"image": f"{IMAGE}:1"}]}, "invokerIamDisabled": True}
        started = sandbox.request("POST", f"/v2/{PLACE}/services?serviceId=web", service).json()
        done = wait_done(sandbox, f"/v2/{started['name']}")
        uri = done["response"]["uri"]  # type: ignore[index]
        with httpx2.Client(trust_env=False) as client:
            assert client.get(uri).status_code == 200
        lines = [entry.get("textPayload", "") for entry in sandbox.state()["logEntries"]]
        pids = [int(pid) for line in lines if line.startswith("PID") for pid in line.split()[1:]]
        assert len(pids) == 2
        assert all(os.path.exists(f"/proc/{pid}") for pid in pids)
        process.send_signal(end)
        assert process.wait(timeout=15) == {signal.SIGKILL: -9, signal.SIGTERM: 0, signal.SIGINT: 130}[end]
        assert all(gone(pid) for pid in pids)
    finally:
        process.kill()
        _, errors = process.communicate()
    assert "Traceback" not in errors, errors
