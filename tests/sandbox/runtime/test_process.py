"""Children of the sandbox: their environment and output, and that none of them is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from signoff_sandbox.runtime import warden
from signoff_sandbox.runtime.process import Processes, base_environment

LONG_FAMILY = "sh -c 'sleep 300 & echo $!; wait' & echo $!; wait"


@pytest.fixture
async def processes() -> AsyncIterator[Processes]:
    made = Processes()
    yield made
    await made.close(grace_seconds=0)


def gone(pid: int, within: float = 5.0) -> bool:
    """Whether the process ends; a zombie has ended."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


async def test_output_comes_line_by_line_with_its_stream(processes: Processes, tmp_path: Path) -> None:
    lines: list[tuple[str, bytes]] = []
    child = await processes.start(
        ["sh", "-c", "echo one; echo two >&2; printf last; exit 3"],
        environment=base_environment(tmp_path),
        folder=tmp_path,
        on_line=lambda stream, line: lines.append((stream, line)),
    )
    assert await child.wait() == 3
    assert sorted(lines) == [("stderr", b"two"), ("stdout", b"last"), ("stdout", b"one")]


async def test_nothing_of_our_environment_reaches_a_child(
    processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    lines: list[bytes] = []
    child = await processes.start(
        ["env"], environment={"PATH": "/usr/bin:/bin"}, folder=tmp_path, on_line=lambda _, line: lines.append(line)
    )
    await child.wait()
    seen = {line.split(b"=")[0].decode() for line in lines}
    assert seen <= {"PATH", "PWD", "OLDPWD", "SHLVL", "_", warden.MARK}


async def test_a_program_that_does_not_exist_ends_with_127(processes: Processes, tmp_path: Path) -> None:
    lines: list[bytes] = []
    child = await processes.start(
        ["/no/such/program"],
        environment=base_environment(tmp_path),
        folder=tmp_path,
        on_line=lambda _, line: lines.append(line),
    )
    assert await child.wait() == 127
    assert b"/no/such/program" in b"".join(lines)


async def test_stopping_ends_the_whole_family_even_if_it_ignores_sigterm(processes: Processes, tmp_path: Path) -> None:
    said: asyncio.Queue[int] = asyncio.Queue()
    child = await processes.start(
        ["sh", "-c", f"trap '' TERM; {LONG_FAMILY}"],
        environment=base_environment(tmp_path),
        folder=tmp_path,
        on_line=lambda _, line: said.put_nowait(int(line)),
    )
    pids = [await said.get(), await said.get()]
    assert await child.stop(grace_seconds=0.05) == -signal.SIGKILL
    assert all(gone(pid) for pid in pids)


DAEMON = "setsid sh -c 'echo $$ > pid; exec sleep 300' & while ! [ -s pid ]; do sleep 0.01; done; cat pid"


@pytest.mark.parametrize("begin", ["sleep 300 & echo $!", DAEMON])
async def test_grandchildren_end_with_the_first_process(processes: Processes, tmp_path: Path, begin: str) -> None:
    pids: list[int] = []
    child = await processes.start(
        ["sh", "-c", begin],
        environment=base_environment(tmp_path),
        folder=tmp_path,
        on_line=lambda _, line: pids.append(int(line)),
    )
    assert await child.wait() == 0
    assert gone(pids[0])


PARENT = """
import asyncio, sys
from pathlib import Path
from signoff_sandbox.runtime.process import Processes, base_environment
async def main():
    here = Path(sys.argv[1])
    processes = Processes()
    await processes.start(["sh", "-c", sys.argv[2]], environment=base_environment(here), folder=here,
                          on_line=lambda _, line: print(line.decode(), flush=True))
    await asyncio.sleep(300)
asyncio.run(main())
"""


@pytest.mark.parametrize("family", [LONG_FAMILY, f"{DAEMON}; echo $$; wait"])
def test_a_killed_sandbox_leaves_no_child(tmp_path: Path, family: str) -> None:
    server = Path(__file__).parents[3] / "server"
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), family],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(server)},
        text=True,
    ) as parent:
        assert parent.stdout is not None
        pids = [int(parent.stdout.readline()) for _ in range(2)]
        parent.kill()
        assert all(gone(pid) for pid in pids)
