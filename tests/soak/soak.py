"""A long life of the sandbox in a few minutes: what it does must not pile up.

`python tests/soak/soak.py` runs the whole of it and prints what it measured; tests/sandbox/test_soak.py a small part.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx2

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.apps import obedient
from support.cloudrun import IMAGE, PLACE, PROJECT, Repository
from support.processes import Holding
from support.sandbox import Sandbox, running_sandbox

SERVICE = f"{PLACE}/services/web"
JOB = f"{PLACE}/jobs/nightly"
#: Share of requests that the second revision gets, and how far from it the count may be, in standard deviations.
SHARE, DEVIATIONS = 0.1, 4.0
#: MB that the sandbox may have grown by after the whole load, resources and log entries included..
MOST_GROWTH = 32.0
CONCURRENCY = 8


@dataclass(frozen=True)
class Load:
    deploys: int
    requests: int
    failures: int
    executions: int


WHOLE = Load(deploys=200, requests=2000, failures=50, executions=50)
WARM_UP = Load(deploys=20, requests=200, failures=5, executions=5)


@dataclass(frozen=True)
class Result:
    """What was measured: holdings after warm-up, after the load, and after everything was deleted."""

    warm: Holding
    loaded: Holding
    empty: Holding
    first: Holding
    second_share: int
    seconds: float

    def complaints(self, load: Load) -> list[str]:
        """What is not as it must be, in sentences; none if all is well."""
        wrong = []
        expected, spread = load.requests * SHARE, (load.requests * SHARE * (1 - SHARE)) ** 0.5
        if abs(self.second_share - expected) > DEVIATIONS * spread:
            wrong.append(f"{self.second_share} of {load.requests} requests went to the revision with {SHARE:.0%}")
        if self.loaded.memory - self.warm.memory > MOST_GROWTH:
            wrong.append(f"memory grew from {self.warm.memory:.1f} MB to {self.loaded.memory:.1f} MB")
        for what in ("children", "ports"):
            if getattr(self.empty, what) != getattr(self.first, what):
                wrong.append(f"{what}: {getattr(self.first, what)} at first, {getattr(self.empty, what)} at the end")
        if self.empty.files > self.first.files + 8:  # connections of clients that have just gone
            wrong.append(f"open files: {self.first.files} at first, {self.empty.files} at the end")
        return wrong


class Client:
    """Cloud Run over REST, one call at a time."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._http = httpx2.Client(
            base_url=f"http://{sandbox.http}", headers={"authorization": "Bearer sandbox"}, trust_env=False, timeout=60
        )

    def close(self) -> None:
        self._http.close()

    def call(self, verb: str, path: str, content: Any = None) -> dict[str, Any]:
        answer = self._http.request(verb, path, json=content)
        assert answer.status_code == 200, answer.text
        return cast(dict[str, Any], answer.json())

    def done(self, operation: dict[str, Any], version: str = "v2") -> dict[str, Any]:
        """The operation once it is done."""
        while not operation.get("done"):
            operation = self.call("GET", f"/{version}/{operation['name']}")
            time.sleep(0.01)
        return operation

    def build(self, repository: Repository, files: dict[str, str], tag: str) -> None:
        build = {
            "source": {"gitSource": {"url": str(repository.folder), "revision": repository.commit(files)}},
            "steps": [{"name": "gcr.io/cloud-builders/docker", "args": ["build", "-t", f"{IMAGE}:{tag}", "."]}],
            "images": [f"{IMAGE}:{tag}"],
        }
        done = self.done(self.call("POST", f"/v1/projects/{PROJECT}/builds", build), "v1")
        assert "error" not in done, done

    def deploy(self, tag: str, number: int, traffic: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        """A new revision of the service, which exists; the operation once it is done."""
        container = {"image": f"{IMAGE}:{tag}", "env": [{"name": "NUMBER", "value": str(number)}]}
        body: dict[str, Any] = {"name": SERVICE, "template": {"containers": [container]}}
        mask = "template"
        if traffic is not None:
            body["traffic"], mask = traffic, "template,traffic"
        return self.done(self.call("PATCH", f"/v2/{SERVICE}?updateMask={mask}", body))


def soak(load: Load, warm_up: Load, folder: Path, say: Callable[[str], None] = lambda _: None) -> Result:
    """Put the load on a new sandbox whose data lies in `folder`."""
    began = time.monotonic()
    with running_sandbox(None, "--data", str(folder / "data"), "--reconcile-seconds", "0", "--seed", "11") as sandbox:
        client, pid = Client(sandbox), sandbox.process.pid
        repository = Repository(folder / "repository")
        client.build(repository, obedient(), "good")
        client.build(repository, obedient() | {"main.py": "import sys\nsys.exit(3)\n"}, "bad")
        first = Holding.of(pid)
        say(f"at first         {first}")
        _create(client)
        _put(client, warm_up)
        warm = Holding.of(pid)
        say(f"after warm-up    {warm}")
        second = _put(client, load)
        loaded = Holding.of(pid)
        say(f"after the load   {loaded}")
        for name in (SERVICE, JOB):
            client.done(client.call("DELETE", f"/v2/{name}"))
        empty = _settled(pid, first)
        say(f"all deleted      {empty}")
        client.close()
    return Result(warm, loaded, empty, first, second, time.monotonic() - began)


def _create(client: Client) -> None:
    service = {"template": {"containers": [{"image": f"{IMAGE}:good"}]}, "invokerIamDisabled": True}
    client.done(client.call("POST", f"/v2/{PLACE}/services?serviceId=web", service))
    container = {"image": f"{IMAGE}:good", "command": ["true"]}
    job = {"template": {"template": {"containers": [container]}}}
    client.done(client.call("POST", f"/v2/{PLACE}/jobs?jobId=nightly", job))


def _put(client: Client, load: Load) -> int:
    """Put the load on; how many requests went to the revision with the smaller share."""
    latest = [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}]
    for number in range(load.deploys):
        done = client.deploy("good", number, latest)
        assert "error" not in done, done
    for number in range(load.failures):
        done = client.deploy("bad", number)
        assert "failed to start" in done["error"]["message"], done
    before = client.call("GET", f"/v2/{SERVICE}")["latestReadyRevision"].rpartition("/")[2]
    fixed = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
    split = [{"type": fixed, "revision": before, "percent": 90}, latest[0] | {"percent": 10}]
    service = client.deploy("good", load.deploys, split)["response"]
    answers = _ask(service["uri"], load.requests)
    with ThreadPoolExecutor(5) as threads:
        ended = threads.map(lambda _: client.done(client.call("POST", f"/v2/{JOB}:run", {})), range(load.executions))
        assert all("error" not in operation for operation in ended)
    return answers[service["latestReadyRevision"].rpartition("/")[2]]


def _ask(uri: str, number: int) -> Counter[str]:
    """Which revision answered how many requests."""
    with httpx2.Client(trust_env=False, timeout=60) as http, ThreadPoolExecutor(CONCURRENCY) as threads:
        return Counter(threads.map(lambda _: http.get(uri).text, range(number)))


def _settled(pid: int, wanted: Holding) -> Holding:
    """What the process holds once what was deleted is gone; at the latest after 20 seconds."""
    deadline = time.monotonic() + 20
    while True:
        holding = Holding.of(pid)
        if (holding.children, holding.ports) == (wanted.children, wanted.ports) or time.monotonic() > deadline:
            return holding
        time.sleep(0.05)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        result = soak(WHOLE, WARM_UP, Path(folder), print)
    print(
        json.dumps(
            {
                "seconds": round(result.seconds),
                "requests to the revision with 10 %": result.second_share,
                "growth after warm-up, MB": round(result.loaded.memory - result.warm.memory, 1),
                "most growth allowed, MB": MOST_GROWTH,
            }
        )
    )
    complaints = result.complaints(WHOLE)
    for complaint in complaints:
        print(f"WRONG: {complaint}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
