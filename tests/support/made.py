"""What tests that have the sandbox as a process start from, made over REST: images from a repository, jobs, pools."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from support.cloudrun import IMAGE, PLACE, PROJECT, Repository
from support.sandbox import Sandbox

DOCKERFILE = 'FROM python:3.12\nWORKDIR /job\nCOPY . .\nENTRYPOINT ["python", "main.py"]\n'


def built(sandbox: Sandbox, folder: Path, program: str, tag: str) -> str:
    """Build an image that runs a Python program; its reference. `folder` must not exist."""
    repository = Repository(folder)
    commit = repository.commit({"Dockerfile": DOCKERFILE, "main.py": program})
    image = f"{IMAGE}:{tag}"
    build = {
        "source": {"gitSource": {"url": str(folder), "revision": commit}},
        "steps": [{"name": "gcr.io/cloud-builders/docker", "args": ["build", "-t", image, "."]}],
        "images": [image],
    }
    answer = sandbox.request("POST", f"/v1/projects/{PROJECT}/builds", build)
    assert answer.status_code == 200, answer.text
    identity = answer.json()["metadata"]["build"]["id"]
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        status = sandbox.request("GET", f"/v1/projects/{PROJECT}/builds/{identity}").json()["status"]
        if status == "SUCCESS":
            return image
        assert status in ("PENDING", "QUEUED", "WORKING"), status
        time.sleep(0.05)
    raise AssertionError(f"build {identity} did not end")


def created(sandbox: Sandbox, collection: str, name: str, template: dict[str, Any]) -> None:
    """Create a resource of Cloud Run v2, `jobs` or `workerPools`, and wait until it is ready."""
    query = {"jobs": "jobId", "workerPools": "workerPoolId"}[collection]
    answer = sandbox.request("POST", f"/v2/{PLACE}/{collection}?{query}={name}", {"template": template})
    assert answer.status_code == 200, answer.text
    done = sandbox.request("POST", f"/v2/{answer.json()['name']}:wait", {}).json()
    assert "response" in done, done
