"""Django's migrations: https://docs.djangoproject.com/en/5.2/topics/migrations/"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from signoff.model.migrations import Destructive, Loss, Migration
from signoff.model.sql_use import NotCheckable, Place
from signoff.reading.migrations.losses import losses_in
from signoff.reading.orm.classes import last_name
from signoff.reading.source.project import Project
from signoff.reading.source.python_module import PythonModule
from signoff.reading.source.python_text import PythonTexts

_PATH = re.compile(r"(?:\A|/)(?P<app>\w+)/migrations/(?P<name>\w+)\.py\Z")
_CLASS = re.compile(rb"^class\s+Migration\b", re.MULTILINE)
_LOSSES: dict[str, Loss] = {
    "RemoveField": "drop-column", "DeleteModel": "drop-table", "RenameField": "rename", "RenameModel": "rename",
    "AlterModelTable": "rename",
}  # fmt: skip
UNREAD = "this migration of Django says its dependencies in a way that cannot be read"


@dataclass(frozen=True, slots=True)
class AppMigration:
    """`replaces`: the migrations of its app that it was squashed from."""

    migration: Migration
    replaces: tuple[str, ...]
    losses: tuple[Destructive, ...]


def is_app_migration(path: str, data: bytes) -> bool:
    return _PATH.search(path) is not None and _CLASS.search(data) is not None


def read_app_migration(project: Project, path: str) -> AppMigration | NotCheckable:
    """Of a path that is_app_migration; what it follows in other apps is left out."""
    named, module = _PATH.search(path), project.python(path)
    owner = module.classes.get("Migration") if module is not None else None
    if named is None or module is None or owner is None:
        return NotCheckable(Place(path, 1), UNREAD)
    given = {
        node.targets[0].id: node.value
        for node in owner.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    after = _of_app(given.get("dependencies"), named["app"])
    if after is None:
        return NotCheckable(Place(path, owner.lineno), UNREAD)
    replaces = _of_app(given.get("replaces"), named["app"]) or ()
    migration = Migration(Place(path, owner.lineno), "django", named["app"], named["name"], after, replaces)
    losses = tuple(_losses(PythonTexts(project, module), module, migration, given.get("operations")))
    return AppMigration(migration, replaces, losses)


def _of_app(node: ast.expr | None, app: str) -> tuple[str, ...] | None:
    """The names of `[("app", "0001_initial"), …]` that are of this app; None: it is not written out."""
    if node is None:
        return ()
    if not isinstance(node, ast.List | ast.Tuple):
        return None
    names = []
    for one in node.elts:
        match one:
            case ast.Tuple(elts=[ast.Constant(value=str(of)), ast.Constant(value=str(name))]):
                names += [name] if of == app else []
            case ast.Call():  # swappable_dependency: another app
                pass
            case _:
                return None
    return tuple(names)


def _losses(
    texts: PythonTexts, module: PythonModule, migration: Migration, node: ast.expr | None
) -> Iterator[Destructive]:
    """Of a list of operations; `state_operations` change nothing in the database."""
    for call in node.elts if isinstance(node, ast.List | ast.Tuple) else ():
        if not isinstance(call, ast.Call):
            continue
        name = last_name(call.func)
        said: dict[str | None, ast.expr] = {word.arg: word.value for word in call.keywords}
        if name == "SeparateDatabaseAndState":
            within = said.get("database_operations") or next(iter(call.args), None)
            yield from _losses(texts, module, migration, within)
        elif name == "RunSQL":
            first = said.get("sql") or next(iter(call.args), None)
            sql = None if first is None else texts.text_of(first, module.top)
            if sql is not None:
                yield from losses_in(migration.id, sql)
        elif name in _LOSSES:
            given = [_literal(one) for one in call.args]
            model = _literal(said.get("model_name") or said.get("old_name") or said.get("name")) or next(
                iter(given), None
            )
            column = None
            if name in {"RemoveField", "RenameField"}:
                column = _literal(said.get("name") or said.get("old_name")) or next(iter(given[1:]), None)
                model = _literal(said.get("model_name")) or next(iter(given), None)
            table = None if model is None else f"{migration.group}_{model.lower()}"
            yield Destructive(texts.place(call), migration.id, _LOSSES[name], table, column)


def _literal(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
