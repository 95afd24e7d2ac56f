"""`bulk_create(update_conflicts=True, unique_fields=[…])` of Django.

https://docs.djangoproject.com/en/5.2/ref/models/querysets/#bulk-create
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from signoff.model.sql_use import ConflictTarget, NotCheckable, Place, Upsert
from signoff.reading.orm.django import DjangoModels
from signoff.reading.orm.tables import TableModel
from signoff.reading.source.names import qualified, quoted
from signoff.reading.source.project import Project
from signoff.reading.source.python_files import walk
from signoff.reading.source.python_module import PythonModule, Scope
from signoff.reading.source.python_text import PythonTexts
from signoff.reading.source.text import HOLE

TABLE = "the model of this bulk_create is not known from the code"
FIELDS = "the unique_fields of this bulk_create are put together at run time"


def django_upserts(project: Project, models: DjangoModels, module: PythonModule) -> Iterator[Upsert]:
    """Every bulk_create that updates; `ignore_conflicts` holds with any index, or none."""
    for node, scope in walk(module.tree.body, module.top):
        match node:
            case ast.Call(func=ast.Attribute(value=manager, attr="bulk_create" | "abulk_create")):
                said = {word.arg: word.value for word in node.keywords}
                flag = said.get("update_conflicts")
                if flag is None or (isinstance(flag, ast.Constant) and flag.value is not True):
                    continue
                place = Place(module.path, node.func.end_lineno or node.lineno)
                table = models.table_of(module, _model(manager))
                texts, fields = PythonTexts(project, module), said.get("unique_fields")
                yield _upsert(texts, scope, place, table, fields, updates=isinstance(flag, ast.Constant))
            case _:
                pass


def _model(manager: ast.expr) -> ast.expr:
    """What the manager belongs to: `Tag` of `Tag.objects.using("x")`."""
    node = manager
    while isinstance(node, ast.Call | ast.Attribute):
        if isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager", "_base_manager"}:
            return node.value
        node = node.func if isinstance(node, ast.Call) else node.value
    return manager.value if isinstance(manager, ast.Attribute) else manager


def _upsert(
    texts: PythonTexts, scope: Scope, place: Place, table: TableModel | None, fields: ast.expr | None, *, updates: bool
) -> Upsert:
    elements = None if fields is None else texts.elements(fields, scope)
    if table is None:
        return NotCheckable(place, TABLE)
    columns = [_column(texts, scope, table, one) for one in elements or ()]
    if not columns or None in columns:
        return NotCheckable(place, FIELDS)
    known = tuple(one for one in columns if one)
    return ConflictTarget(place, qualified(table.table, table.schema), known, updates=updates)


def _column(texts: PythonTexts, scope: Scope, table: TableModel, node: ast.expr) -> str | None:
    text = texts.text_of(node, scope)
    if text is None or HOLE in text.text:
        return None
    if text.text == "pk":
        return next((quoted(one.column) for one in table.columns if one.primary_key), None)
    column = table.column(text.text) or table.column(text.text.removesuffix("_id"))
    return None if column is None else quoted(column.column)
