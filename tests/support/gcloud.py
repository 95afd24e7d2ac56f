"""Real `gcloud` with the sandbox as its proxy: `gcloud("run", "services", "list")`."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.sandbox import SERVER, Sandbox

MISSING = "gcloud is not installed"
REGION = "us-central1"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # gcloud colours what is no terminal too


def installed() -> bool:
    return shutil.which("gcloud") is not None


@dataclass(frozen=True)
class Ran:
    """How a command ended; gcloud talks on standard error and answers on standard output. Colours are left out."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Gcloud:
    """The command line with exactly the exports of `signoff_sandbox env`, and nothing else of a configuration."""

    sandbox: Sandbox
    environment: dict[str, str]
    folder: Path

    def __call__(self, *arguments: str, code: int = 0, stdin: str | None = None, cwd: Path | None = None) -> Ran:
        """Run it and hold the exit code to `code`."""
        done = subprocess.run(
            ["gcloud", *arguments],
            env=self.environment,
            cwd=cwd or self.folder,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        assert done.returncode == code, f"gcloud {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return Ran(done.returncode, _COLOURS.sub("", done.stdout), _COLOURS.sub("", done.stderr))

    def json(self, *arguments: str) -> Any:
        """What it answers with `--format=json`."""
        return json.loads(self(*arguments, "--format=json").out)


def connected(sandbox: Sandbox, folder: Path) -> Gcloud:
    """gcloud as somebody has it who typed `eval "$(signoff_sandbox env …)"` in a shell; `folder` is its own."""
    port = sandbox.http.rpartition(":")[2]
    printed = subprocess.run(
        [sys.executable, "-m", "signoff_sandbox", "env", "--http-port", port, "--config", str(folder / "config")],
        env=os.environ | {"PYTHONPATH": str(SERVER)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    exports = dict(word.split("=", 1) for word in shlex.split(printed) if word != "export")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLOUDSDK_", "GOOGLE_"))}
    return Gcloud(sandbox, kept | exports, folder)
