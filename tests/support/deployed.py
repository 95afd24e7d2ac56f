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
    _finish(sandbox, "v1", _done(sandbox.request("POST", f"/v1/projects/{PROJECT}/builds", build)))
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
    _finish(sandbox, "v2", _done(started))
    return dict(_done(sandbox.request("GET", f"/v2/{PLACE}/services/{name}")))


def requests_of(sandbox: Sandbox, name: str = "web") -> list[dict[str, Any]]:
    """The entries of a service's request log."""
    return [
        entry
        for entry in sandbox.state().get("logEntries", [])
        if entry["logName"].endswith("run.googleapis.com%2Frequests")
        and entry["resource"]["labels"]["service_name"] == name
    ]


def _finish(sandbox: Sandbox, version: str, operation: dict[str, Any]) -> None:
    def over() -> bool:
        operation.update(_done(sandbox.request("GET", f"/{version}/{operation['name']}")))
        return bool(operation.get("done"))

    _until(over)
    assert "error" not in operation, operation["error"]


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, "it did not come to hold"
        time.sleep(0.02)


def _done(response: Any) -> Any:
    assert response.status_code == 200, response.text
    return response.json()
