"""A service that really runs in a sandbox of its own process: `deploy(sandbox, folder, files)`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from support.cloudrun import IMAGE, PLACE, PROJECT, Repository
from support.sandbox import Sandbox

SECONDS = 30


def deploy(
    sandbox: Sandbox, folder: Path, files: Mapping[str, str], name: str = "web", **fields: Any
) -> dict[str, Any]:
    """Build `files` (from a new repository in `folder`) and create the service, or change it if it is there.

    Everybody may invoke it. `fields` are those of a service of Cloud Run v2. The answer is the service.
    """
    repository = Repository(Path(mkdtemp(dir=folder)) / name)
    commit = repository.commit(dict(files))
    image = f"{IMAGE.rpartition('/')[0]}/{name}:{commit}"
    build = {
        "source": {"gitSource": {"url": str(repository.folder), "revision": commit}},
        "steps": [{"name": "gcr.io/cloud-builders/docker", "args": ["build", "-t", image, "."]}],
        "images": [image],
    }
    finish(sandbox, "v1", done(sandbox.request("POST", f"/v1/projects/{PROJECT}/builds", build)))
    sandbox.plant(
        {
            "iamPolicies": {
                f"{PLACE}/services/{name}": {"bindings": [{"role": "roles/run.invoker", "members": ["allUsers"]}]}
            }
        }
    )
    service = {"template": {"containers": [{"image": image}]}, **fields}
    if sandbox.request("GET", f"/v2/{PLACE}/services/{name}").status_code == 404:
        started = sandbox.request("POST", f"/v2/{PLACE}/services?serviceId={name}", service)
    else:
        started = sandbox.request("PATCH", f"/v2/{PLACE}/services/{name}", service)
    finish(sandbox, "v2", done(started))
    return dict(done(sandbox.request("GET", f"/v2/{PLACE}/services/{name}")))


def requests_of(sandbox: Sandbox, name: str = "web") -> list[dict[str, Any]]:
    """The entries of a service's request log."""
    return [
        entry
        for entry in sandbox.state().get("logEntries", [])
        if entry["logName"].endswith("run.googleapis.com%2Frequests")
        and entry["resource"]["labels"]["service_name"] == name
    ]


def finish(sandbox: Sandbox, version: str, operation: dict[str, Any], seconds: float = SECONDS) -> None:
    """Wait for the end of an operation, which has to be a good one; it is then what the sandbox last said of it."""

    def over() -> bool:
        operation.update(done(sandbox.request("GET", f"/{version}/{operation['name']}")))
        return bool(operation.get("done"))

    until(over, seconds)
    assert "error" not in operation, operation["error"]


def until(holds: Callable[[], bool], seconds: float) -> None:
    """Look again and again, more and more seldom, until `holds()` is true; fails after `seconds`."""
    end, pause = time.monotonic() + seconds, 0.02
    while not holds():
        assert time.monotonic() < end, "it did not come to hold"
        time.sleep(pause)
        pause = min(pause * 1.2, 0.25)


def done(response: Any) -> Any:
    """What a request that has to succeed answered."""
    assert response.status_code == 200, response.text
    return response.json()
