"""The handoff: the document that says what is proven, and in the session's own words what it did."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import Field

from signoff.mcp.answers import answer
from signoff.mcp.desk import Desk
from signoff.mcp.progress import reporting
from signoff.mcp.tools.making import READS, Workloads, make_tool

WRITES_A_FILE = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True
)

Claims = Annotated[list[str], Field(default_factory=list, description="errors that you say are gone; each is checked")]
NextSteps = Annotated[list[str], Field(default_factory=list)]
Name = Annotated[str, Field(description="empty: the latest")]


def handoff_tools(desk: Desk) -> list[Tool]:
    """`write_handoff`, `read_handoff`."""

    async def write_handoff(
        summary: str,
        workloads: Workloads,
        next_steps: NextSteps,
        claims: Claims,
        ctx: Context[Any, Any],
        root_cause: str = "",
    ) -> CallToolResult:
        """Walk the chain and write the handoff document. What you say stands in it as your words; only what was \
proven is marked as proven."""
        async with reporting(ctx) as progress:
            said, structure = await desk.write_handoff(
                summary, root_cause, tuple(next_steps), tuple(claims), workloads, progress
            )
        return answer(said, structure)

    async def read_handoff(name: Name = "") -> CallToolResult:
        """What an earlier session left: its verdict, what was proven then, and its next steps."""
        said, structure = await desk.read_handoff(name)
        return answer(said, structure)

    return [make_tool(write_handoff, WRITES_A_FILE), make_tool(read_handoff, READS)]
