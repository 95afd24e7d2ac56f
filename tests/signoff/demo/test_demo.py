from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from signoff.demo.stage import MARK, DemoError, Stage
from support.interrupts import heeded

SIGNOFF = (sys.executable, "-m", "signoff")


def processes_of(folder: Path) -> list[str]:
    """The command lines of all processes whose environment or arguments name the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes()
            arguments = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in environment + arguments:
            found.append(arguments.replace(b"\0", b" ").decode(errors="replace"))
    return found


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A working directory whose content is what a demo may not add to."""
    yield tmp_path / "home"


def started(folder: Path, home: Path) -> subprocess.Popen[str]:
    home.mkdir()
    return subprocess.Popen(
        [*SIGNOFF, "demo", "--folder", str(folder), "--fast"],
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env=os.environ | {"NO_COLOR": "1", "HOME": str(home)},
        start_new_session=True,
        preexec_fn=heeded,
    )


@pytest.mark.timeout(300)
def test_the_story_refuses_the_unpushed_fix_signs_off_the_pushed_one_and_writes_the_handoff(
    tmp_path: Path, home: Path
) -> None:
    folder = tmp_path / "demo"
    child = started(folder, home)
    said, _ = child.communicate(timeout=280)
    assert child.returncode == 0, said
    refused, signed_off = said.index("refused"), said.index("signed off")
    assert refused < said.index("git push origin main", refused) < signed_off
    assert "pushed/ahead" in said
    for command in ("signoff init", "signoff doctor", "signoff run"):
        assert command in said[signed_off:]
    handoffs = list((folder / "clone" / "docs" / "handoffs").glob("*.md"))
    assert len(handoffs) == 1
    assert str(handoffs[0]) in said
    assert processes_of(folder) == []
    assert list(home.iterdir()) == []


@pytest.mark.timeout(200)
@pytest.mark.parametrize("after", ["Production runs", "python deploy.py", "signoff run"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_stopping_it_leaves_no_process_and_no_file_outside_its_folder(
    tmp_path: Path, home: Path, after: str, how: signal.Signals
) -> None:
    folder = tmp_path / "demo"
    child = started(folder, home)
    assert child.stdout
    for line in child.stdout:
        if after in line:
            break
    # A terminal sends Ctrl-C to the whole foreground group; a SIGTERM comes to the demo alone.
    if how is signal.SIGINT:
        os.killpg(child.pid, how)
    else:
        child.send_signal(how)
    said, _ = child.communicate(timeout=60)
    assert child.returncode == 130, said
    assert "Traceback" not in said
    assert "Nothing is left running" in said
    assert processes_of(folder) == []
    assert list(home.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo", "home"]


def test_a_folder_with_other_files_is_never_emptied(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("five years of work", encoding="utf-8")
    with pytest.raises(DemoError, match="not the demo's"), Stage(tmp_path):
        pass
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "five years of work"


def test_an_earlier_demo_is_played_over(tmp_path: Path) -> None:
    (tmp_path / MARK).touch()
    (tmp_path / "old").touch()
    with Stage(tmp_path) as stage:
        assert not (tmp_path / "old").exists()
        assert stage.env["SIGNOFF_SANDBOX"].startswith("127.0.0.1:")
    assert processes_of(tmp_path) == []
