"""What the shipped code asks of its tables, from all its sources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from signoff.model.sql_use import DeclaredColumn, Need, Needs, Place
from signoff.reading.other_databases import goes_elsewhere
from signoff.reading.source.js_module import SUFFIXES
from signoff.reading.source.js_project import JsProject
from signoff.reading.source.js_text import JsTexts
from signoff.reading.source.project import Project
from signoff.reading.source.python_files import texts_in
from signoff.reading.source.python_text import PythonTexts
from signoff.reading.source.shipped import is_migration, is_shipped
from signoff.reading.source.text import SqlText, plain
from signoff.reading.sql_needs.made import made_in
from signoff.reading.sql_needs.models import tables_of
from signoff.reading.sql_needs.statements import is_statement, needs_in

_WORTH_READING = re.compile(rb"\bselect\s|\binsert\s+into\b|\bupdate\s|\bdelete\s+from\b", re.IGNORECASE)


def needs_of(files: Mapping[str, bytes]) -> Needs:
    """Of all files together (path with `/` from the root → bytes), in the order of places. Never raises for a file.

    Tests, documentation, installed packages and migrations are left out.
    """
    project, script = Project(files), JsProject(files)
    tables = list(tables_of(files, project, script))
    needs = {Need(one.place, one.table, tuple(sorted(c.column for c in one.columns)), one.schema) for one in tables}
    left_out = 0
    for sql in _texts(files, project, script):
        found, unread = needs_in(sql)
        needs.update(found)
        left_out += unread
    declared = {
        DeclaredColumn(column.place, one.table, column.column, one.schema, column.type, column.nullable)
        for one in tables
        for column in one.columns
    }
    made, temporary = made_in({path: data for path, data in files.items() if _is_ours(path)})
    return Needs(
        tuple(sorted(needs, key=lambda one: (one.place.path, one.place.line, one.table, one.columns))),
        tuple(sorted(declared, key=lambda one: (one.place.path, one.place.line, one.table, one.column))),
        left_out,
        made,
        temporary,
    )


def _is_ours(path: str) -> bool:
    return is_shipped(path) and not is_migration(path)


def _texts(files: Mapping[str, bytes], project: Project, script: JsProject) -> Iterator[SqlText]:
    used: set[int] = set()
    used_script: set[tuple[str, int, int]] = set()
    found: list[tuple[object, SqlText]] = []
    for path, data in files.items():
        if not _is_ours(path) or not _WORTH_READING.search(data) or goes_elsewhere(data):
            continue
        if path.endswith(".py"):
            module = project.python(path)
            for node, sql in texts_in(PythonTexts(project, module, used)) if module is not None else ():
                found.append((id(node), sql))
        elif path.endswith(SUFFIXES):
            found += JsTexts(script, script.module(path), used_script).texts()
        elif path.endswith((".sql", ".psql", ".pgsql")):
            yield plain(data.decode("utf-8", "replace"), Place(path, 1))
    for key, sql in found:
        if key not in used and key not in used_script and is_statement(sql.text):
            yield sql
