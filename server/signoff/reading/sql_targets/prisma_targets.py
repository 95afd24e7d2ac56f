"""`prisma.model.upsert({ where, create, update })`, which Prisma sends as ON CONFLICT where it can.

https://www.prisma.io/docs/orm/reference/prisma-client-reference#database-upserts
It does so when `where` names one unique field, or fields unique together, alone, with the value that `create` gives;
else it reads and writes in two statements, which need no index.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from signoff.model.sql_use import ConflictTarget, NotCheckable, Upsert
from signoff.reading.orm.prisma import PrismaModel
from signoff.reading.source.js_module import JsModule, arguments, bare, has_spread, method, pairs, text, walk
from signoff.reading.source.names import qualified, quoted

if TYPE_CHECKING:
    from tree_sitter import Node

WHERE = "the where of this upsert is put together at run time"


def prisma_upserts(models: Mapping[str, PrismaModel], module: JsModule) -> Iterator[Upsert]:
    """Of `models` by name; a call on what is none of them is not Prisma's."""
    delegates = {name[:1].lower() + name[1:]: model for name, model in models.items()}
    for node in walk(module.root):
        if node.type != "call_expression" or method(node)[1] != "upsert":
            continue
        on = bare(method(node)[0])
        called = text(on.child_by_field_name("property")) if on is not None and on.type == "member_expression" else ""
        if called in delegates and len(arguments(node)) == 1:
            yield from _upsert(delegates[called], module, node)


def _upsert(model: PrismaModel, module: JsModule, call: Node) -> Iterator[Upsert]:
    options = pairs(arguments(call)[0])
    where, create = bare(options.get("where")), bare(options.get("create"))
    if where is None or where.type != "object" or has_spread(where):
        yield NotCheckable(module.place(call), WHERE)
        return
    said = pairs(where)
    if len(said) != 1 or _is_nested(options):
        return
    [(key, value)] = said.items()
    attributes = model.unique.get(key)
    if attributes is None:
        yield NotCheckable(module.place(call), WHERE)
        return
    values = pairs(value) if len(attributes) > 1 else {key: value}
    if not _same_values(values, create):
        return
    columns = tuple(quoted(column.column) for name in attributes if (column := model.table.column(name)) is not None)
    if len(columns) != len(attributes):
        yield NotCheckable(module.place(call), WHERE)
        return
    update = bare(options.get("update"))
    updates = update is not None and bool(update.type != "object" or update.named_children)
    yield ConflictTarget(module.place(call), qualified(model.table.table, model.table.schema), columns, updates=updates)


def _is_nested(options: Mapping[str, Node]) -> bool:
    """Whether relations are read or written with it, for which Prisma needs more statements."""
    written = [pairs(options.get("create")), pairs(options.get("update"))]
    keys = {"connect", "create", "connectOrCreate", "upsert", "createMany", "deleteMany", "disconnect"}
    return "include" in options or any(keys & set(pairs(value)) for values in written for value in values.values())


def _same_values(values: Mapping[str, Node], create: Node | None) -> bool:
    """Whether `create` gives what `where` asks for, as far as the code says; it may come from elsewhere."""
    if create is None or create.type != "object" or has_spread(create):
        return True
    given = pairs(create)
    return all(name in given and text(given[name]) == text(value) for name, value in values.items())
