"""Rehearsals as they are asked for: on the command line, as a tool, and always."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from signoff.cli.main import main
from signoff.commands.context import Context
from signoff.commands.run import run
from signoff.mcp.server import make_server
from signoff.model.errors import SignoffError
from signoff.model.judgement import Link, Status
from support.world import a_repository, run_in

WELL = [sys.executable, "-c", "print('made it')"]
BROKEN = [sys.executable, "-c", "raise SystemExit('error: AUTH_SECRET is not set, token=abcdef0123456789')"]


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Google Cloud's address answers nothing."""
    monkeypatch.setenv("SIGNOFF_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("SIGNOFF_SANDBOX", "127.0.0.1:9")
    return a_repository(tmp_path)[0]


def with_rehearsal(clone: Path, command: list[str], *, always: bool = False) -> None:
    toml = clone / "signoff.toml"
    more = f"\n[workloads.web.rehearsal]\ncommand = {json.dumps(command)}\nalways = {json.dumps(always)}\n"
    toml.write_text(toml.read_text("utf-8") + more, "utf-8")


def link_of(said: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said)["workloads"]["web"]["links"]["buildable"]
    return found


def test_check_rehearses_on_request_and_remembers_it(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_rehearsal(clone, WELL)
    main(["-C", str(clone), "check", "buildable", "--workload", "web", "--json"])
    assert link_of(capsys.readouterr().out)["status"] == "unknown"
    for more in (["--rehearse"], []):
        main(["-C", str(clone), "check", "buildable", "--workload", "web", "--json", *more])
        link = link_of(capsys.readouterr().out)
        assert link["status"] == "pass"
        assert "the image itself was not built" in link["reason"]


def test_its_failing_lines_are_in_the_report_and_no_secret(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_rehearsal(clone, BROKEN)
    assert main(["-C", str(clone), "check", "buildable", "--workload", "web", "--rehearse"]) == 1
    said = capsys.readouterr().out
    assert "AUTH_SECRET is not set" in said
    assert "abcdef0123456789" not in said.replace(" ".join(BROKEN), "")


def test_what_is_not_pushed_is_said_and_not_rehearsed(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_rehearsal(clone, WELL)
    (clone / "web" / "more.py").write_text("MORE = 1\n", "utf-8")
    run_in(clone, "git", "add", "web")
    run_in(clone, "git", "commit", "--quiet", "--message", "More")
    assert main(["-C", str(clone), "check", "buildable", "--workload", "web", "--rehearse"]) == 1
    said = capsys.readouterr().out
    assert "web is not rehearsed: its commit is not pushed" in said
    assert "pushed/" in said


def test_without_a_command_it_says_what_to_add(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-C", str(clone), "check", "buildable", "--rehearse"]) == 2
    assert "[workloads." in capsys.readouterr().err


async def test_a_run_rehearses_what_always_is_and_says_its_output_on_the_way(clone: Path) -> None:
    with_rehearsal(clone, WELL, always=True)
    said: list[str] = []
    context = Context.open(clone)
    try:
        whole = await run(
            context, [Link.BUILDABLE], ["web"], lambda done, total, message: said.append(message), seconds=30
        )
        assert whole.workloads[0].links[Link.BUILDABLE].status is Status.UNKNOWN, "a run with a limit begins no build"
        whole = await run(context, [Link.BUILDABLE], ["web"], lambda done, total, message: said.append(message))
    finally:
        await context.close()
    assert whole.workloads[0].links[Link.BUILDABLE].status is Status.PASS
    assert any("made it" in line for line in said)


async def test_the_tool_rehearses_on_request(clone: Path) -> None:
    async with Client(make_server(clone)) as client:
        assert "check_build_env" in {tool.name for tool in (await client.list_tools()).tools}
        with_rehearsal(clone, WELL)
    async with Client(make_server(clone)) as client:
        for rehearse, status in ((False, "unknown"), (True, "pass")):
            answer = await client.call_tool("check_build_env", {"workloads": ["web"], "rehearse": rehearse})
            assert answer.structured_content is not None
            links = answer.structured_content["workloads"]["web"]["links"]
            assert links["buildable"]["status"] == status
            assert ("pushed" in links) is rehearse


async def test_the_tool_is_there_where_a_build_can_be_read(clone: Path) -> None:
    toml = clone / "signoff.toml"
    toml.write_text("".join(f"{line}\n" for line in toml.read_text("utf-8").splitlines() if "build =" not in line))
    async with Client(make_server(clone)) as client:
        assert "check_build_env" not in {tool.name for tool in (await client.list_tools()).tools}


async def test_a_program_that_is_not_there_is_said_in_the_report(clone: Path) -> None:
    with_rehearsal(clone, ["no-such-program"])
    context = Context.open(clone)
    try:
        report = await run(context, [Link.BUILDABLE], ["web"], rehearse=True)
        with pytest.raises(SignoffError):
            await run(context, [Link.BUILDABLE], ["extractor"], rehearse=True)
    finally:
        await context.close()
    link = report.workloads[0].links[Link.BUILDABLE]
    assert link.status is Status.UNKNOWN
    assert "no-such-program" in str(link.reason.parts)  # type: ignore[union-attr]
