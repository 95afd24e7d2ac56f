"""Lines and tables of a signoff.toml, each value with where it came from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """`key = value`, with where the value came from."""

    key: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Table:
    """`notes`: comments below its lines."""

    header: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()


def toml(value: str | Sequence[str] | Mapping[str, str | Sequence[str]]) -> str:
    """A TOML literal. JSON's strings are TOML's, but for DEL."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
    return "[" + ", ".join(toml(item) for item in value) + "]"
