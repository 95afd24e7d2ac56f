"""A coding session from its first message to its handoff, over stdio: a real process, repository, builds and logs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.types import CallToolResult, ElicitRequestParams, ElicitResult

from support.server import STDIO, environment
from support.world import World, a_world

FIX = 'def mapped(row):\n    return row.get("School") or row["school_name"]\n'
GONE = "KeyError: 'School'"

Call = Callable[..., Awaitable[CallToolResult]]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path, "web", "analysis", "extractor") as world:
        yield world


async def a_yes(context: Any, params: ElicitRequestParams) -> ElicitResult:
    return ElicitResult(action="accept", content={"deploy": True})


@asynccontextmanager
async def connected(world: World, era: str, *, person: Any = None) -> AsyncIterator[tuple[Client, Call]]:
    server = StdioServerParameters(
        command=STDIO[0], args=list(STDIO[1:]), env=environment(**world.environment), cwd=world.clone
    )
    async with Client(stdio_client(server), mode=era, elicitation_callback=person) as client:  # type: ignore[arg-type]

        async def call(tool: str, **arguments: Any) -> CallToolResult:
            answer = await client.call_tool(tool, arguments)
            assert not answer.is_error, said(answer)
            return answer

        yield client, call


def said(answer: CallToolResult) -> str:
    return str(answer.content[0].text)  # type: ignore[union-attr]


async def when_ripe(call: Call, tool: str, **arguments: Any) -> CallToolResult:
    """Ask again while something waits on time: log entries count once none can be late any more."""
    until = time.monotonic() + 20
    while True:
        answer = await call(tool, **arguments)
        counted = [w for w in answer.structured_content["workloads"].values() if w["touched"]]
        judged = [*answer.structured_content["claims"], *(link for w in counted for link in w["links"].values())]
        statuses = {each["status"] for each in judged}
        if not statuses & {"waiting", "unknown", "blocked"} or time.monotonic() > until:
            return answer
        await asyncio.sleep(0.2)


def verdict(answer: CallToolResult) -> str:
    return str(answer.structured_content["verdict"])


async def test_a_fix_is_refused_until_it_is_pushed_deployed_and_used(started: World, era: str) -> None:
    """Session 9, and its right end: the same tools say refused, then deployed, then signed off."""
    world = started
    world.request("web", "/report", expected=500)
    async with connected(world, era, person=a_yes) as (client, call):
        assert verdict(await call("run_checklist")) == "nothing-to-prove"
        world.commit("shared/mapper.py", FIX, push=False)
        world.ship()
        unpushed = await call("run_checklist")
        assert verdict(unpushed) == "refused"
        assert "git push origin main" in said(unpushed)
        held = await call("deploy_service", workloads=["web"])
        assert held.structured_content["outcome"] == "refused"

        world.git("push", "--quiet", "origin", "main")
        drift = await call("check_drift")
        assert verdict(drift) == "refused"
        assert 'deploy_service(workloads=["web"])' in said(drift)
        deployed = await call("deploy_service", workloads=["web"])
        assert deployed.structured_content["outcome"] == "deployed", said(deployed)
        silent = await call("verify_logs", workloads=["web"], gone=GONE)
        assert verdict(silent) == "unverified"

        world.ship("extractor")
        world.request("web", "/report", expected=200)
        gone = await when_ripe(call, "verify_logs", workloads=["web"], gone=GONE)
        assert [claim["status"] for claim in gone.structured_content["claims"]] == ["pass"], said(gone)
        done = await when_ripe(call, "run_checklist")
        assert verdict(done) == "signed-off", said(done)

        written = await call("write_handoff", summary="Both names are mapped", claims=[GONE])
        assert written.structured_content["report"]["verdict"] == "signed-off"
        latest = (await client.read_resource("handoff://latest")).contents[0].text  # type: ignore[union-attr]
        assert said(await call("read_handoff")) == latest
        assert "is gone" in latest
        assert latest.count(f"plan {deployed.structured_content['plan']['id']} was made") == 1
        assert verdict(await call("run_checklist")) == "signed-off"


async def test_an_error_that_is_still_there_refutes_what_the_session_says(started: World, era: str) -> None:
    started.request("web", "/report", expected=500)
    async with connected(started, era) as (_, call):
        answer = await when_ripe(call, "verify_logs", workloads=["web"], gone=GONE)
    assert verdict(answer) == "refused"
    assert said(answer).startswith("REFUSED: what the session says is refuted")
