"""Resources: handoffs, the last report, and the schema of a report (said once instead of in every tool)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from signoff.mcp.desk import Desk

if TYPE_CHECKING:
    from mcp.server import MCPServer

MARKDOWN = "text/markdown"
JSON = "application/json"


def add_resources(server: MCPServer[Any], desk: Desk) -> None:
    """`handoff://latest`, `handoff://{name}`, `report://latest`, `report://schema`."""

    @server.resource("handoff://latest", name="latest-handoff", mime_type=MARKDOWN)
    async def latest_handoff() -> str:
        """The handoff that the last session left."""
        return (await desk.read_handoff()).body

    @server.resource("handoff://{name}", name="handoff", mime_type=MARKDOWN)
    async def handoff(name: str) -> str:
        """One handoff by name."""
        return (await desk.read_handoff(name)).body

    @server.resource("report://latest", name="latest-report", mime_type=JSON)
    async def latest_report() -> str:
        """The last report of this repository, as run_checklist answered it."""
        return json.dumps(await desk.latest_report())

    @server.resource("report://schema", name="report-schema", mime_type=JSON)
    async def report_schema() -> str:
        """JSON Schema of a report: the structured content of the checks and of run_checklist."""
        from signoff.views.schema import report_schema

        return json.dumps(report_schema())
