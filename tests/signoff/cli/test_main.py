"""What happens becomes an exit code and one clear message."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.commands import ENVIRONMENT, argv, ran
from support.interrupts import heeded
from support.world import a_repository


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return a_repository(tmp_path)[0]


@pytest.fixture
def nowhere(tmp_path: Path) -> dict[str, str]:
    """A Google Cloud whose address refuses every connection."""
    return {"SIGNOFF_STATE": str(tmp_path / "state"), "SIGNOFF_SANDBOX": "127.0.0.1:9"}


@pytest.fixture
def silence() -> Iterator[str]:
    """An address that takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def test_without_a_configuration_it_says_what_and_where_and_how_to_mend_it(tmp_path: Path) -> None:
    done = ran("run", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[0] == f"signoff: there is no signoff.toml in {tmp_path} or above it"
    assert lines[1] == f"  where: {tmp_path / 'signoff.toml'}"
    assert lines[2].startswith("  fix:   ")
    assert len(lines) == 3


def test_with_json_the_error_is_json_too(tmp_path: Path) -> None:
    done = ran("run", "--json", cwd=tmp_path)
    assert done.returncode == 2
    assert set(json.loads(done.stdout)["error"]) == {"what", "where", "fix"}


def test_an_unknown_workload_is_asked_back(clone: Path, nowhere: dict[str, str]) -> None:
    done = ran("run", "--workload", "wbe", cwd=clone, env=nowhere)
    assert done.returncode == 2
    assert "there is no workload 'wbe'" in done.stderr
    assert "did you mean web?" in done.stderr


def test_an_unknown_target_is_asked_back(clone: Path, nowhere: dict[str, str]) -> None:
    done = ran("run", "--target", "mars", cwd=clone, env=nowhere)
    assert done.returncode == 2
    assert "there is no target mars" in done.stderr


def test_a_repository_without_a_commit_is_a_clear_error(clone: Path, nowhere: dict[str, str]) -> None:
    subprocess.run(["git", "update-ref", "-d", "HEAD"], cwd=clone, check=True)
    done = ran("run", cwd=clone, env=nowhere)
    assert done.returncode == 2
    assert "the repository has no commit yet" in done.stderr


def test_what_could_not_be_verified_is_exit_code_3_and_the_same_in_text_and_json(
    clone: Path, nowhere: dict[str, str]
) -> None:
    done = ran("check", "healthy", "--json", "-C", str(clone), env=nowhere)
    report = json.loads(done.stdout)
    assert (done.returncode, report["verdict"], report["sandbox"]) == (3, "unverified", True)
    assert {workload["links"]["healthy"]["status"] for workload in report["workloads"].values()} == {"unknown"}
    told = ran("handoff", "write", "--summary", "x", cwd=clone, env=nowhere | {"SIGNOFF_SANDBOX": "127.0.0.1:9"})
    assert told.returncode == 0
    assert "UNVERIFIED: " in told.stderr
    path = Path(told.stdout.strip())
    assert path.parent == clone / "docs" / "handoffs"
    assert json.loads(ran("handoff", "read", "--json", cwd=clone, env=nowhere).stdout)["final"] is False


def test_a_bug_is_one_line_and_exit_code_4(clone: Path, nowhere: dict[str, str], tmp_path: Path) -> None:
    """A module is made to break as no code of ours should; what the exception says is not told."""
    broken = tmp_path / "site" / "sitecustomize.py"
    broken.parent.mkdir()
    broken.write_text(
        "import sys\n"
        "class Bug:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'signoff.commands.handoff':\n"
        "            raise ZeroDivisionError('password=hunter2')\n"
        "sys.meta_path.insert(0, Bug())\n"
    )
    env = nowhere | {"PYTHONPATH": f"{broken.parent}{os.pathsep}{ENVIRONMENT['PYTHONPATH']}"}
    done = ran("handoff", "read", cwd=clone, env=env)
    assert done.returncode == 4
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("signoff: this is a bug in signoff (ZeroDivisionError at ")
    assert "hunter2" not in done.stderr
    debug = ran("handoff", "read", cwd=clone, env=env | {"SIGNOFF_DEBUG": "1"})
    assert debug.returncode == 4
    assert "Traceback" in debug.stderr


def test_a_reader_that_goes_away_changes_no_verdict(clone: Path, nowhere: dict[str, str]) -> None:
    env = ENVIRONMENT | nowhere
    for command, code in ((["completion", "bash"], 0), (["check", "healthy", "--json"], 3), (["check", "healthy"], 3)):
        reading, writing = os.pipe()
        os.close(reading)
        with os.fdopen(writing, "w") as out:
            done = subprocess.run(argv(*command), cwd=clone, stdout=out, stderr=subprocess.PIPE, env=env, check=False)
        assert (done.returncode, done.stderr) == (code, b"")


def test_ctrl_c_ends_it_cleanly_with_130(clone: Path, nowhere: dict[str, str], silence: str) -> None:
    env = ENVIRONMENT | nowhere | {"SIGNOFF_SANDBOX": silence}
    running = subprocess.Popen(
        argv("run"), cwd=clone, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True, preexec_fn=heeded,
    )  # fmt: skip
    try:
        assert _asks_google(running.pid)
        running.send_signal(signal.SIGINT)
        out, errors = running.communicate(timeout=30)
    finally:
        running.kill()
    assert (running.returncode, out, errors) == (130, "", "")


def _asks_google(pid: int) -> bool:
    """Wait until the process has loaded the clients: it is in the middle of its walk then."""
    maps = Path(f"/proc/{pid}/maps")
    return any("grpc" in maps.read_text() for _ in range(100_000))


def test_a_person_at_a_terminal_sees_the_board(clone: Path, nowhere: dict[str, str]) -> None:
    out = in_terminal(argv("check", "healthy"), clone, ENVIRONMENT | nowhere | {"TERM": "xterm", "COLUMNS": "100"})
    assert "UNVERIFIED" in out
    assert "\x1b[" in out
    assert "? healthy" in out


def test_no_color_leaves_colour_out_of_the_terminal(clone: Path, nowhere: dict[str, str]) -> None:
    env = ENVIRONMENT | nowhere | {"TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "100"}
    assert "\x1b[33m" not in in_terminal(argv("check", "healthy"), clone, env)


def in_terminal(command: list[str], cwd: Path, env: dict[str, str], typed: str = "") -> str:
    """What a person sees who runs it in a terminal and types that."""
    leader, follower = pty.openpty()
    with subprocess.Popen(command, cwd=cwd, env=env, stdin=follower, stdout=follower, stderr=follower) as running:
        os.close(follower)
        os.write(leader, typed.encode())
        seen = b""
        while True:
            try:
                chunk = os.read(leader, 65536)
            except OSError:  # Linux's way of saying that the other side has closed
                break
            if not chunk:
                break
            seen += chunk
        running.wait(timeout=30)
    os.close(leader)
    return seen.decode()


WAIVE = ("waive", "web", "healthy", "--reason", "no traffic at night")


def test_a_person_waives_at_a_terminal_and_every_report_says_so(clone: Path, nowhere: dict[str, str]) -> None:
    env = ENVIRONMENT | nowhere | {"TERM": "xterm"}
    assert "Waived: healthy of web" in in_terminal(argv(*WAIVE), clone, env, "web\n")
    report = json.loads(ran("check", "healthy", "--workload", "web", "--json", cwd=clone, env=nowhere).stdout)
    assert [waiver["reason"] for waiver in report["waivers"]] == ["no traffic at night"]
    subprocess.run(["git", "commit", "--quiet", "--allow-empty", "-m", "more"], cwd=clone, check=True)
    later = ran("check", "healthy", "--workload", "web", "--json", cwd=clone, env=nowhere)
    assert (json.loads(later.stdout)["waivers"], later.returncode) == ([], 3)


def test_nobody_waives_without_typing_the_name(clone: Path, nowhere: dict[str, str]) -> None:
    env = ENVIRONMENT | nowhere | {"TERM": "xterm"}
    assert "not waived, and nothing was recorded" in in_terminal(argv(*WAIVE), clone, env, "yes\n")


def test_nobody_waives_without_a_terminal(clone: Path, nowhere: dict[str, str]) -> None:
    done = ran(*WAIVE, cwd=clone, env=nowhere)
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr


def test_a_coding_agents_terminal_is_not_a_persons(clone: Path, nowhere: dict[str, str]) -> None:
    env = ENVIRONMENT | nowhere | {"TERM": "xterm", "CLAUDECODE": "1"}
    assert "driven by a coding agent" in in_terminal(argv(*WAIVE), clone, env, "web\n")


def test_the_sandbox_is_started_as_a_process_of_its_own() -> None:
    done = ran("sandbox", "up", "--help")
    assert done.returncode == 0
    assert "usage: signoff-sandbox up" in done.stdout
