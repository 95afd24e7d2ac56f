"""Input schemas lose pydantic's titles, and nothing else."""

from __future__ import annotations

from signoff.mcp.schema import without_titles


def test_titles_go_at_every_depth() -> None:
    schema = {
        "title": "Arguments",
        "properties": {"a": {"title": "A", "anyOf": [{"title": "B", "type": "string"}, {"type": "null"}]}},
        "$defs": {"X": {"title": "X", "type": "object"}},
    }
    assert without_titles(schema) == {
        "properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
        "$defs": {"X": {"type": "object"}},
    }


def test_a_property_called_title_is_kept() -> None:
    schema = {"properties": {"title": {"title": "Title", "type": "string"}}, "required": ["title"]}
    assert without_titles(schema) == {"properties": {"title": {"type": "string"}}, "required": ["title"]}
