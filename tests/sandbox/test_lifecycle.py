"""However a sandbox ends, nothing that it started is left."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

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


def wait_done(sandbox: Sandbox, path: str) -> dict[str, Any]:
    """Wait for an operation over REST."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        answer = sandbox.request("GET", path).json()
        if answer.get("done"):
            assert "error" not in answer, answer
            return cast(dict[str, Any], answer)
        time.sleep(0.02)
    raise AssertionError(f"{path} did not end")


FAMILY = """\
import os, subprocess
daemon = subprocess.Popen(["sleep", "300"], start_new_session=True)
print("PID", os.getpid(), subprocess.Popen(["sleep", "300"]).pid, daemon.pid, flush=True)
"""


def is_open(address: str) -> bool:
    """Whether somebody listens at 127.0.0.1:PORT, or at a URL of that."""
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


@contextmanager
def running(*arguments: str) -> Iterator[Sandbox]:
    """A sandbox of its own that the test ends; nothing that it writes to its error output is a traceback."""
    process = start("up", *arguments)
    try:
        assert process.stdout is not None
        yield Sandbox(**json.loads(process.stdout.readline()), process=process)
    finally:
        process.kill()
        _, errors = process.communicate()
    assert "Traceback" not in errors, errors


def build(sandbox: Sandbox, folder: Path, files: dict[str, str]) -> None:
    """Commit files to a new repository and build them as IMAGE:1."""
    repository = Repository(folder)
    commit = repository.commit(files)
    wanted = {
        "source": {"gitSource": {"url": str(repository.folder), "revision": commit}},
        "steps": [{"name": "gcr.io/cloud-builders/docker", "args": ["build", "-t", f"{IMAGE}:1", "."]}],
        "images": [f"{IMAGE}:1"],
    }
    started = sandbox.request("POST", f"/v1/projects/{PROJECT}/builds", wanted).json()
    wait_done(sandbox, f"/v1/{started['name']}")


SERVICE = {"template": {"containers": [{"image": f"{IMAGE}:1"}]}, "invokerIamDisabled": True}


def deploy(sandbox: Sandbox) -> dict[str, Any]:
    """Create the service; the operation that does so."""
    answer = sandbox.request("POST", f"/v2/{PLACE}/services?serviceId=web", SERVICE)
    assert answer.status_code == 200, answer.text
    return cast(dict[str, Any], answer.json())


def ask(uri: str) -> str:
    with httpx2.Client(trust_env=False) as client:
        answer = client.get(uri)
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_sandbox_that_ends_takes_its_processes_and_ports_along(tmp_path: Path, end: signal.Signals) -> None:
    with running("--data", str(tmp_path / "data"), "--reconcile-seconds", "0") as sandbox:
        build(sandbox, tmp_path / "repository", app("one") | {"main.py": FAMILY + app("one")["main.py"]})
        uri = wait_done(sandbox, f"/v2/{deploy(sandbox)['name']}")["response"]["uri"]
        assert ask(uri)
        lines = [entry.get("textPayload", "") for entry in sandbox.state()["logEntries"]]
        pids = [int(pid) for line in lines if line.startswith("PID") for pid in line.split()[1:]]
        assert len(pids) == 3
        assert all(os.path.exists(f"/proc/{pid}") for pid in pids)
        sandbox.process.send_signal(end)
        assert sandbox.process.wait(timeout=15) == {signal.SIGKILL: -9, signal.SIGTERM: 0, signal.SIGINT: 130}[end]
        assert all(gone(pid) for pid in pids)
        assert not any(is_open(address) for address in (sandbox.grpc, sandbox.http, uri))


def test_a_sandbox_that_was_killed_comes_back_with_the_same_answers(tmp_path: Path) -> None:
    arguments = ("--state", str(tmp_path / "state.json"), "--data", str(tmp_path / "data"), "--reconcile-seconds", "0")
    with running(*arguments) as sandbox:
        build(sandbox, tmp_path / "repository", app("one"))
        uri = wait_done(sandbox, f"/v2/{deploy(sandbox)['name']}")["response"]["uri"]
        job = {"template": {"template": {"containers": [{"image": f"{IMAGE}:1", "command": ["true"]}]}}}
        created = sandbox.request("POST", f"/v2/{PLACE}/jobs?jobId=nightly", job).json()
        wait_done(sandbox, f"/v2/{created['name']}")
        started = sandbox.request("POST", f"/v2/{PLACE}/jobs/nightly:run", {}).json()
        wait_done(sandbox, f"/v2/{started['name']}")
        said = ask(uri)
        sandbox.fault("google.cloud.run.v2.Jobs/GetJob", code="UNAVAILABLE", times=3)
        assert sandbox.request("GET", f"/v2/{PLACE}/jobs/nightly").status_code == 503
        before = sandbox.state()
        sandbox.process.kill()
        sandbox.process.wait()
    with running(*arguments) as sandbox:
        assert sandbox.state() == before
        assert before["faults"][0]["times"] == 2
        assert ask(uri) == said
        later = sandbox.state()
        assert {key: later[key] for key in before if key != "logEntries"} == {
            key: before[key] for key in before if key != "logEntries"
        }
        assert later["logEntries"][: len(before["logEntries"])] == before["logEntries"]
        assert not list((tmp_path / "data").glob("task-*"))


def test_what_a_killed_sandbox_had_begun_goes_on(tmp_path: Path) -> None:
    arguments = ("--state", str(tmp_path / "state.json"), "--data", str(tmp_path / "data"))
    with running(*arguments, "--reconcile-seconds", "0") as sandbox:
        build(sandbox, tmp_path / "repository", app("one"))
    with running(*arguments, "--reconcile-seconds", "3600") as sandbox:
        operation = deploy(sandbox)["name"]
        assert sandbox.state()["services"][0]["reconciling"] is True
        sandbox.process.kill()
        sandbox.process.wait()
    with running(*arguments, "--reconcile-seconds", "0") as sandbox:
        done = wait_done(sandbox, f"/v2/{operation}")["response"]
        assert done["name"] == f"{PLACE}/services/web"
        assert not done.get("reconciling")
        assert ask(done["uri"]).startswith("one ")


def test_an_execution_that_was_running_is_known_to_have_failed(tmp_path: Path) -> None:
    arguments = ("--state", str(tmp_path / "state.json"), "--data", str(tmp_path / "data"), "--reconcile-seconds", "0")
    with running(*arguments) as sandbox:
        build(sandbox, tmp_path / "repository", app("one"))
        job = {"template": {"template": {"containers": [{"image": f"{IMAGE}:1", "command": ["sleep", "300"]}]}}}
        created = sandbox.request("POST", f"/v2/{PLACE}/jobs?jobId=nightly", job).json()
        wait_done(sandbox, f"/v2/{created['name']}")
        operation = sandbox.request("POST", f"/v2/{PLACE}/jobs/nightly:run", {}).json()["name"]
        deadline = time.monotonic() + 20
        while not sandbox.state()["executions"][0].get("runningCount"):
            assert time.monotonic() < deadline
        sandbox.process.kill()
        sandbox.process.wait()
    with running(*arguments) as sandbox:
        ended = sandbox.request("GET", f"/v2/{operation}").json()
        assert ended["error"]["message"] == "The sandbox ended while this was being carried out."
        execution = sandbox.state()["executions"][0]
        assert execution["completionTime"]
        assert (execution.get("runningCount", 0), execution["failedCount"]) == (0, 1)
        completed = next(one for one in execution["conditions"] if one["type"] == "Completed")
        assert (completed["state"], completed["message"]) == ("CONDITION_FAILED", ended["error"]["message"])


def test_a_second_sandbox_does_not_touch_the_files_of_the_first(tmp_path: Path) -> None:
    state = str(tmp_path / "state.json")
    with running("--state", state) as sandbox:
        assert sandbox.state() == {}
        second = start("up", "--state", state)
        _, errors = second.communicate(timeout=20)
    assert second.returncode == 1
    assert errors == f"signoff sandbox: {state}: another sandbox is using it\n"
