"""What the server promises beside its tools: errors told, progress in order, silence on stdout, resources."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import ResourceTemplateReference
from syrupy.assertion import SnapshotAssertion

from signoff.mcp.desk import Desk
from signoff.mcp.progress import reporting
from signoff.mcp.server import make_server
from signoff.model.errors import SignoffError
from support.server import STDIO, environment


async def test_progress_arrives_in_order_and_only_increases(era: str) -> None:
    server = MCPServer("progress")

    @server.tool()
    async def work(ctx: Context[Any, Any]) -> str:
        async with reporting(ctx) as progress:
            for done, message in [(0, "first"), (2, "second"), (1, "late"), (2, "again")]:
                progress(done, 3, message)
        return "done"

    seen: list[tuple[float, str | None]] = []

    async def told(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, message))

    async with Client(server, mode=era) as client:  # type: ignore[arg-type]
        await client.call_tool("work", {}, progress_callback=told)
    assert [message for _, message in seen] == ["first", "second", "late", "again"]
    numbers = [number for number, _ in seen]
    assert numbers == sorted(set(numbers))


async def test_a_crash_is_told_as_a_bug_without_its_text(
    clone: Path, era: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: Desk, *_: object, **__: object) -> None:
        raise RuntimeError("token=hunter2-from-outside")

    monkeypatch.setattr(Desk, "walk", broken)
    async with Client(make_server(clone), mode=era) as client:  # type: ignore[arg-type]
        answer = await client.call_tool("check_pushed", {})
    assert answer.is_error
    assert answer.content[0].text.startswith("check_pushed broke with RuntimeError: a bug in signoff. Fix: ")  # type: ignore[union-attr]
    assert "hunter2" not in answer.content[0].text  # type: ignore[union-attr]


async def test_an_expected_error_is_told_whole_and_once(clone: Path, era: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(self: Desk, *_: object, **__: object) -> None:
        raise SignoffError("the remote is gone", where="origin", fix="git remote add origin URL")

    monkeypatch.setattr(Desk, "walk", broken)
    async with Client(make_server(clone), mode=era) as client:  # type: ignore[arg-type]
        answer = await client.call_tool("run_checklist", {})
    assert answer.is_error
    assert answer.content[0].text == "the remote is gone (origin). Fix: git remote add origin URL"  # type: ignore[union-attr]


async def test_cancelling_a_call_ends_its_work(clone: Path, era: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def endless(self: Desk, *_: object, **__: object) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    monkeypatch.setattr(Desk, "walk", endless)
    async with Client(make_server(clone), mode=era) as client:  # type: ignore[arg-type]
        call = asyncio.create_task(client.call_tool("check_drift", {}))
        await asyncio.wait_for(begun.wait(), 10)
        call.cancel()
        await asyncio.wait_for(ended.wait(), 10)
        await asyncio.gather(call, return_exceptions=True)


async def test_the_prompt_says_the_end_of_a_session_in_order(
    clone: Path, era: str, snapshot: SnapshotAssertion
) -> None:
    async with Client(make_server(clone), mode=era) as client:  # type: ignore[arg-type]
        assert [prompt.name for prompt in (await client.list_prompts()).prompts] == ["end-session"]
        prompt = await client.get_prompt("end-session")
    assert prompt.messages[0].content.text == snapshot(name="end-session")  # type: ignore[union-attr]


async def test_the_resources_are_listed(clone: Path, era: str) -> None:
    async with Client(make_server(clone), mode=era) as client:  # type: ignore[arg-type]
        uris = {str(resource.uri) for resource in (await client.list_resources()).resources}
        templates = {template.uri_template for template in (await client.list_resource_templates()).resource_templates}
    assert uris == {"handoff://latest", "report://latest", "report://schema"}
    assert templates == {"handoff://{name}"}


async def test_the_schema_of_a_report_is_a_resource(clone: Path, era: str) -> None:
    async with Client(make_server(clone), mode=era) as client:  # type: ignore[arg-type]
        read = await client.read_resource("report://schema")
    schema = json.loads(read.contents[0].text)  # type: ignore[union-attr]
    assert {"verdict", "workloads", "findings", "evidence"} <= set(schema["properties"])


async def test_a_resource_that_is_not_there_says_how_to_get_it(clone: Path, era: str) -> None:
    async with Client(make_server(clone), mode=era) as client:  # type: ignore[arg-type]
        with pytest.raises(MCPError, match="Fix: call run_checklist"):
            await client.read_resource("report://latest")


async def test_nothing_is_completed_where_nothing_is_known(tmp_path: Path, era: str) -> None:
    reference = ResourceTemplateReference(type="ref/resource", uri="handoff://{name}")
    async with Client(make_server(tmp_path), mode=era) as client:  # type: ignore[arg-type]
        done = await client.complete(reference, {"name": "name", "value": ""})
    assert done.completion.values == []


def test_stdout_belongs_to_the_protocol(clone: Path, tmp_path: Path) -> None:
    """Every line of a real process is a message, also while a call fails."""
    messages = [
        {
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-11-25",
                "capabilities": {},
                "clientInfo": {"name": "test", "version": "1"},
            },
        },
        {"method": "tools/call", "params": {"name": "check_pushed", "arguments": {"workloads": ["nobody"]}}},
    ]
    wire = "".join(json.dumps({"jsonrpc": "2.0", "id": n, **m}) + "\n" for n, m in enumerate(messages))
    with subprocess.Popen(
        STDIO,
        cwd=clone,
        env=environment(SIGNOFF_STATE=str(tmp_path / "state")),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(wire)
        process.stdin.flush()
        answers = [json.loads(process.stdout.readline()) for _ in messages]
        process.stdin.close()
        assert process.wait(timeout=20) == 0
        assert process.stdout.read() == ""
    assert [answer["id"] for answer in answers] == [0, 1]
    assert answers[1]["result"]["isError"]


HEAVY = ["google", "git", "jinja2", "yaml", "grpc", "sqlite3"]


def test_no_heavy_library_is_loaded_before_the_first_message() -> None:
    code = f"import sys, signoff.mcp.server as s; from pathlib import Path; s.make_server(Path('.')); \
print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.strip() == "[]", done.stdout
