"""ON CONFLICT targets of a Python module: SQL in its texts."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.model.sql_use import NotCheckable, Upsert
from signoff.reading.source.project import Project
from signoff.reading.source.python_files import texts_in
from signoff.reading.source.python_module import PythonModule
from signoff.reading.source.python_text import PythonTexts
from signoff.reading.sql_targets.statement import mentions, temporary_tables, upserts_in

_SQLITE = (
    "sqlite3", "aiosqlite", "apsw", "pysqlite3", "sqlite_utils", "libsql", "sqlalchemy.dialects.sqlite", "duckdb",
)  # fmt: skip
_POSTGRESQL = (
    "psycopg", "psycopg2", "asyncpg", "pg8000", "aiopg", "psycopg_pool", "sqlalchemy.dialects.postgresql",
)  # fmt: skip
BOTH = "this module speaks to SQLite as well as to PostgreSQL, and which of them this is for is not known"


def text_upserts(project: Project, module: PythonModule, used: set[int]) -> Iterator[tuple[int, Upsert]]:
    """Each upsert with the id of the node it was read from; those of `used` nodes are part of another text."""
    sqlite, postgresql = module.imports_any(*_SQLITE), module.imports_any(*_POSTGRESQL)
    if sqlite and not postgresql:
        return  # SQLite has the same clause, and PostgreSQL cannot be asked about its tables
    found = [(id(node), text) for node, text in texts_in(PythonTexts(project, module, used)) if mentions(text.text)]
    temporary = temporary_tables(module.source)
    for node, text in found:
        for upsert in upserts_in(text):
            if isinstance(upsert, NotCheckable):
                yield node, upsert
            elif upsert.table not in temporary:
                yield node, NotCheckable(upsert.place, BOTH) if sqlite else upsert
