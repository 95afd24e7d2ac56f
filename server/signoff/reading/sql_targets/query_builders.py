"""Upserts of query builders in JavaScript: Knex, Kysely, and the client of Supabase.

https://knexjs.org/guide/query-builder.html#onconflict, https://kysely-org.github.io/kysely-apidoc/classes/OnConflictBuilder.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from signoff.model.sql_use import ConflictTarget, NotCheckable, Upsert
from signoff.reading.orm.drizzle import snake_case
from signoff.reading.source.js_module import JsModule, arguments, bare, chain, method, pairs, string, text, walk
from signoff.reading.source.js_project import JsProject
from signoff.reading.source.js_text import JsTexts
from signoff.reading.source.names import qualified, quoted
from signoff.reading.source.text import HOLE, plain
from signoff.reading.sql_targets.statement import upserts_in

if TYPE_CHECKING:
    from tree_sitter import Node

TABLE = "the table of this onConflict is not known from the code"
TARGET = "the target of this onConflict is put together at run time"
_INTO = {"insertInto", "into", "from", "table"}
_MAPPED = re.compile(rb"knexSnakeCaseMappers|knex-stringcase|\bCamelCasePlugin\b")
_OPERATORS = {
    "=": "=",
    "!=": "!=",
    "<>": "<>",
    "<": "<",
    ">": ">",
    "<=": "<=",
    ">=": ">=",
    "is": "IS",
    "is not": "IS NOT",
}


@dataclass
class QueryBuilders:
    project: JsProject

    @cached_property
    def snake(self) -> bool:
        """Whether the project has camelCase names made snake_case on their way to the database."""
        return any(_MAPPED.search(data) for path, data in self.project.files.items() if path.endswith((".ts", ".js")))

    def upserts(self, module: JsModule) -> Iterator[Upsert]:
        for node in walk(module.root):
            if node.type != "call_expression":
                continue
            name, given = method(node)[1], arguments(node)
            if name == "onConflict" and given:
                first = bare(given[0])
                if first is not None:
                    yield from _Conflict(self, module, node).upserts(first)
            elif name == "upsert" and len(given) == 2 and "onConflict" in pairs(given[1]):
                yield from _Conflict(self, module, node).of_supabase(pairs(given[1]))


@dataclass(slots=True)
class _Conflict:
    builders: QueryBuilders
    module: JsModule
    call: Node

    def upserts(self, first: Node) -> Iterator[Upsert]:
        if first.type in {"arrow_function", "function_expression"}:
            yield from self._kysely(first)
        elif (raw := self._raw(first)) is not None:
            yield from self._knex_raw(raw)
        else:
            yield self._target(self._names(first), updates=self._merges())

    def of_supabase(self, options: Mapping[str, Node]) -> Iterator[Upsert]:
        """`upsert(rows, { onConflict: "a,b" })`; with `ignoreDuplicates: true` nothing is updated."""
        written = string(options["onConflict"])
        names = None if written is None else [name.strip() for name in written.split(",")]
        ignores = options.get("ignoreDuplicates")
        updates = ignores is None or ignores.type == "false"
        yield self._target(None if names is None else tuple(quoted(name) for name in names), updates=updates)

    def _merges(self) -> bool:
        """Whether Knex's `.merge()` follows, and not `.ignore()`."""
        after = self.call.parent
        return after is not None and text(after.child_by_field_name("property")) == "merge"

    def _target(
        self,
        columns: tuple[str, ...] | None,
        where: str | None = None,
        constraint: str | None = None,
        *,
        updates: bool,
    ) -> Upsert:
        place = self.module.place(_property(self.call))
        table = self._table()
        if table is None:
            return NotCheckable(place, TABLE)
        if not columns and constraint is None:
            return NotCheckable(place, TARGET)
        return ConflictTarget(place, table, columns or (), where, constraint, updates)

    def _table(self) -> str | None:
        schema = written = None
        for name, inner in chain(self.call):
            given = arguments(inner)
            on, _ = method(inner)
            if name == "withSchema" and given:
                schema = self._text(given[0])
                if schema is None:
                    return None
            elif given and (name in _INTO or on is None) and written is None:
                written = self._text(given[0])
            elif name in {"query", "insert"} and written is None and on is not None:
                written = self._model(on)
        if not written:
            return None
        written = re.split(r"\s+as\s+", written, maxsplit=1)[0].strip()
        inside, _, table = written.rpartition(".")
        return qualified(self._case(table), schema or inside or None)

    def _model(self, node: Node) -> str | None:
        """`tableName` of a class of Objection."""
        found = self.builders.project.definition(self.module, node)
        if found is None or found[1].type != "class_declaration":
            return None
        written = re.search(
            r"static\s+(?:get\s+)?tableName\s*(?:\(\)\s*\{\s*return|=)\s*['\"]([\w.]+)['\"]", text(found[1])
        )
        return written[1] if written else None

    def _text(self, node: Node) -> str | None:
        found = JsTexts(self.builders.project, self.module).text_of(node)
        return None if found is None or HOLE in found.text else found.text

    def _case(self, name: str) -> str:
        return snake_case(name) if self.builders.snake else name

    def _names(self, node: Node) -> tuple[str, ...] | None:
        single = self._text(node)
        if single is not None:
            return (quoted(self._case(single)),)
        elements = JsTexts(self.builders.project, self.module).elements(node)
        found = [self._text(one) for one in elements or (node,)]
        return None if None in found else tuple(quoted(self._case(one)) for one in found if one)

    def _raw(self, node: Node) -> str | None:
        """The text of `knex.raw("(email) where active")`."""
        if node.type != "call_expression" or method(node)[1] != "raw" or len(arguments(node)) != 1:
            return None
        return self._text(arguments(node)[0])

    def _knex_raw(self, raw: str) -> Iterator[Upsert]:
        place = self.module.place(_property(self.call))
        for upsert in upserts_in(plain(f"insert into t select 1 on conflict {raw} do nothing", place)):
            if isinstance(upsert, ConflictTarget):
                yield self._target(upsert.columns, upsert.where, upsert.constraint, updates=self._merges())
            else:
                yield upsert

    def _kysely(self, function: Node) -> Iterator[Upsert]:
        """`(oc) => oc.columns([…]).where(…).doUpdateSet(…)`; what follows `doUpdateSet` is no part of the target."""
        columns: tuple[str, ...] | None = ()
        constraint: str | None = None
        updates = False
        conditions: list[str | None] = []
        for name, inner in reversed(list(chain(_returned(function)))):
            given = arguments(inner)
            if name == "doNothing" and columns == ():
                return
            if name.startswith("do"):
                updates = name == "doUpdateSet"
                break
            if name == "constraint" and given:
                called = self._text(given[0])
                columns, constraint = None, None if called is None else quoted(called)
            elif name == "where":
                conditions.append(self._condition(given))
            elif name == "expression":
                written = self._text(given[0]) if given else None
                columns = None if written is None or columns is None else (*columns, f"({written})")
            elif name in {"column", "columns"}:
                found = self._names(given[0]) if given else None
                columns = None if found is None or columns is None else (*columns, *found)
        where = " AND ".join(one for one in conditions if one) or None
        yield self._target(None if None in conditions else columns, where, constraint, updates=updates)

    def _condition(self, given: list[Node]) -> str | None:
        if len(given) != 3:
            return None
        column, operator = self._text(given[0]), self._text(given[1])
        value = text(given[2]) if given[2].type in {"null", "true", "false", "number"} else None
        if value is None and (literal := self._text(given[2])) is not None:
            value = "'" + literal.replace("'", "''") + "'"
        if column is None or operator not in _OPERATORS or value is None:
            return None
        return f"{quoted(self._case(column))} {operator} {value}"


def _returned(function: Node) -> Node:
    """What an arrow function gives back: its expression, or that of its first return."""
    body = bare(function.child_by_field_name("body"))
    if body is None or body.type != "statement_block":
        return body or function
    returned = next((node for node in walk(body) if node.type == "return_statement"), None)
    return (
        bare(returned.named_children[0]) or function if returned is not None and returned.named_children else function
    )


def _property(call: Node) -> Node:
    function = call.child_by_field_name("function")
    return (function.child_by_field_name("property") if function is not None else None) or call
