"""How fast signoff starts, beside the least that it could cost, interleaved in one run. Prints medians and ratios.

    python tests/benchmarks/startup.py [ROUNDS]

Ratios are what counts: `serve` to its first answer at most 1.15 of a bare MCPServer, `--help` at most 2.5 of Python.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HELLO = """
from mcp.server import MCPServer
server = MCPServer("hello")
@server.tool()
def hello(name: str) -> str:
    '''Say hello.'''
    return name
server.run()
"""
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "benchmark", "version": "1"},
    },
}
SERVE_LIMIT, HELP_LIMIT = 1.15, 2.5


def until_answer(argv: list[str], folder: str, env: dict[str, str]) -> float:
    """Seconds from the start of the process to its answer to `initialize`."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        argv, cwd=folder, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(INITIALIZE).encode() + b"\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    taken = time.perf_counter() - begun
    process.communicate(timeout=20)
    assert json.loads(answer)["result"]["serverInfo"], answer
    return taken


def until_end(argv: list[str], folder: str, env: dict[str, str]) -> float:
    begun = time.perf_counter()
    subprocess.run(argv, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return time.perf_counter() - begun


def main(rounds: int) -> int:
    path = os.pathsep.join([str(ROOT / "server"), str(ROOT / "templates")])
    signoff = [sys.executable, "-m", "signoff"]
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"PYTHONPATH": path, "SIGNOFF_STATE": folder}
        measured = {
            "bare MCPServer": (until_answer, [sys.executable, "-c", HELLO]),
            "signoff serve": (until_answer, [*signoff, "serve"]),
            "python -c pass": (until_end, [sys.executable, "-c", "pass"]),
            "signoff --help": (until_end, [*signoff, "--help"]),
        }
        taken: dict[str, list[float]] = {name: [] for name in measured}
        for turn in range(rounds + 1):
            for name, (measure, argv) in measured.items():
                seconds = measure(argv, folder, env)
                if turn:  # the first turn writes .pyc files
                    taken[name].append(seconds)
    medians = {name: statistics.median(times) for name, times in taken.items()}
    for name, median in medians.items():
        print(f"{name:16} {median * 1000:7.0f} ms")
    serve = medians["signoff serve"] / medians["bare MCPServer"]
    help_ = medians["signoff --help"] / medians["python -c pass"]
    print(f"serve / bare MCPServer: {serve:.2f} (limit {SERVE_LIMIT})")
    print(f"--help / python -c pass: {help_:.2f} (limit {HELP_LIMIT})")
    return int(serve > SERVE_LIMIT or help_ > HELP_LIMIT)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 15))
