"""The npm packages of the application, really installed, once for all runs of its user on this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

APPLICATION = Path(__file__).parent
MANIFEST = APPLICATION / "shipped" / "web" / "package.json"


class NotInstalled(Exception):
    """npm is there and could not install them, for instance without a network."""


def missing() -> str | None:
    """Why the application can not be built here, or None."""
    absent = [name for name in ("node", "npm") if shutil.which(name) is None]
    return f"{' and '.join(absent)} not on PATH, so the Next.js application is not built" if absent else None


def installed() -> Path:
    """The folder node_modules, kept under the versions of package.json. Raises NotInstalled."""
    versions = json.loads(MANIFEST.read_text("utf-8"))["dependencies"]
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "signoff-horizonlens"
    kept = base / "-".join(str(version) for _, version in sorted(versions.items()))
    if not kept.exists():
        base.mkdir(parents=True, exist_ok=True)
        fresh = Path(mkdtemp(dir=base))
        shutil.copy(MANIFEST, fresh)
        argv = ["npm", "install", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error"]
        ended = subprocess.run(argv, cwd=fresh, check=False, capture_output=True, text=True)
        if ended.returncode:
            shutil.rmtree(fresh)
            raise NotInstalled(f"npm can not install the packages of the Next.js application: {ended.stderr.strip()}")
        with suppress(OSError):  # another run was faster
            fresh.replace(kept)
        shutil.rmtree(fresh, ignore_errors=True)
    return kept / "node_modules"
