"""The tools that only look: each walks a group of links and answers with the report."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from signoff.mcp.answers import report_answer
from signoff.mcp.desk import Desk
from signoff.mcp.progress import reporting
from signoff.mcp.tools.making import READS, Workloads, make_tool

PUSHED = ("committed", "pushed", "merged")
BUILDABLE = ("buildable",)
SCHEMA = ("schema",)
DRIFT = ("built", "released", "serving")
REACHABLE = ("reachable",)
HEALTHY = ("healthy",)
FRESH = ("fresh",)

CHECKLIST_SECONDS = 20.0
"""Clients put long calls into the background: the checklist answers before, and says what is still waiting."""

Rehearse = Annotated[bool, Field(description="run the build's commands in a clean clone of the pushed commit")]
Gone = Annotated[str, Field(description="the error that should be gone: its text in the logs, /regex/ or traceback")]


def check_tools(desk: Desk) -> list[Tool]:
    """Each walks a group of links; `run_checklist` all of them."""

    async def check_pushed(workloads: Workloads, ctx: Context[Any, Any]) -> CallToolResult:
        """Is the work committed, pushed and on the branch that is built? Asks the remote live."""
        return await walked(ctx, workloads, PUSHED)

    async def check_build_env(
        workloads: Workloads, ctx: Context[Any, Any], rehearse: Rehearse = False
    ) -> CallToolResult:
        """Does the build read variables or secrets that exist only at run time? Names each, with the way to it."""
        links = ("pushed", *BUILDABLE) if rehearse else BUILDABLE
        return await walked(ctx, workloads, links, rehearse=rehearse)

    async def check_schema(workloads: Workloads, ctx: Context[Any, Any]) -> CallToolResult:
        """Has the database what the code asks: tables, columns, a unique index for each ON CONFLICT? Only reads."""
        return await walked(ctx, workloads, SCHEMA)

    async def check_drift(workloads: Workloads, ctx: Context[Any, Any]) -> CallToolResult:
        """Does production run this code? Proves serving revision, image digest, build and commit for each \
workload, and counts the commits that are missing there."""
        return await walked(ctx, workloads, DRIFT)

    async def smoke_test(workloads: Workloads, ctx: Context[Any, Any]) -> CallToolResult:
        """Do real requests come through the real edge to the revision that serves? Sends the routes of \
signoff.toml, follows no redirect, and names what stopped them."""
        return await walked(ctx, workloads, REACHABLE)

    async def verify_logs(workloads: Workloads, ctx: Context[Any, Any], gone: Gone = "") -> CallToolResult:
        """Is the error gone on the revision that serves, and did no new one come? Silence is unknown, not a pass."""
        return await walked(ctx, workloads, HEALTHY, gone=gone)

    async def check_data(workloads: Workloads, ctx: Context[Any, Any]) -> CallToolResult:
        """Is the data there that the workloads produce? Asks the tables of signoff.toml; tells stale from not due."""
        return await walked(ctx, workloads, FRESH)

    async def run_checklist(workloads: Workloads, ctx: Context[Any, Any]) -> CallToolResult:
        """The whole chain from the working tree to production, with a verdict. Call it before saying that work is \
done. Answers within 20 s; what is not finished by then is waiting, so call it again."""
        return await walked(ctx, workloads, None, seconds=CHECKLIST_SECONDS)

    async def walked(
        ctx: Context[Any, Any],
        workloads: list[str],
        links: tuple[str, ...] | None,
        *,
        gone: str = "",
        seconds: float | None = None,
        rehearse: bool = False,
    ) -> CallToolResult:
        async with reporting(ctx) as progress:
            return report_answer(
                await desk.walk(workloads, links, progress, gone=gone, seconds=seconds, rehearse=rehearse)
            )

    tools = (
        check_pushed,
        check_build_env,
        check_schema,
        check_drift,
        smoke_test,
        verify_logs,
        check_data,
        run_checklist,
    )
    return [make_tool(tool, READS) for tool in tools]
