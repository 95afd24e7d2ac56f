"""SQLAlchemy's tables: declarative classes, `Table(...)`, SQLModel, Flask-SQLAlchemy.

https://docs.sqlalchemy.org/en/20/orm/declarative_tables.html
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from signoff.model.sql_use import Place
from signoff.reading.orm.classes import class_of, last_name, lineage
from signoff.reading.orm.tables import ColumnModel, TableModel
from signoff.reading.source.project import Project
from signoff.reading.source.python_module import PythonModule, Scope
from signoff.reading.source.python_text import PythonTexts
from signoff.reading.source.text import HOLE

_COLUMNS = {"Column", "mapped_column", "Field", "column_property", "deferred"}
_DEEP = 12


@dataclass(slots=True)
class SqlAlchemyTables:
    """Finds the table that an expression of a module stands for."""

    project: Project
    _classes: dict[tuple[str, str], TableModel | None] = field(default_factory=dict)

    def table_of(self, module: PythonModule, node: ast.expr, scope: Scope, depth: int = 0) -> TableModel | None:
        """Of a model class, its `__table__`, or a Table under whatever name; None: not known from the code."""
        if depth > _DEEP:
            return None
        if isinstance(node, ast.Attribute) and node.attr == "__table__":
            return self.table_of(module, node.value, scope, depth + 1)
        if isinstance(node, ast.Call):
            return self._called_table(module, node)
        if isinstance(node, ast.Name) and not scope.binds(node.id) and node.id in module.classes:
            return self.model(module, module.classes[node.id])
        if not isinstance(node, ast.Name | ast.Attribute):
            return None
        texts = PythonTexts(self.project, module)
        found = texts.definition(node, scope)
        if found is not None:
            inner, value, inside = found
            return self.table_of(inner.module, value, inside, depth + 1)
        owner = class_of(self.project, module, node)
        return None if owner is None else self.model(*owner)

    def model(self, module: PythonModule, owner: ast.ClassDef) -> TableModel | None:
        """The table of a class, or None if it has none or its name is made at run time."""
        key = (module.path, owner.name)
        if key not in self._classes:
            self._classes[key] = None  # a class that is its own base
            self._classes[key] = self._read(module, owner)
        return self._classes[key]

    def _read(self, module: PythonModule, owner: ast.ClassDef) -> TableModel | None:
        line = list(lineage(self.project, module, owner))
        schema = self._schema(line)
        written = _given(owner, "__table__")
        if isinstance(written, ast.Call):
            return self._called_table(module, written)
        name = self._table_name(owner, line)
        if name is None:
            return None
        if schema == HOLE:
            return None
        plain = any(last_name(base) == "SQLModel" for _, one in line for base in one.bases)
        columns = {column.attribute: column for where in reversed(line) for column in _columns(*where, plain)}
        return TableModel(Place(module.path, owner.lineno), name, schema, tuple(columns.values()))

    def _table_name(self, owner: ast.ClassDef, line: list[tuple[PythonModule, ast.ClassDef]]) -> str | None:
        for where, one in line:
            written = _given(one, "__tablename__")
            if written is not None:
                return self._text(where, written)
            made = next((f for f in one.body if isinstance(f, ast.FunctionDef) and f.name == "__tablename__"), None)
            if made is not None:
                return _by_convention(made, owner.name)
        bases = {last_name(base) for _, one in line for base in one.bases}
        if any(word.arg == "table" for word in owner.keywords) and "SQLModel" in bases:
            return owner.name.lower()
        if any(ast.unparse(base) == "db.Model" for _, one in line for base in one.bases):
            return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", owner.name).lower()
        return None

    def _schema(self, line: list[tuple[PythonModule, ast.ClassDef]]) -> str | None:
        for module, one in line:
            arguments = _given(one, "__table_args__")
            last = arguments.elts[-1] if isinstance(arguments, ast.Tuple) and arguments.elts else arguments
            if isinstance(last, ast.Dict):
                for key, value in zip(last.keys, last.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "schema":
                        return self._text(module, value) or HOLE
        for module, one in line:
            metadata = _given(one, "metadata")
            if metadata is not None:
                return self._schema_of_metadata(module, metadata)
            for base in one.bases:
                made = self._made(module, base)
                if made is not None:
                    return self._schema_of_metadata(*made)
        return None

    def _made(self, module: PythonModule, base: ast.expr) -> tuple[PythonModule, ast.expr] | None:
        """The metadata of `Base = declarative_base(metadata=…)`."""
        if not isinstance(base, ast.Name | ast.Attribute) or class_of(self.project, module, base) is not None:
            return None
        found = PythonTexts(self.project, module).definition(base, module.top)
        for word in found[1].keywords if found is not None and isinstance(found[1], ast.Call) else ():
            if found is not None and word.arg == "metadata":
                return found[0].module, word.value
        return None

    def _schema_of_metadata(self, module: PythonModule, node: ast.expr) -> str | None:
        if isinstance(node, ast.Name | ast.Attribute):
            found = PythonTexts(self.project, module).definition(node, module.top)
            if found is None:
                return None
            module, node = found[0].module, found[1]
        for word in node.keywords if isinstance(node, ast.Call) else ():
            if word.arg == "schema":
                return self._text(module, word.value) or HOLE
        return None

    def _called_table(self, module: PythonModule, call: ast.Call) -> TableModel | None:
        if last_name(call.func) != "Table" or not call.args:
            return None
        name = self._text(module, call.args[0])
        if name is None:
            return None
        said = next((word.value for word in call.keywords if word.arg == "schema"), None)
        schema = None if said is None else self._text(module, said) or HOLE
        if schema is None and len(call.args) > 1:
            schema = self._schema_of_metadata(module, call.args[1])
        if schema == HOLE:
            return None
        columns = [_column(module, None, one, None) for one in call.args[2:] if isinstance(one, ast.Call)]
        place = Place(module.path, call.lineno)
        return TableModel(place, name, schema, tuple(column for column in columns if column is not None))

    def _text(self, module: PythonModule, node: ast.expr) -> str | None:
        text = PythonTexts(self.project, module).text_of(node, module.top)
        return None if text is None or HOLE in text.text else text.text


def _given(owner: ast.ClassDef, name: str) -> ast.expr | None:
    for node in owner.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                return value
            case ast.AnnAssign(target=ast.Name(id=found), value=value) if found == name:
                return value
            case _:
                pass
    return None


def _by_convention(function: ast.FunctionDef, name: str) -> str | None:
    """`return cls.__name__.lower()`, with or without an `s`."""
    written = ast.unparse(function.body[-1])
    simple = re.fullmatch(
        r"""return (?:f?['"]\{)?cls\.__name__(\.lower\(\))?(?:\}(\w*)['"]| \+ ['"](\w*)['"])?""", written
    )
    if simple is None:
        return None
    return (name.lower() if simple[1] else name) + (simple[2] or simple[3] or "")


def _columns(module: PythonModule, owner: ast.ClassDef, plain: bool) -> Iterator[ColumnModel]:
    """`plain`: an annotation alone makes a column, as in SQLModel; elsewhere only what is Mapped is one."""
    for node in owner.body:
        column = None
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                column = _column(module, name, call, None)
            case ast.AnnAssign(target=ast.Name(), annotation=annotation, value=value):
                column = _annotated(module, node, annotation, value, plain)
            case _:
                pass
        if column is not None:
            yield column


def _annotated(
    module: PythonModule, node: ast.AnnAssign, annotation: ast.expr, value: ast.expr | None, plain: bool
) -> ColumnModel | None:
    name, inner = node.target.id if isinstance(node.target, ast.Name) else "", annotation
    mapped = isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Mapped"
    if isinstance(annotation, ast.Subscript) and mapped:
        inner = annotation.slice
    elif _is_attribute(annotation, value, plain):
        return None
    if isinstance(value, ast.Call):
        return _column(module, name, value, inner)
    return ColumnModel(name, name, Place(module.path, node.lineno), ast.unparse(inner), _optional(inner))


def _is_attribute(annotation: ast.expr, value: ast.expr | None, plain: bool) -> bool:
    if re.match(r"(?:typing\.)?(?:ClassVar|list|List|set|Set)\b", ast.unparse(annotation)):
        return True
    return not plain and not (isinstance(value, ast.Call) and last_name(value.func) in _COLUMNS)


def _column(module: PythonModule, name: str | None, call: ast.Call, annotation: ast.expr | None) -> ColumnModel | None:
    kind = last_name(call.func)
    if kind not in _COLUMNS:
        return None
    given = list(call.args)
    said = {word.arg: word.value for word in call.keywords if word.arg}
    column = name
    if given and isinstance(given[0], ast.Constant) and isinstance(given[0].value, str) and kind != "Field":
        column = given.pop(0).value  # type: ignore[attr-defined]
    elif isinstance(said.get("name"), ast.Constant):
        column = said["name"].value  # type: ignore[attr-defined]
    if not isinstance(column, str):
        return None
    key = said.get("key")
    attribute = name or (str(key.value) if isinstance(key, ast.Constant) else column)
    typed = given[0] if given and not _is_option(given[0]) else said.get("type_", annotation)
    primary = _true(said.get("primary_key"))
    nullable = said.get("nullable")
    known = nullable.value if isinstance(nullable, ast.Constant) and isinstance(nullable.value, bool) else None
    if known is None:
        known = False if primary else _optional(annotation) if annotation is not None else None
    written = None if typed is None else ast.unparse(typed)
    return ColumnModel(attribute, column, Place(module.path, call.lineno), written, known, primary)


def _is_option(node: ast.expr) -> bool:
    name = last_name(node.func) if isinstance(node, ast.Call) else ""
    return name in {"ForeignKey", "Identity", "Computed", "Sequence", "CheckConstraint", "FetchedValue"}


def _true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _optional(annotation: ast.expr) -> bool:
    written = annotation.value if isinstance(annotation, ast.Constant) else ast.unparse(annotation)
    return re.search(r"\bOptional\b|\bNone\b", str(written)) is not None
