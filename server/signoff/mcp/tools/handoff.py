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
from signoff.mcp.tools.making import READS, make_tool

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
        next_steps: NextSteps,
        claims: Claims,
        ctx: Context[Any, Any],
        root_cause: str = "",
    ) -> CallToolResult:
        """Walk the chain and write the handoff document. What you say stands in it as your words; only what was \
proven is marked as proven."""
        from signoff.handoff.document import Words
        from signoff.views.text import as_text
        from signoff.views.words import told

        words = Words(summary=summary, root_cause=root_cause, next_steps=tuple(next_steps))
        async with reporting(ctx) as progress:
            made = await desk.write_handoff(words, claims, progress)
        trouble = told(made.trouble) if made.trouble else None
        says = [f"Written to {made.path}."]
        says += [f"Its report is not a new one: {trouble}"] if trouble else []
        says += (
            ["", as_text(made.report, "tool")] if made.report else ["There is no report: nothing in it is verified."]
        )
        return answer("\n".join(says), {"path": str(made.path), "trouble": trouble, "report": made.report})

    async def read_handoff(name: Name = "") -> CallToolResult:
        """What an earlier session left: its verdict, what was proven then, and its next steps."""
        found = await desk.read_handoff(name)
        structure = {"path": str(found.path), "written": found.written, "final": found.final, "report": found.report}
        return answer(found.body, {**structure, "body": found.body})

    return [make_tool(write_handoff, WRITES_A_FILE), make_tool(read_handoff, READS)]
