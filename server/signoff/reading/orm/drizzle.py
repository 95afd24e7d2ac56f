"""Drizzle's tables: `pgTable`, `pgSchema(…).table`, `pgTableCreator`.

https://orm.drizzle.team/docs/sql-schema-declaration
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from signoff.reading.orm.tables import ColumnModel, TableModel
from signoff.reading.source.js_module import JsModule, arguments, bare, chain, method, pairs, string, text, walk
from signoff.reading.source.js_project import JsProject

if TYPE_CHECKING:
    from tree_sitter import Node

_CASING = re.compile(rb"\bcasing\s*:\s*['\"](snake_case|camelCase)['\"]")


@dataclass
class DrizzleTables:
    """Finds the table that an expression of a module stands for."""

    project: JsProject

    @cached_property
    def casing(self) -> str | None:
        """How `drizzle({ casing })` of the project names columns that say no name of their own."""
        for path, data in self.project.files.items():
            if path.endswith((".ts", ".js", ".mts", ".mjs")) and b"drizzle" in data:
                found = _CASING.search(data)
                if found:
                    return found[1].decode()
        return None

    def table_of(self, module: JsModule, node: Node | None) -> TableModel | None:
        """None: not known from the code."""
        node = bare(node)
        if node is None:
            return None
        found = self.project.definition(module, node) if node.type != "call_expression" else (module, node)
        return None if found is None else self.model(*found)

    def column_of(self, module: JsModule, node: Node | None) -> ColumnModel | None:
        """Of `users.email`, `schema.users.email`."""
        node = bare(node)
        if node is None or node.type != "member_expression":
            return None
        table = self.table_of(module, node.child_by_field_name("object"))
        return None if table is None else table.column(text(node.child_by_field_name("property")))

    def model(self, module: JsModule, call: Node) -> TableModel | None:
        """Of a call that makes a PostgreSQL table."""
        made = next((inner for name, inner in chain(call) if self._makes(module, inner, name)), None)
        if made is None:
            return None
        given = arguments(made)
        named = self._name(module, made, string(given[0]) if given else None)
        if named is None:
            return None
        schema, table = named
        return TableModel(module.place(call), table, schema, tuple(self._columns(module, given[1:])))

    def _makes(self, module: JsModule, call: Node, name: str) -> bool:
        on, _ = method(call)
        if on is not None:
            found = self.project.definition(module, on)
            return name == "table" and found is not None and method(found[1])[1] == "pgSchema"
        if name == "pgTable":
            return True
        found = self.project.definition(module, call.child_by_field_name("function"))
        return found is not None and method(found[1])[1] == "pgTableCreator"

    def _name(self, module: JsModule, call: Node, name: str | None) -> tuple[str | None, str] | None:
        if name is None:
            return None
        on, called = method(call)
        if called == "pgTable" and on is None:
            return None, name
        found = self.project.definition(module, on if on is not None else call.child_by_field_name("function"))
        given = arguments(found[1]) if found is not None and found[1].type == "call_expression" else []
        if not given:
            return None
        if on is not None:
            schema = string(given[0])
            return None if schema is None else (schema, name)
        prefixed = _prefixed(given[0], name)
        return None if prefixed is None else (None, prefixed)

    def _columns(self, module: JsModule, given: list[Node]) -> Iterator[ColumnModel]:
        written = bare(given[0]) if given else None
        if written is not None and written.type == "arrow_function":  # (t) => ({ id: t.integer() })
            written = bare(written.child_by_field_name("body"))
        if written is None:
            return
        for child in written.named_children if written.type == "object" else ():
            if child.type == "spread_element" and child.named_children:
                found = self.project.definition(module, child.named_children[0])
                if found is not None and found[1].type == "object":
                    yield from self._columns(found[0], [found[1]])
        for attribute, value in pairs(written).items():
            calls = list(chain(value))
            if calls:
                kind, made = calls[-1]
                first = next(iter(arguments(made)), None)
                column = string(first) or _cased(attribute, self.casing)
                names = {name for name, _ in calls[:-1]}
                primary = "primaryKey" in names
                nullable = not (primary or "notNull" in names or "serial" in kind.lower())
                yield ColumnModel(attribute, column, module.place(value), kind, nullable, primary)

    def models(self, module: JsModule) -> Iterator[TableModel]:
        """Every table that the module makes."""
        for node in walk(module.root):
            if node.type == "variable_declarator":
                value = bare(node.child_by_field_name("value"))
                found = self.model(module, value) if value is not None and value.type == "call_expression" else None
                if found is not None:
                    yield found


def snake_case(name: str) -> str:
    """As Drizzle and Kysely make it of camelCase."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _cased(name: str, casing: str | None) -> str:
    return snake_case(name) if casing == "snake_case" else name


def _prefixed(function: Node, name: str) -> str | None:
    """What `(name) => `app_${name}`` makes of a name."""
    function_body = bare(function.child_by_field_name("body"))
    if function_body is None or function_body.type != "template_string":
        return None
    parts = [name if part.type == "template_substitution" else text(part) for part in function_body.named_children]
    return "".join(parts)
