"""A program of the team's own: its lines, its exit code, its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.boundary import Boundary, Policy
from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.systems.program import run_program
from support.waiting import eventually

ONCE = Boundary(policy=Policy(tries=1))


async def run(folder: Path, script: str, seconds: float = 30.0) -> tuple[Known[int] | Unknown, list[str]]:
    said: list[Quoted] = []
    environment = {"PATH": "/usr/bin:/bin", "GIT_DIR": "/elsewhere"}
    ended = await run_program(ONCE, ("sh", "-c", script), folder, environment, seconds, said.append)
    return ended, [line.outside for line in said]


async def test_both_streams_are_told_line_by_line_in_their_order_and_the_exit_code_is_known(tmp_path: Path) -> None:
    ended, said = await run(tmp_path, "echo one; echo two >&2; printf 'no end'; exit 7")
    assert isinstance(ended, Known)
    assert (ended.value, said) == (7, ["one", "two", "no end"])


async def test_a_death_by_a_signal_is_a_negative_code(tmp_path: Path) -> None:
    ended, _ = await run(tmp_path, "kill -9 $$")
    assert isinstance(ended, Known)
    assert ended.value == -9


async def test_the_time_limit_ends_the_whole_group(tmp_path: Path) -> None:
    ended, said = await run(tmp_path, "sleep 600 & echo $!; wait", seconds=0.5)
    assert isinstance(ended, Unknown)
    assert ended.why == "timeout"
    await eventually(lambda: not _lives(said[0]))


def _lives(pid: str) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and ") Z " not in stat.read_text()


async def test_what_holds_the_output_after_the_program_ended_is_ended_too(tmp_path: Path) -> None:
    ended, said = await run(tmp_path, "sleep 600 & echo $!")
    assert isinstance(ended, Known)
    assert ended.value == 0
    await eventually(lambda: not _lives(said[0]))


async def test_variables_that_point_to_another_repository_are_left_out(tmp_path: Path) -> None:
    _, said = await run(tmp_path, "echo [$GIT_DIR]")
    assert said == ["[]"]


@pytest.mark.parametrize("program", ["./gone", "no-such-program-here"])
async def test_a_program_that_can_not_be_started_is_denied(tmp_path: Path, program: str) -> None:
    ended = await run_program(ONCE, (program,), tmp_path, {"PATH": "/usr/bin"}, 5.0, lambda _line: None)
    assert isinstance(ended, Unknown)
    assert ended.why == "denied"
