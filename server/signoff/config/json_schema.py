"""The JSON Schema of signoff.toml, for editors; committed as docs/signoff.schema.json."""

from __future__ import annotations

from typing import Any

from signoff.config.schema import Document


def json_schema() -> dict[str, Any]:
    """Draft 2020-12. TOML has no null, so what may be left out is only left out; generated titles are dropped."""
    schema: dict[str, Any] = _plain(Document.model_json_schema())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "signoff.toml",
        **schema,
    }


def _plain(schema: Any, *, names: bool = False) -> Any:
    """`names`: the keys of this mapping are names of settings, not words of JSON Schema."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {
        key: _plain(value, names=key in {"properties", "$defs"})
        for key, value in schema.items()
        if names or not (key == "title" or (key == "default" and value is None))
    }
    choices = plain.get("anyOf")
    if not names and isinstance(choices, list) and {"type": "null"} in choices:
        kept = [choice for choice in choices if choice != {"type": "null"}]
        del plain["anyOf"]
        plain = {**kept[0], **plain} if len(kept) == 1 else {**plain, "anyOf": kept}
    return plain
