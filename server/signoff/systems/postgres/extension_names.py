"""Definitions without the schema that an extension happens to be in: `citext` is the same in public and in extensions.

Where an extension is, is decided by who installs it (Supabase has a schema `extensions`), and no statement notices.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

_NAME = r'"(?:[^"]|"")+"|[A-Za-z_][\w$]*'
_QUALIFIED = re.compile(rf'(?<![\w".])(?P<schema>{_NAME})\.(?P<name>{_NAME})|OPERATOR\((?P<of>{_NAME})\.(?=[^\w)]+\))')
_PARTS = ("tables", "columns", "constraints", "indexes", "triggers", "policies", "types", "functions")
_OWN = frozenset(("schema", "name"))
"""Columns that say what an object is called, not what it is."""


def without_schemas(rows: Rows) -> Rows:
    """The same rows, where `members` (schema and name) are what extensions brought."""
    members = {(row["schema"], row["name"]) for row in rows["members"]}
    if not members:
        return rows
    schemas = {schema for schema, _ in members}

    def shorter(found: re.Match[str]) -> str:
        if found["of"] is not None:
            return "OPERATOR(" if _plain(found["of"]) in schemas else found[0]
        return found["name"] if (_plain(found["schema"]), _plain(found["name"])) in members else found[0]

    def value(name: str, held: Any) -> Any:
        if name in _OWN:
            return held
        if isinstance(held, str):
            return _QUALIFIED.sub(shorter, held)
        return [value(name, one) for one in held] if isinstance(held, list) else held

    return {
        part: [{name: value(name, held) for name, held in row.items()} for row in found] if part in _PARTS else found
        for part, found in rows.items()
    }


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
