"""Install the official MCP Inspector and conformance suite into a cache folder outside of the tree.

Both are JavaScript of others: they run only in `make peers`, and nothing of signoff needs them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = ("node@22", "@modelcontextprotocol/inspector@2.12.0", "@modelcontextprotocol/conformance@0.1.16")


def cache() -> Path:
    """Named by the versions, so that an upgrade installs anew."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "signoff-peers" / "-".join(package.rpartition("@")[2] for package in PACKAGES)


def node() -> Path:
    return cache() / "node_modules" / "node" / "bin" / "node"


def program(name: str) -> Path:
    return cache() / "node_modules" / ".bin" / name


def missing() -> str | None:
    """Why the peers can not run here, or None."""
    if node().exists() and program("mcp-inspector").exists() and program("conformance").exists():
        return None
    if shutil.which("npm") is None:
        return "npm is not on PATH, so the MCP Inspector and the conformance suite are not installed"
    return "the MCP Inspector and the conformance suite are not installed: python tests/peers/install.py"


def main() -> int:
    """Exit code 0 also without npm: the tests then say why they are skipped."""
    if missing() is None or shutil.which("npm") is None:
        return 0
    cache().mkdir(parents=True, exist_ok=True)
    (cache() / "package.json").write_text('{"private": true}', encoding="utf-8")
    # node@22 fetches its program in an install script; npm of another major may ask before it runs any.
    argv = ["npm", "install", "--no-fund", "--no-audit", "--loglevel=error", *PACKAGES]
    return subprocess.run(argv, cwd=cache(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
