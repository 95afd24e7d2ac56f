"""`db.insert(table)….onConflictDoUpdate({ target })` of Drizzle.

https://orm.drizzle.team/docs/insert#upserts-and-conflicts
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from signoff.model.sql_use import ConflictTarget, NotCheckable, Upsert
from signoff.reading.orm.drizzle import DrizzleTables
from signoff.reading.source.js_module import JsModule, arguments, bare, chain, has_spread, method, pairs, text, walk
from signoff.reading.source.js_text import JsTexts
from signoff.reading.source.names import qualified, quoted
from signoff.reading.source.text import HOLE

if TYPE_CHECKING:
    from tree_sitter import Node

TABLE = "the table of this {} is not known from the code"
TARGET = "the target of this {} is put together at run time"
WHERE = "the condition of the index of this {} cannot be read from the code"
_WHERE = {"onConflictDoUpdate": "targetWhere", "onConflictDoNothing": "where"}
_COMPARED = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_NULL = {"isNull": "IS NULL", "isNotNull": "IS NOT NULL"}


def drizzle_upserts(tables: DrizzleTables, module: JsModule) -> Iterator[Upsert]:
    for node in walk(module.root):
        if node.type == "call_expression" and method(node)[1] in _WHERE:
            upsert = _upsert(tables, module, node)
            if upsert is not None:
                yield upsert


def _upsert(tables: DrizzleTables, module: JsModule, call: Node) -> Upsert | None:
    name, given = method(call)[1], arguments(call)
    if not given:
        return None  # onConflictDoNothing() holds with any index, or none
    place = module.place(_property(call))
    options = pairs(given[0])
    target = options.get("target")
    if target is None:
        written = bare(given[0])
        plain = written is not None and written.type == "object" and not has_spread(written)
        return None if plain and name == "onConflictDoNothing" else NotCheckable(place, TARGET.format(name))
    table = None
    inserted = next((inner for called, inner in chain(call) if called == "insert"), None)
    if inserted is not None and arguments(inserted):
        if _of_sqlite(tables, module, arguments(inserted)[0]):
            return None
        table = tables.table_of(module, arguments(inserted)[0])
    if table is None:
        return NotCheckable(place, TABLE.format(name))
    columns = _columns(tables, module, target)
    if not columns:
        return NotCheckable(place, TARGET.format(name))
    where = None
    if (written_where := options.get(_WHERE[name])) is not None:
        where = _where(tables, module, written_where)
        if where is None:
            return NotCheckable(place, WHERE.format(name))
    updates = name == "onConflictDoUpdate"
    return ConflictTarget(place, qualified(table.table, table.schema), columns, where, updates=updates)


def _property(call: Node) -> Node:
    function = call.child_by_field_name("function")
    return (function.child_by_field_name("property") if function is not None else None) or call


def _of_sqlite(tables: DrizzleTables, module: JsModule, node: Node) -> bool:
    found = tables.project.definition(module, node)
    names = {name for name, _ in chain(found[1])} if found is not None else set()
    return bool(names & {"sqliteTable", "sqliteTableCreator"})


def _columns(tables: DrizzleTables, module: JsModule, node: Node) -> tuple[str, ...] | None:
    array = bare(node)
    elements = [node]
    if array is not None and (array.type == "array" or tables.column_of(module, array) is None):
        elements = JsTexts(tables.project, module).elements(array) or []
    found = [tables.column_of(module, element) for element in elements]
    return tuple(quoted(one.column) for one in found if one is not None) if None not in found else None


def _where(tables: DrizzleTables, module: JsModule, node: Node) -> str | None:
    """A template of `sql` with columns of tables, or Drizzle's operators on columns and literals."""
    call = bare(node)
    if call is None or call.type != "call_expression":
        return None
    written = call.child_by_field_name("arguments")
    _, name = method(call)
    if written is not None and written.type == "template_string":
        parts: list[str | None] = []
        for child in written.named_children:
            inside = child.named_children[0] if child.type == "template_substitution" and child.named_children else None
            parts.append(_operand(tables, module, inside) if inside is not None else text(child))
        return None if None in parts or name != "sql" else "".join(part for part in parts if part)
    given = arguments(call)
    operands = [_operand(tables, module, one) for one in given]
    if name in _NULL and len(operands) == 1 and operands[0]:
        return f"{operands[0]} {_NULL[name]}"
    if name in _COMPARED and len(operands) == 2 and None not in operands:
        return f"{operands[0]} {_COMPARED[name]} {operands[1]}"
    if name in {"and", "or"}:
        inner = [_where(tables, module, one) for one in given]
        return None if None in inner else f" {name.upper()} ".join(f"({one})" for one in inner)
    return None


def _operand(tables: DrizzleTables, module: JsModule, node: Node) -> str | None:
    column = tables.column_of(module, node)
    if column is not None:
        return quoted(column.column)
    if node.type in {"true", "false", "number"}:
        return text(node)
    literal = JsTexts(tables.project, module).text_of(node) if node.type == "string" else None
    if literal is None or HOLE in literal.text:
        return None
    return "'" + literal.text.replace("'", "''") + "'"
