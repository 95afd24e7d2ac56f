"""The definitions that every session pays for, and what each promises."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from syrupy.assertion import SnapshotAssertion

from signoff.mcp.instructions import INSTRUCTIONS
from signoff.mcp.server import make_server
from support.world import run_in

LIMIT = 2_000
WRITING = {"deploy_service", "run_job", "write_handoff"}


async def listed(start: Path, era: str = "auto", **options: Any) -> list[dict[str, Any]]:
    async with Client(make_server(start, **options), mode=era) as client:  # type: ignore[arg-type]
        tools = (await client.list_tools()).tools
    return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]


async def test_the_definitions_stay_as_they_are(clone: Path, snapshot: SnapshotAssertion) -> None:
    assert await listed(clone) == snapshot


async def test_both_eras_list_the_same(clone: Path) -> None:
    assert await listed(clone, "auto") == await listed(clone, "legacy")


def cost_of(tools: list[dict[str, Any]]) -> int:
    """Tokens of o200k."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # bpe-openai opens its data in an old way
        import bpe_openai

        encoding = bpe_openai.get_encoding("o200k_base")
    return sum(len(encoding.encode(json.dumps(tool))) for tool in tools)


async def test_all_definitions_together_cost_at_most_2000_tokens(clone: Path) -> None:
    assert cost_of(await listed(clone)) <= LIMIT


async def test_every_tool_says_all_four_hints_and_none_an_output_schema(clone: Path) -> None:
    for tool in await listed(clone):
        hints = tool["annotations"]
        assert set(hints) == {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}, tool["name"]
        assert hints["readOnlyHint"] == (tool["name"] not in WRITING)
        assert "outputSchema" not in tool
        assert '"title"' not in json.dumps(tool["inputSchema"])
        assert tool["description"]


async def test_read_only_leaves_out_what_changes_anything(clone: Path) -> None:
    names = {tool["name"] for tool in await listed(clone, read_only=True)}
    assert names == {tool["name"] for tool in await listed(clone)} - WRITING


async def test_a_deploy_requires_the_users_interaction(clone: Path) -> None:
    meta = {tool["name"]: tool.get("_meta") for tool in await listed(clone)}
    assert meta["deploy_service"] == {"anthropic/requiresUserInteraction": True}


async def test_where_others_deploy_there_is_no_deploy_tool(clone: Path) -> None:
    toml = clone / "signoff.toml"
    written = toml.read_text("utf-8")
    toml.write_text(written.replace('kind = "', 'deploy = "terraform"\nkind = "'), "utf-8")
    assert "deploy_service" not in {tool["name"] for tool in await listed(clone)}


async def test_where_a_pipeline_deploys_the_deploy_tool_watches_it(clone: Path) -> None:
    toml = clone / "signoff.toml"
    toml.write_text(toml.read_text("utf-8").replace('kind = "', 'deploy = "ci"\nkind = "'), "utf-8")
    assert "deploy_service" in {tool["name"] for tool in await listed(clone)}


async def test_without_a_configuration_the_tools_are_listed_and_say_what_is_missing(tmp_path: Path, era: str) -> None:
    async with Client(make_server(tmp_path), mode=era) as client:  # type: ignore[arg-type]
        for tool in (await client.list_tools()).tools:
            arguments = {"summary": "x"} if tool.name == "write_handoff" else {}
            answer = await client.call_tool(tool.name, arguments)
            assert answer.is_error, tool.name
            assert "signoff.toml" in answer.content[0].text  # type: ignore[union-attr]
            assert "Fix: " in answer.content[0].text  # type: ignore[union-attr]


def test_the_instructions_fit_into_what_clients_keep() -> None:
    assert len(INSTRUCTIONS.encode()) < 2048


@pytest.mark.parametrize("word", ["run_checklist", "check_pushed", "check_drift", "deploy_service", "write_handoff"])
def test_the_instructions_say_when_to_call_what(word: str) -> None:
    assert word in INSTRUCTIONS


async def test_the_database_is_asked_about_only_where_there_is_one(clone: Path) -> None:
    assert "check_schema" not in {tool["name"] for tool in await listed(clone)}
    (clone / "web" / "store.py").write_text("SQL = 'INSERT INTO a VALUES (1) ON CONFLICT (id) DO NOTHING'\n", "utf-8")
    run_in(clone, "git", "add", "--all")
    run_in(clone, "git", "commit", "--quiet", "--message", "An upsert")
    assert "check_schema" in {tool["name"] for tool in await listed(clone)}
    file = clone / "signoff.toml"
    written = file.read_text("utf-8")
    file.write_text(re.sub(r"(\[workloads\.\w+\]\n)", r'\1schema = { none = "files" }\n', written), "utf-8")
    assert "check_schema" not in {tool["name"] for tool in await listed(clone)}
    declared = '[databases.main]\ndsn_env = "URL"\n\n[workloads.web]\nschema = { database = "main" }\n'
    file.write_text(written.replace("[workloads.web]\n", declared), "utf-8")
    with_all = await listed(clone)
    assert "check_schema" in {tool["name"] for tool in with_all}
    assert cost_of(with_all) <= LIMIT
