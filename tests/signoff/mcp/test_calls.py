"""Every tool over a real repository, in both protocol eras. The remote is there; Google Cloud does not answer."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from mcp import Client
from mcp.types import CallToolResult

from signoff.commands.context import Context
from signoff.ledger.events import SessionBegan
from signoff.mcp.server import make_server
from support.world import run_in


async def call(start: Path, era: str, tool: str, **arguments: Any) -> CallToolResult:
    async with Client(make_server(start), mode=era) as client:  # type: ignore[arg-type]
        return await client.call_tool(tool, arguments)


async def session_with_a_pushed_commit(clone: Path, era: str) -> None:
    """The session begins, then changes what all workloads are made of, and pushes it: what it touched counts."""
    await call(clone, era, "check_pushed")
    (clone / "shared" / "mapper.py").write_text("def mapped(row):\n    return row\n", "utf-8")
    for argv in (["commit", "--quiet", "--all", "--message", "Fix"], ["push", "--quiet", "origin", "main"]):
        run_in(clone, "git", *argv)


def said(answer: CallToolResult) -> str:
    return str(answer.content[0].text)  # type: ignore[union-attr]


async def test_a_session_that_changed_nothing_has_nothing_to_prove(clone: Path, era: str) -> None:
    answer = await call(clone, era, "run_checklist")
    assert answer.structured_content["verdict"] == "nothing-to-prove"


async def test_a_pushed_repository_is_said_to_be_pushed(clone: Path, era: str) -> None:
    answer = await call(clone, era, "check_pushed")
    assert not answer.is_error
    statuses = {name: w["links"]["pushed"]["status"] for name, w in answer.structured_content["workloads"].items()}
    assert statuses == {"web": "pass", "analysis": "pass", "extractor": "pass"}


async def test_an_unpushed_commit_is_a_result_with_its_fix(clone: Path, era: str) -> None:
    (clone / "shared" / "mapper.py").write_text("def mapped(row):\n    return row\n", "utf-8")
    run_in(clone, "git", "commit", "--quiet", "--all", "--message", "Fix")
    answer = await call(clone, era, "check_pushed", workloads=["web"])
    assert not answer.is_error
    assert answer.structured_content["verdict"] == "refused"
    assert "git push" in said(answer)
    assert list(answer.structured_content["workloads"]) == ["web"]


async def test_drift_that_can_not_be_asked_is_unverified_never_a_pass(clone: Path, era: str) -> None:
    await session_with_a_pushed_commit(clone, era)
    answer = await call(clone, era, "check_drift", workloads=["web"])
    assert not answer.is_error
    assert answer.structured_content["verdict"] == "unverified"
    links = answer.structured_content["workloads"]["web"]["links"]
    assert {link["status"] for link in links.values()} == {"unknown"}


async def test_the_checklist_answers_within_its_time_and_matches_its_schema(clone: Path, era: str) -> None:
    await session_with_a_pushed_commit(clone, era)
    begun = time.monotonic()
    async with Client(make_server(clone), mode=era) as client:  # type: ignore[arg-type]
        answer = await client.call_tool("run_checklist", {})
        schema = json.loads((await client.read_resource("report://schema")).contents[0].text)  # type: ignore[union-attr]
        latest = json.loads((await client.read_resource("report://latest")).contents[0].text)  # type: ignore[union-attr]
    assert time.monotonic() - begun < 22
    assert not answer.is_error
    jsonschema.validate(answer.structured_content, schema)
    assert latest == answer.structured_content
    assert answer.structured_content["verdict"] == "unverified"


async def test_an_unknown_workload_is_a_broken_call_with_what_was_meant(clone: Path, era: str) -> None:
    answer = await call(clone, era, "check_pushed", workloads=["wbe"])
    assert answer.is_error
    assert "did you mean web?" in said(answer)


async def test_a_handoff_is_written_read_and_completed(clone: Path, era: str) -> None:
    await session_with_a_pushed_commit(clone, era)
    async with Client(make_server(clone), mode=era) as client:  # type: ignore[arg-type]
        written = await client.call_tool("write_handoff", {"summary": "Mapped both names", "next_steps": ["Rest"]})
        assert not written.is_error, said(written)
        read = await client.call_tool("read_handoff", {})
        latest = (await client.read_resource("handoff://latest")).contents[0].text  # type: ignore[union-attr]
    path = Path(written.structured_content["path"])
    assert (clone / path).is_file()
    assert "Mapped both names" in said(read)
    assert latest == said(read)
    assert read.structured_content["report"]["verdict"] == "unverified"


async def test_without_a_handoff_reading_says_how_to_get_one(clone: Path, era: str) -> None:
    answer = await call(clone, era, "read_handoff")
    assert answer.is_error
    assert "there is no handoff yet" in said(answer)


async def test_a_deploy_without_a_proven_push_is_refused_with_the_report(clone: Path, era: str) -> None:
    (clone / "shared" / "mapper.py").write_text("def mapped(row):\n    return row\n", "utf-8")
    run_in(clone, "git", "commit", "--quiet", "--all", "--message", "Fix")
    answer = await call(clone, era, "deploy_service", workloads=["web"], confirm=True)
    assert not answer.is_error
    assert answer.structured_content["outcome"] == "refused"
    assert "pushed" in said(answer)
    assert answer.structured_content["report"]["workloads"]["web"]["links"]["pushed"]["status"] == "fail"


async def test_the_first_message_records_the_sessions_start(clone: Path, era: str) -> None:
    head = run_in(clone, "git", "rev-parse", "HEAD")
    server = make_server(clone)
    async with Client(server, mode=era) as client:  # type: ignore[arg-type]
        await client.list_prompts()
        await server.desk.recorded()
    began = list(Context.open(clone).ledger.read(SessionBegan))
    assert [(event.head, event.by) for event in began] == [(head, "mcp")]


@pytest.mark.parametrize("tool", ["check_pushed", "check_drift", "run_checklist"])
async def test_the_text_stands_alone(clone: Path, era: str, tool: str) -> None:
    answer = await call(clone, era, tool)
    assert "production" in said(answer)
    for name in answer.structured_content["workloads"]:
        assert name in said(answer)
