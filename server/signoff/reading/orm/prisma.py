"""Prisma's schema: models, their tables, columns and what is unique.

https://www.prisma.io/docs/orm/reference/prisma-schema-reference
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from signoff.model.sql_use import Place
from signoff.reading.orm.tables import ColumnModel, TableModel

_BLOCK = re.compile(r"^\s*(model|datasource|enum|view|type)\s+(\w+)\s*\{([^}]*)\}", re.MULTILINE)
_FIELD = re.compile(r"^\s*(\w+)\s+(\w+)(\[\])?(\?)?(.*)$")
_MAP = re.compile(r"(?<!@)@map\(\s*(?:name:\s*)?\"([^\"]+)\"")
_TABLE = re.compile(r"@@map\(\s*(?:name:\s*)?\"([^\"]+)\"")
_SCHEMA = re.compile(r"@@schema\(\s*\"([^\"]+)\"")
_UNIQUE = re.compile(r"@@(unique|id)\(\s*(?:fields:\s*)?\[([^\]]*)\]([^\n]*)")
_NAME = re.compile(r"\bname:\s*\"([^\"]+)\"")


@dataclass(frozen=True, slots=True)
class PrismaModel:
    """`unique`: what `where` may say (a field, `a_b`, or a given name) → the attributes that are unique together."""

    name: str
    table: TableModel
    unique: Mapping[str, tuple[str, ...]]


def read_prisma(files: Mapping[str, bytes]) -> Mapping[str, PrismaModel]:
    """Models by name, of one schema in one file or more; none where it is not for PostgreSQL."""
    texts = {path: _without_comments(data.decode("utf-8", "replace")) for path, data in sorted(files.items())}
    blocks = [(path, text, found) for path, text in texts.items() for found in _BLOCK.finditer(text)]
    for _, _, found in blocks:
        provider = re.search(r"provider\s*=\s*\"(\w+)\"", found[3]) if found[1] == "datasource" else None
        if provider is not None and provider[1] not in {"postgresql", "postgres", "cockroachdb"}:
            return {}
    models = {found[2] for _, _, found in blocks if found[1] in {"model", "view"}}
    read = [_model(path, text, found, models) for path, text, found in blocks if found[1] == "model"]
    return {model.name: model for model in read}


def _without_comments(text: str) -> str:
    return re.sub(r"//[^\n]*", "", text)


def _model(path: str, text: str, block: re.Match[str], models: set[str]) -> PrismaModel:
    body, start = block[3], text.count("\n", 0, block.start(3)) + 1
    columns: list[ColumnModel] = []
    unique: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(body.split("\n")):
        field = None if line.strip().startswith("@@") else _FIELD.match(line)
        if field is None or field[2] in models:
            continue
        name, kind, many, optional, rest = field.groups()
        mapped = _MAP.search(rest)
        primary = re.search(r"(?<!@)@id\b", rest) is not None
        place = Place(path, start + number)
        columns.append(
            ColumnModel(name, mapped[1] if mapped else name, place, kind + (many or ""), bool(optional), primary)
        )
        if primary or re.search(r"(?<!@)@unique\b", rest):
            unique[name] = (name,)
    for _, fields, rest in _UNIQUE.findall(body):
        names = tuple(_field_names(fields))
        named = _NAME.search(rest)
        if names:
            unique[named[1] if named else "_".join(names)] = names
    table, schema = _TABLE.search(body), _SCHEMA.search(body)
    place = Place(path, text.count("\n", 0, block.start(2)) + 1)
    found = TableModel(place, table[1] if table else block[2], schema[1] if schema else None, tuple(columns))
    return PrismaModel(block[2], found, unique)


def _field_names(fields: str) -> Iterator[str]:
    for field in re.sub(r"\([^)]*\)", "", fields).split(","):
        if field.strip():
            yield field.strip()
