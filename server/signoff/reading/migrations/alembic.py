"""Alembic's revisions: https://alembic.sqlalchemy.org/en/latest/branches.html"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from signoff.model.migrations import Destructive, Loss, Migration
from signoff.model.sql_use import NotCheckable, Place
from signoff.reading.migrations.losses import losses_in
from signoff.reading.source.project import Project
from signoff.reading.source.python_files import walk
from signoff.reading.source.python_module import PythonModule, Scope
from signoff.reading.source.python_text import PythonTexts

_REVISION = re.compile(rb"^down_revision\b", re.MULTILINE)
UNREAD = "this revision of Alembic says its id or its parents in a way that cannot be read"


@dataclass(frozen=True, slots=True)
class Revision:
    """`labels`: its branch labels; heads of branches with labels of their own are meant to be several."""

    migration: Migration
    labels: tuple[str, ...]
    losses: tuple[Destructive, ...]


def is_revision(path: str, data: bytes) -> bool:
    return path.endswith(".py") and _REVISION.search(data) is not None


def read_revision(project: Project, path: str) -> Revision | NotCheckable:
    module = project.python(path)
    if module is None:
        return NotCheckable(Place(path, 1), UNREAD)
    said = {
        name: _names(module.top.find(name)) for name in ("revision", "down_revision", "depends_on", "branch_labels")
    }
    revision, parents = said["revision"], said["down_revision"]
    if revision is None or len(revision) != 1 or parents is None:
        return NotCheckable(Place(path, 1), UNREAD)
    given = module.top.find("revision")
    place = Place(path, given.lineno if given is not None else 1)
    migration = Migration(place, "alembic", posixpath.dirname(path), revision[0], parents)
    return Revision(migration, said["branch_labels"] or (), tuple(_losses(project, module, revision[0])))


def _names(node: ast.expr | None) -> tuple[str, ...] | None:
    """A text, several, or None as no name; None: it is something else."""
    match node:
        case ast.Constant(value=str(name)):
            return (name,)
        case ast.Constant(value=None):
            return ()
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
            names = [one.value for one in elements if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            return tuple(names) if len(names) == len(elements) else None
        case _:
            return None


def _losses(project: Project, module: PythonModule, revision: str) -> Iterator[Destructive]:
    texts = PythonTexts(project, module)
    upgrade = next((n for n in module.tree.body if isinstance(n, ast.FunctionDef) and n.name == "upgrade"), None)
    batches: dict[str, str] = {}
    made: set[str | None] = set()
    for node, scope in walk(upgrade.body, module.top) if upgrade is not None else ():
        if isinstance(node, ast.With):
            for item in node.items:
                name = getattr(item.optional_vars, "id", None)
                if isinstance(item.context_expr, ast.Call) and name:
                    batches[name] = _argument(texts, scope, item.context_expr, 0, "table_name") or ""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        batch = batches.get(getattr(node.func.value, "id", ""))
        if node.func.attr == "create_table":
            made.add(_argument(texts, scope, node, 0, "table_name"))
        elif node.func.attr == "execute" and node.args:
            sql = texts.text_of(node.args[0], scope)
            if sql is not None:
                yield from losses_in(revision, sql)
        else:
            for loss, table, column in _operation(texts, scope, node, node.func.attr, batch):
                if table not in made:
                    yield Destructive(texts.place(node), revision, loss, table, column)


def _operation(
    texts: PythonTexts, scope: Scope, call: ast.Call, name: str, batch: str | None
) -> Iterator[tuple[Loss, str | None, str | None]]:
    first = 0 if batch is not None else 1
    table = batch if batch is not None else _argument(texts, scope, call, 0, "table_name")
    said = {word.arg: word.value for word in call.keywords}
    if name == "drop_table":
        yield "drop-table", table, None
    elif name == "rename_table":
        yield "rename", _argument(texts, scope, call, 0, "old_table_name"), None
    elif name == "drop_column":
        yield "drop-column", table, _argument(texts, scope, call, first, "column_name")
    elif name == "alter_column":
        column = _argument(texts, scope, call, first, "column_name")
        if isinstance(said.get("nullable"), ast.Constant) and said["nullable"].value is False:  # type: ignore[attr-defined]
            yield "set-not-null", table, column
        if "new_column_name" in said:
            yield "rename", table, column
        if "type_" in said:
            yield "change-type", table, column


def _argument(texts: PythonTexts, scope: Scope, call: ast.Call, index: int, name: str) -> str | None:
    node = next((word.value for word in call.keywords if word.arg == name), None)
    if node is None and index < len(call.args):
        node = call.args[index]
    text = None if node is None else texts.text_of(node, scope)
    return None if text is None else text.text
