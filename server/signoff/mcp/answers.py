"""Answers that stand alone twice: a short text, and the same as structure. Clients differ on which the model sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp.types import CallToolResult, TextContent

if TYPE_CHECKING:
    from signoff.model.report import Report


def answer(says: str, structure: dict[str, Any]) -> CallToolResult:
    """A result, never an error: a check that failed has answered the question."""
    return CallToolResult(content=[TextContent(type="text", text=says)], structured_content=structure)


def report_answer(report: Report) -> CallToolResult:
    """A report as the text that a person reads and as the JSON of `signoff run --json`."""
    from signoff.views.structure import as_json
    from signoff.views.text import as_text

    structure = as_json(report)
    return answer(as_text(structure, "tool"), dict(structure))
