"""Every table that the models of a repository say: SQLAlchemy, Django, Drizzle, Prisma."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from signoff.reading.orm.django import DjangoModels
from signoff.reading.orm.drizzle import DrizzleTables
from signoff.reading.orm.prisma import read_prisma
from signoff.reading.orm.sqlalchemy import SqlAlchemyTables
from signoff.reading.orm.tables import TableModel
from signoff.reading.source.js_module import SUFFIXES
from signoff.reading.source.js_project import JsProject
from signoff.reading.source.project import Project
from signoff.reading.source.shipped import is_migration, is_shipped

_SQLALCHEMY = re.compile(rb"sqlalchemy|sqlmodel|__tablename__|\bdb\.Model\b", re.IGNORECASE)
_DJANGO = re.compile(rb"\bmodels\.\w*Model\b|django")
_DRIZZLE = re.compile(rb"\bpg(?:Table|Schema|TableCreator)\b|createTable")


def tables_of(files: Mapping[str, bytes], project: Project, script: JsProject) -> Iterator[TableModel]:
    """In the order of the files. What names its table at run time is left out."""
    alchemy, django, drizzle = SqlAlchemyTables(project), DjangoModels(project), DrizzleTables(script)
    for path, data in files.items():
        if not is_shipped(path) or is_migration(path):
            continue
        if path.endswith(".py"):
            yield from _of_python(path, data, project, alchemy, django)
        elif path.endswith(SUFFIXES) and _DRIZZLE.search(data):
            yield from drizzle.models(script.module(path))
    prisma = read_prisma({path: data for path, data in files.items() if path.endswith(".prisma")})
    yield from (model.table for model in prisma.values())


def _of_python(
    path: str, data: bytes, project: Project, alchemy: SqlAlchemyTables, django: DjangoModels
) -> Iterator[TableModel]:
    is_alchemy, is_django = _SQLALCHEMY.search(data), _DJANGO.search(data)
    module = project.python(path) if is_alchemy or is_django else None
    if module is None:
        return
    for owner in module.classes.values():
        found = django.model(module, owner) if is_django else None
        found = found or (alchemy.model(module, owner) if is_alchemy else None)
        if found is not None:
            yield found
    for given in module.top.names.values() if is_alchemy else ():
        for value in given:
            table = alchemy.table_of(module, value, module.top) if isinstance(value, ast.Call) else None
            if table is not None:
                yield table
