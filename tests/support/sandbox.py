"""A sandbox as its own process, for any test: `with running_sandbox() as sandbox: …`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

SERVER = Path(__file__).resolve().parents[2] / "server"
TOKEN = "sandbox"


@dataclass(frozen=True)
class Sandbox:
    """Addresses of a running sandbox (`127.0.0.1:port`) and its controls."""

    grpc: str
    http: str
    process: subprocess.Popen[str]

    @property
    def environment(self) -> dict[str, str]:
        """What sends the product's Google clients here."""
        return {"SIGNOFF_SANDBOX": self.grpc}

    def request(self, verb: str, path: str, content: Any = None, token: str = TOKEN) -> httpx2.Response:
        """One HTTP request with the sandbox's token; `content` goes out as JSON."""
        headers = {"authorization": f"Bearer {token}"}
        with httpx2.Client(trust_env=False, timeout=30, verify=False) as client:
            return client.request(verb, f"http://{self.http}{path}", headers=headers, json=content)

    def plant(self, state: Mapping[str, Any]) -> None:
        """Merge entries into the state: {"services": [...], "faults": [...], …}, Google's own REST JSON."""
        self._done(self.request("POST", "/sandbox/state", dict(state)))

    def state(self) -> dict[str, Any]:
        return self._done(self.request("GET", "/sandbox/state"))

    def calls(self) -> dict[str, int]:
        """Method (`google.cloud.run.v2.Services/ListServices`) -> number of calls since start or reset."""
        return self._done(self.request("GET", "/sandbox/calls"))

    def reset_calls(self) -> None:
        self._done(self.request("POST", "/sandbox/calls:reset"))

    def fault(self, method: str, **effect: Any) -> None:
        """Plant a fault: `fault("google.cloud.run.v2.Services/*", code="UNAVAILABLE", times=1)`."""
        self._done(self.request("POST", "/sandbox/faults", {"method": method, **effect}))

    def clear_faults(self) -> None:
        self._done(self.request("DELETE", "/sandbox/faults"))

    @staticmethod
    def _done(response: httpx2.Response) -> Any:
        assert response.status_code == 200, response.text
        return response.json()


def start(*arguments: str, **popen: Any) -> subprocess.Popen[str]:
    """The command line of the sandbox as a process; its first line has not been read yet."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "signoff_sandbox", *arguments],
        env=os.environ | {"PYTHONPATH": str(SERVER)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        **popen,
    )


@contextmanager
def running_sandbox(
    state: Mapping[str, Any] | None = None, *arguments: str, project: str = "demo"
) -> Iterator[Sandbox]:
    """Start `signoff_sandbox up ARGUMENTS`, plant `state`, and end it after the block."""
    process = start("up", "--until-stdin-closes", "--project", project, *arguments)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else "no answer"
        sandbox = Sandbox(**json.loads(line), process=process)
        if state:
            sandbox.plant(state)
        yield sandbox
    finally:
        try:
            _, errors = process.communicate(timeout=20)  # closes stdin, which ends the sandbox
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
    assert process.returncode == 0, errors
    assert "Traceback" not in errors, errors
