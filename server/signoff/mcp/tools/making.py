"""How a tool is made: all four hints said, a lean schema, no output schema (it is a resource, said once)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import Field

from signoff.mcp.schema import without_titles

Workloads = Annotated[list[str], Field(default_factory=list, description="names from signoff.toml; empty: all")]

READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True)
"""Asks git, Google Cloud and the web; changes nothing but signoff's own record."""


def make_tool(
    function: Callable[..., Awaitable[CallToolResult]],
    hints: ToolAnnotations,
    *,
    meta: dict[str, Any] | None = None,
) -> Tool:
    """The tool of `function`: its name is the function's, its description the function's docstring."""
    tool = Tool.from_function(function, annotations=hints, meta=meta, structured_output=False)
    tool.parameters = without_titles(tool.parameters)
    return tool
