"""signoff's MCP server as a process of its own, as a client starts it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2

ROOT = Path(__file__).resolve().parents[2]
STDIO = (sys.executable, "-m", "signoff", "serve")
HTTP = (*STDIO, "--transport", "http", "--port")


def environment(**more: str) -> dict[str, str]:
    """This process's environment, with the source tree found first."""
    path = os.pathsep.join([str(ROOT / "server"), str(ROOT / "templates")])
    return os.environ | {"PYTHONPATH": path} | more


@contextmanager
def http_server(port: int, folder: Path, env: Mapping[str, str]) -> Iterator[str]:
    """The URL of a server over HTTP on loopback; it is ended after the block."""
    process = subprocess.Popen(
        [*HTTP, str(port)], cwd=folder, env=dict(env), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 20
    with httpx2.Client(trust_env=False) as client:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                client.get(f"http://127.0.0.1:{port}/")
            except httpx2.TransportError:
                time.sleep(0.05)
            else:
                return
    raise AssertionError("the server did not answer")
