"""A repository with a bare remote, and a sandbox that runs what it deploys: the world of the tests that act."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.sandbox import SERVER, Sandbox, running_sandbox

PROJECT = SERVER.parent / "templates" / "signoff_templates" / "demo" / "project"
SERVICE = "projects/demo/locations/us-central1/services/web"
JOB = "projects/demo/locations/us-central1/jobs/extractor"
_GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{role}_NAME": "Ada" for role in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{role}_EMAIL": "ada@example.com" for role in ("AUTHOR", "COMMITTER")},
}


@dataclass(frozen=True)
class World:
    """`clone`: where the work is done; `remote`: what builds clone; `state`: the ledger's folder."""

    clone: Path
    remote: Path
    state: Path
    sandbox: Sandbox

    @property
    def environment(self) -> dict[str, str]:
        """What a command of signoff needs to find this world."""
        return {**_GIT, "SIGNOFF_STATE": str(self.state), "SIGNOFF_SANDBOX": self.sandbox.grpc}

    def git(self, *arguments: str) -> str:
        return _run(["git", *arguments], self.clone)

    def commit(self, path: str, content: str, *, push: bool = True) -> str:
        """Commit a file's new content; the commit."""
        (self.clone / path).write_text(content, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", f"Change {path}")
        if push:
            self.git("push", "--quiet", "origin", "main")
        return self.git("rev-parse", "HEAD")

    def service(self) -> dict[str, Any]:
        """The service web as the sandbox has it."""
        return dict(next(entry for entry in self.sandbox.state()["services"] if entry["name"] == SERVICE))

    def change(self, **fields: Any) -> None:
        """Somebody else changes the service web, as it stands."""
        self.sandbox.plant({"services": [self.service() | fields]})

    def request(self, service: str, path: str, *, expected: int) -> None:
        """A request as a user sends it."""
        uri = next(s["uri"] for s in self.sandbox.state()["services"] if s["name"].endswith(f"/{service}"))
        try:
            with urllib.request.urlopen(uri + path, timeout=10) as answer:
                status = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
        assert status == expected

    def ship(self, *names: str) -> None:
        """What the team does without signoff: build the remote's main and deploy it."""
        _run([sys.executable, "deploy.py", *names], self.clone, SIGNOFF_SANDBOX=self.sandbox.grpc)


def run_in(folder: Path, *argv: str) -> str:
    """A command that has to succeed; what it said."""
    return _run(list(argv), folder)


def a_repository(folder: Path, project: Path = PROJECT) -> tuple[Path, Path]:
    """A clone of a project (by default the demo's) and its bare remote, everything pushed."""
    clone, remote = folder / "clone", folder / "remote.git"
    shutil.copytree(project, clone, ignore=shutil.ignore_patterns("__pycache__"))
    (clone / "gitignore").rename(clone / ".gitignore")
    _run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(remote)], folder)
    for arguments in (
        ["init", "--quiet", "--initial-branch=main"],
        ["remote", "add", "origin", str(remote)],
        ["add", "--all"],
        ["commit", "--quiet", "--message", "Report, analysis and extractor"],
        ["push", "--quiet", "--set-upstream", "origin", "main"],
    ):
        _run(["git", *arguments], clone)
    return clone, remote


@contextmanager
def a_world(folder: Path, *shipped: str, options: Sequence[str] = (), project: Path = PROJECT) -> Iterator[World]:
    """Everything pushed, and the named workloads running in the sandbox; `options` are the sandbox's own."""
    clone, remote = a_repository(folder, project)
    with running_sandbox(None, "--data", str(folder / "sandbox"), *options) as sandbox:
        world = World(clone, remote, folder / "state", sandbox)
        if shipped:
            world.ship(*shipped)
        yield world


def _run(argv: list[str], folder: Path, **more: str) -> str:
    done = subprocess.run(
        argv, cwd=folder, env=os.environ | _GIT | more, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()
