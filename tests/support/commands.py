"""The command line as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from support.sandbox import SERVER

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}},
    "PYTHONPATH": os.pathsep.join((str(SERVER), str(SERVER.parent / "templates"))),
    "PYTHONWARNINGS": "error",
    "COLUMNS": "100",
}


def argv(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "signoff", *arguments]


def ran(
    *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """`signoff ARGUMENTS`, as it ended."""
    return subprocess.run(
        argv(*arguments),
        cwd=cwd,
        env={**ENVIRONMENT, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
