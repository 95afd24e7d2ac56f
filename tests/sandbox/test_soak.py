"""A small part of the soak (tests/soak/soak.py, `make soak`): what the sandbox does leaves nothing behind."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from soak.soak import Load, Result, soak
from support.processes import Holding

LOAD, WARM_UP = Load(deploys=8, requests=400, failures=3, executions=4), Load(2, 20, 1, 1)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what a process holds is read from /proc")
def test_deploys_requests_failures_and_executions_leave_no_process_no_port_and_little_memory(tmp_path: Path) -> None:
    result = soak(LOAD, WARM_UP, tmp_path)
    assert result.complaints(LOAD) == []
    assert len(result.loaded.children) > len(result.first.children), "while it serves there are instances"


def test_what_is_left_behind_is_complained_about() -> None:
    bare = Holding(memory=100.0, children=("warden",), ports=2, files=10)
    good = Result(warm=bare, loaded=replace(bare, memory=130.0), empty=bare, first=bare, second_share=40, seconds=1.0)
    assert good.complaints(LOAD) == []
    left = replace(bare, children=("warden", "python main.py"), ports=3, files=40)
    wrong = replace(good, empty=left, loaded=replace(bare, memory=140.0), second_share=70).complaints(LOAD)
    assert [complaint.split()[0].rstrip(":") for complaint in wrong] == ["70", "memory", "children", "ports", "open"]
