"""Django's models: their tables and columns.

https://docs.djangoproject.com/en/5.2/ref/models/options/#table-names
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from signoff.model.sql_use import Place
from signoff.reading.orm.classes import class_of, last_name, lineage
from signoff.reading.orm.tables import ColumnModel, TableModel
from signoff.reading.source.project import Project
from signoff.reading.source.python_module import PythonModule

_RELATIONS = {"ForeignKey", "OneToOneField"}
_NO_COLUMN = {"ManyToManyField", "GenericForeignKey", "GenericRelation", "ReverseGenericManyToOneDescriptor"}
_LABEL = re.compile(rb"^\s+label\s*=\s*['\"](\w+)['\"]", re.MULTILINE)
_MODEL_BASES = re.compile(r"(?:\A|\.)models\.Model\Z|\Adjango\..*\.(?:Abstract\w+|Model)\Z")


@dataclass(slots=True)
class DjangoModels:
    """Finds the model that an expression of a module stands for, and its table."""

    project: Project
    _read: dict[tuple[str, str], TableModel | None] = field(default_factory=dict)

    def table_of(self, module: PythonModule, node: ast.expr) -> TableModel | None:
        """Of a model class by its name; None: it is no model, or not known from the code."""
        found = class_of(self.project, module, node)
        return None if found is None else self.model(*found)

    def model(self, module: PythonModule, owner: ast.ClassDef) -> TableModel | None:
        """None of a class that is no model, or an abstract one."""
        key = (module.path, owner.name)
        if key not in self._read:
            self._read[key] = self._table(module, owner)
        return self._read[key]

    def _table(self, module: PythonModule, owner: ast.ClassDef) -> TableModel | None:
        line = list(lineage(self.project, module, owner))
        if not any(_MODEL_BASES.search(where.origin(base)) for where, one in line for base in one.bases):
            return None
        options = _meta(owner)
        if _is_true(options.get("abstract")):
            return None
        if _is_true(options.get("proxy")) and owner.bases:
            return self.table_of(module, owner.bases[0])
        named, label = options.get("db_table"), options.get("app_label")
        table = _literal(named)
        if table is None:
            app = _literal(label) or self._app_label(module.path)
            if named is not None or app is None:
                return None
            table = f"{app}_{owner.name.lower()}"
        fields = {one.attribute: one for where, cls in reversed(line) for one in _fields(where, cls)}
        columns = list(fields.values())
        if not any(one.primary_key for one in columns):
            columns.insert(0, ColumnModel("id", "id", Place(module.path, owner.lineno), "AutoField", False, True))
        schema, dot, inside = table.partition('"."')  # db_table = 'schema"."table', as is done for want of an option
        place = Place(module.path, owner.lineno)
        return TableModel(place, inside if dot else table, schema.strip('"') if dot else None, tuple(columns))

    def _app_label(self, path: str) -> str | None:
        """The folder of `models.py` or of the package `models`, unless its AppConfig has another label."""
        folder = re.sub(r"(?:/|\A)models(?:/.*)?\Z", "", posixpath.splitext(path)[0])
        if folder == posixpath.splitext(path)[0]:
            folder = posixpath.dirname(path)
        config = self.project.files.get(f"{folder}/apps.py")
        said = _LABEL.search(config) if config is not None else None
        return said[1].decode() if said else folder.rpartition("/")[2] or None


def _meta(owner: ast.ClassDef) -> dict[str, ast.expr]:
    for node in owner.body:
        if isinstance(node, ast.ClassDef) and node.name == "Meta":
            return {
                one.targets[0].id: one.value
                for one in node.body
                if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)
            }
    return {}


def _fields(module: PythonModule, owner: ast.ClassDef) -> Iterator[ColumnModel]:
    for node in owner.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() as call):
                pass
            case _:
                continue
        kind = last_name(call.func)
        if kind in _NO_COLUMN or not (kind.endswith("Field") or kind in _RELATIONS):
            continue
        said = {word.arg: word.value for word in call.keywords if word.arg}
        column = _literal(said.get("db_column")) or (f"{name}_id" if kind in _RELATIONS else name)
        null, primary = _is_true(said.get("null")), _is_true(said.get("primary_key"))
        yield ColumnModel(name, column, Place(module.path, node.lineno), kind, null, primary)


def _literal(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
