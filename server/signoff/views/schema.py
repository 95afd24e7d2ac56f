"""The JSON Schema of a report, generated from its shapes: `python -m signoff.views.schema` renews the file."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

FILE = "report.schema.json"


def report_schema() -> dict[str, Any]:
    """As it is kept in the package."""
    schema: dict[str, Any] = json.loads(files("signoff.views").joinpath(FILE).read_text("utf-8"))
    return schema


def generated() -> dict[str, Any]:
    """Made anew. Generated titles are left out: they repeat the names and cost a reader tokens."""
    from pydantic import TypeAdapter

    from signoff.views.shapes import ReportJson

    schema: dict[str, Any] = _without_titles(TypeAdapter(ReportJson).json_schema())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "signoff report", **schema}


def as_file(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=1) + "\n"


def _without_titles(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_titles(inner) for inner in schema]
    if isinstance(schema, dict):
        # A generated title is a string; a property that is called "title" is a mapping.
        return {k: _without_titles(v) for k, v in schema.items() if not (k == "title" and isinstance(v, str))}
    return schema


if __name__ == "__main__":
    (Path(__file__).parent / FILE).write_text(as_file(generated()), "utf-8")
