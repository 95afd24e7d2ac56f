"""`insert(…).on_conflict_do_update(…)` of SQLAlchemy.

https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#insert-on-conflict-upsert
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from signoff.model.sql_use import ConflictTarget, NotCheckable, Place, Upsert
from signoff.reading.orm.sqlalchemy import SqlAlchemyTables
from signoff.reading.orm.tables import ColumnModel, TableModel
from signoff.reading.source.names import qualified, quoted
from signoff.reading.source.project import Project
from signoff.reading.source.python_files import walk
from signoff.reading.source.python_module import PythonModule, Scope
from signoff.reading.source.python_text import PythonTexts
from signoff.reading.source.text import HOLE
from signoff.reading.sql_targets.sqlalchemy_where import predicate

TABLE = "the table of this {} is not known from the code"
ELEMENTS = "the index_elements of this {} are put together at run time"
CONSTRAINT = "the constraint of this {} is not known from the code"
WHERE = "the index_where of this {} cannot be read from the code"
_METHODS = ("on_conflict_do_update", "on_conflict_do_nothing")
_DEEP = 30


def sqlalchemy_upserts(project: Project, tables: SqlAlchemyTables, module: PythonModule) -> Iterator[Upsert]:
    """Every call of on_conflict_do_update or on_conflict_do_nothing in the module that names a target."""
    for node, scope in walk(module.tree.body, module.top):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
            yield from _Call(project, tables, module, scope, node, node.func).upserts()


@dataclass(slots=True)
class _Call:
    project: Project
    tables: SqlAlchemyTables
    module: PythonModule
    scope: Scope
    call: ast.Call
    method: ast.Attribute

    def upserts(self) -> Iterator[Upsert]:
        said = {word.arg: word.value for word in self.call.keywords if word.arg}
        said |= dict(zip(("constraint", "index_elements", "index_where"), self.call.args, strict=False))
        given = {name: value for name, value in said.items() if not _is_none(value)}
        elements, constraint = given.get("index_elements"), given.get("constraint")
        spread = any(word.arg is None for word in self.call.keywords)  # **options
        if elements is None and constraint is None and not spread and self.method.attr == _METHODS[1]:
            return
        inserted = self._insert(self.method.value)
        if inserted is not None and "sqlite" in self.module.origin(inserted.func):
            return
        table = self._table(inserted)
        where = None
        if (whereclause := given.get("index_where")) is not None:
            where = predicate(whereclause, self._column)
            if where is None:
                yield self._not(WHERE)
                return
        if constraint is not None:
            yield self._of_constraint(table, constraint)
        elif elements is None:
            yield self._not(ELEMENTS)
        elif table is None:
            yield self._not(TABLE)
        else:
            columns = self._columns(elements, table)
            yield self._target(table, columns, where) if columns else self._not(ELEMENTS)

    def _place(self) -> Place:
        return Place(self.module.path, self.method.end_lineno or self.call.lineno)

    def _target(
        self, table: TableModel, columns: tuple[str, ...], where: str | None = None, constraint: str | None = None
    ) -> ConflictTarget:
        name, updates = qualified(table.table, table.schema), self.method.attr == _METHODS[0]
        return ConflictTarget(self._place(), name, columns, where, constraint, updates)

    def _not(self, why: str) -> NotCheckable:
        return NotCheckable(self._place(), why.format(self.method.attr))

    def _insert(self, node: ast.expr, depth: int = 0) -> ast.Call | None:
        """The `insert(…)` at the root of a chain of calls, also under a name that is given nothing else."""
        if depth > _DEEP:
            return None
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and not self._is_insert(node.func):
                return self._insert(node.func.value, depth + 1)
            return node if self._is_insert(node.func) else None
        if not isinstance(node, ast.Name):
            return None
        roots = {id(root): root for root in self._roots(node, depth)}
        return next(iter(roots.values())) if len(roots) == 1 else None

    def _roots(self, node: ast.Name, depth: int) -> Iterator[ast.Call]:
        for value in self.scope.given(node.id):
            if value is not None and not _starts_with(value, node.id):
                root = self._insert(value, depth + 1)
                if root is not None:
                    yield root

    def _is_insert(self, function: ast.expr) -> bool:
        origin = self.module.origin(function)
        last = origin.rpartition(".")[2]
        if isinstance(function, ast.Attribute) and last == "insert":
            return True  # postgresql.insert(…), and table.insert() of which _table makes sense
        return last in {"insert", "Insert"} or "insert" in getattr(function, "id", "").lower()

    def _table(self, inserted: ast.Call | None) -> TableModel | None:
        if inserted is None:
            return None
        given = next(iter(inserted.args), None) or next((w.value for w in inserted.keywords if w.arg == "table"), None)
        return None if given is None else self.tables.table_of(self.module, given, self.scope)

    def _of_constraint(self, table: TableModel | None, node: ast.expr) -> Upsert:
        if table is None:
            return self._not(TABLE)
        if isinstance(node, ast.Attribute) and node.attr == "primary_key":
            keys = tuple(quoted(one.column) for one in table.columns if one.primary_key)
            return self._target(table, keys) if keys else self._not(CONSTRAINT)
        name = self._text(node)
        if name is None:
            return self._not(CONSTRAINT)
        return self._target(table, (), constraint=quoted(name))

    def _columns(self, node: ast.expr, table: TableModel | None) -> tuple[str, ...] | None:
        elements = PythonTexts(self.project, self.module).elements(node, self.scope)
        if elements is None:
            return None
        columns = [self._element(one, table) for one in elements]
        return tuple(one for one in columns if one is not None) if None not in columns else None

    def _element(self, node: ast.expr, table: TableModel | None) -> str | None:
        """SQL text: a string is a column's name, a column object has its own, `text(…)` is as it stands."""
        if isinstance(node, ast.Call):
            called = self.module.origin(node.func)
            if called.rpartition(".")[2] == "text" and node.args:
                return self._text(node.args[0])
            if ".func." in f".{called}" and len(node.args) == 1:
                inner = self._column(node.args[0])
                return None if inner is None else f"{called.rpartition('.')[2]}({inner})"
            return None
        text = self._text(node)
        if text is not None:
            return quoted(text)
        name = self._column(node)
        if name is None and table is not None and isinstance(node, ast.Attribute):
            column = table.column(node.attr)
            return quoted(column.column) if column else None
        return name

    def _text(self, node: ast.expr) -> str | None:
        text = PythonTexts(self.project, self.module).text_of(node, self.scope)
        return None if text is None or HOLE in text.text else text.text

    def _column(self, node: ast.expr) -> str | None:
        """`Model.attribute`, `table.c.key`, `table.c["key"]`, each also with `.name`: the column as SQL text."""
        if isinstance(node, ast.Attribute) and node.attr in {"name", "key"}:
            inner = self._column(node.value)
            if inner is not None:
                return inner
        owner, key = _owner_and_key(node)
        if owner is None:
            return None
        if isinstance(owner, ast.Attribute) and owner.attr in {"c", "columns"}:
            table = self.tables.table_of(self.module, owner.value, self.scope)
        else:
            table = self.tables.table_of(self.module, owner, self.scope)
        column: ColumnModel | None = None if table is None else table.column(key)
        return None if column is None else quoted(column.column)


def _owner_and_key(node: ast.expr) -> tuple[ast.expr | None, str]:
    match node:
        case ast.Attribute(value=owner, attr=key):
            return owner, key
        case ast.Subscript(value=owner, slice=ast.Constant(value=str(key))):
            return owner, key
        case _:
            return None, ""


def _starts_with(node: ast.expr, name: str) -> bool:
    """Whether a chain of calls begins with this name: `stmt = stmt.values(…)`."""
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and node.id == name


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
