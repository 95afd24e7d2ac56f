"""Locks that end with their process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from signoff.ledger.hold import Held, hold, is_held
from signoff.ledger.store import LedgerError
from support.sandbox import SERVER

HOLDER = """
import sys, pathlib
from signoff.ledger.hold import hold
with hold(pathlib.Path(sys.argv[1]), ["production.web"]):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    """Another process that holds production.web until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        env=os.environ | {"PYTHONPATH": str(SERVER)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_another_process_can_not_hold_the_same_and_a_killed_one_holds_nothing(tmp_path: Path) -> None:
    process = holder(tmp_path)
    try:
        assert is_held(tmp_path, "production.web")
        assert not is_held(tmp_path, "production.extractor")
        with pytest.raises(Held, match=r"production\.web is held"), hold(tmp_path, ["production.web"]):
            pass
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    assert not is_held(tmp_path, "production.web")
    with hold(tmp_path, ["production.web"]):
        pass


def test_of_several_all_are_held_or_none(tmp_path: Path) -> None:
    with hold(tmp_path, ["b"]):
        with pytest.raises(Held), hold(tmp_path, ["a", "b"]):
            pass
        assert not is_held(tmp_path, "a")


def test_a_name_is_never_a_path(tmp_path: Path) -> None:
    with hold(tmp_path / "holds", ["../production/web"]):
        assert [path.parent.name for path in tmp_path.rglob("*.lock")] == ["holds"]


def test_a_folder_that_can_not_be_made_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "holds").write_text("a file is in the way")
    with pytest.raises(LedgerError, match="the lock of a workload can not be opened: ") as error:
        is_held(tmp_path / "holds", "production.web")
    assert error.value.where == str(tmp_path / "holds" / "production.web.lock")
    assert "SIGNOFF_STATE" in error.value.fix
