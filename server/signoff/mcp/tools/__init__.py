"""The tools, one file a group, in the order in which a session meets them.

To add a tool: its function in a file here, one line in `all_tools`, the snapshot of its schema.
"""

from __future__ import annotations

from mcp.server.mcpserver.tools import Tool

from signoff.mcp.desk import Desk
from signoff.mcp.tools.checks import check_tools
from signoff.mcp.tools.deploy import deploy_tools
from signoff.mcp.tools.handoff import handoff_tools


def all_tools(desk: Desk) -> list[Tool]:
    """Every tool of this server; with `read_only` only those that change nothing."""
    tools = [*check_tools(desk), *deploy_tools(desk), *handoff_tools(desk)]
    if desk.read_only:
        return [tool for tool in tools if tool.annotations and tool.annotations.read_only_hint]
    return tools
