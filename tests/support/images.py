"""Images that a running sandbox has really built, from a commit of a real repository."""

from __future__ import annotations

import time
from pathlib import Path

from support.cloudrun import PROJECT, Repository
from support.sandbox import Sandbox

REPOSITORY = f"us-central1-docker.pkg.dev/{PROJECT}/apps"
FINISHED = {"SUCCESS", "FAILURE", "INTERNAL_ERROR", "TIMEOUT", "CANCELLED", "EXPIRED"}


def build_image(sandbox: Sandbox, repository: Repository, files: dict[str, str], image: str) -> str:
    """Commit `files`, have Cloud Build make `image` of the commit, and answer its digest."""
    commit = repository.commit(files)
    build = {
        "source": {"gitSource": {"url": str(repository.folder), "revision": commit}},
        "steps": [{"name": "gcr.io/cloud-builders/docker", "args": ["build", "-t", image, "."]}],
        "images": [image],
    }
    builds = f"/v1/projects/{PROJECT}/builds"
    operation = sandbox.request("POST", builds, build).json()
    identifier = operation["metadata"]["build"]["id"]
    deadline = time.monotonic() + 60
    while (found := sandbox.request("GET", f"{builds}/{identifier}").json())["status"] not in FINISHED:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    assert found["status"] == "SUCCESS", found
    return str(found["results"]["images"][0]["digest"])


def repository_in(folder: Path) -> Repository:
    return Repository(folder / "repository")
