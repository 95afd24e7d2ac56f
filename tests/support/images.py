"""Images for tests that have the sandbox as a process: built there, from a repository, over REST."""

from __future__ import annotations

import time
from pathlib import Path

from support.cloudrun import IMAGE, PROJECT, Repository
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
