"""The upserts of those files that speak of them, each file by the readers of its kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from signoff.model.sql_use import NotCheckable, Place, Upsert
from signoff.reading.orm.django import DjangoModels
from signoff.reading.orm.sqlalchemy import SqlAlchemyTables
from signoff.reading.source.js_module import SUFFIXES
from signoff.reading.source.project import Project
from signoff.reading.source.text import plain
from signoff.reading.sql_targets.django_targets import django_upserts
from signoff.reading.sql_targets.js_targets import JsReader
from signoff.reading.sql_targets.python_targets import text_upserts
from signoff.reading.sql_targets.sqlalchemy_targets import sqlalchemy_upserts
from signoff.reading.sql_targets.statement import temporary_tables, upserts_in
from signoff.reading.sql_targets.worth_reading import SPEAKS_OF_IT

NOT_PYTHON = "this file speaks of ON CONFLICT and cannot be read as Python"
NOT_TEXT = "this file speaks of ON CONFLICT and is not UTF-8"


def upserts_of(files: Mapping[str, bytes], paths: Iterable[str]) -> tuple[Upsert, ...]:
    """Of `paths` among `files`, where what they import is looked up, in the order of places, each once."""
    project = Project(files)
    tables = SqlAlchemyTables(project)
    script = JsReader(files)
    used: set[int] = set()
    found: list[tuple[object, Upsert]] = []
    for path in paths:
        data = files[path]
        if path.endswith(SUFFIXES):
            found += script.upserts(path)
        else:
            found += _of_file(project, tables, path, data, used)
    kept = {upsert for node, upsert in found if node not in used and node not in script.used}
    return tuple(sorted(kept, key=lambda one: (one.place.path, one.place.line, repr(one))))


def _of_file(
    project: Project, tables: SqlAlchemyTables, path: str, data: bytes, used: set[int]
) -> Iterator[tuple[int, Upsert]]:
    if path.endswith(".py"):
        module = project.python(path)
        if module is None and SPEAKS_OF_IT.search(data):
            yield 0, NotCheckable(Place(path, _first_line(data)), NOT_PYTHON)
        elif module is not None:
            yield from text_upserts(project, module, used)
            if b"on_conflict_do_" in data:
                yield from ((0, upsert) for upsert in sqlalchemy_upserts(project, tables, module))
            if b"update_conflicts" in data:
                yield from ((0, upsert) for upsert in django_upserts(project, DjangoModels(project), module))
    elif path.endswith((".sql", ".psql", ".pgsql")):
        yield from ((0, upsert) for upsert in _of_sql(path, data))


def _of_sql(path: str, data: bytes) -> Iterator[Upsert]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield NotCheckable(Place(path, _first_line(data)), NOT_TEXT)
        return
    temporary = temporary_tables(text)
    for upsert in upserts_in(plain(text, Place(path, 1))):
        if isinstance(upsert, NotCheckable) or upsert.table not in temporary:
            yield upsert


def _first_line(data: bytes) -> int:
    found = SPEAKS_OF_IT.search(data)
    return data.count(b"\n", 0, found.start()) + 1 if found else 1
