"""SQL in the texts of Python modules."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.model.sql_use import ConflictTarget, NotCheckable, Place
from signoff.reading.sql_targets import conflict_targets, conflict_targets_of, statement
from signoff.reading.sql_targets.python_targets import BOTH


def read(source: str, **others: str) -> list[tuple[object, ...]]:
    """Of `app/q.py`: (line, table, columns …) of what can be asked, (line, why) of what cannot."""
    files = {"app/q.py": dedent(source), **{f"app/{name}.py": dedent(text) for name, text in others.items()}}
    found = conflict_targets_of({path: text.encode() for path, text in files.items()})
    return [
        (one.place.line, one.table, *one.columns) if isinstance(one, ConflictTarget) else (one.place.line, one.why)
        for one in found
    ]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ('q("INSERT INTO t VALUES (%s) ON CONFLICT (a) DO NOTHING")', (1, "t", "a")),
        ('q("INSERT INTO t "\n  "VALUES (%s) "\n  "ON CONFLICT (a) DO NOTHING")', (3, "t", "a")),
        ('SQL = """\n INSERT INTO t\n ON CONFLICT (a) DO NOTHING"""', (3, "t", "a")),
        ('n = 1\nq(f"""\n INSERT INTO t VALUES ({n})\n ON CONFLICT (a) DO NOTHING""")', (4, "t", "a")),
        ('q(f"INSERT INTO t VALUES ({x}) "\n  "ON CONFLICT (a) DO NOTHING")', (2, "t", "a")),
        ('T = "t"\nq(f"INSERT INTO {T} VALUES (1) ON CONFLICT (a) DO NOTHING")', (2, "t", "a")),
        ('T = "t"\nq("INSERT INTO %s VALUES (%%s) ON CONFLICT (%s) DO NOTHING" % (T, "a"))', (2, "t", "a")),
        ('q("INSERT INTO %(t)s VALUES (1) ON CONFLICT (a) DO NOTHING" % {"t": "t"})', (1, "t", "a")),
        ('q("INSERT INTO {} VALUES (1) ON CONFLICT ({k}) DO NOTHING".format("t", k="a"))', (1, "t", "a")),
        ('TAIL = " ON CONFLICT (a) DO NOTHING"\nq("INSERT INTO t VALUES (1)" + TAIL)', (1, "t", "a")),
        ('K = ("a", "b")\nq(f"INSERT INTO t VALUES (1) ON CONFLICT ({\', \'.join(K)}) DO NOTHING")',
         (2, "t", "a", "b")),
        ('def f():\n s = "INSERT INTO t SELECT 1"\n s += " ON CONFLICT (a) DO NOTHING"\n q(s)', (3, "t", "a")),
        ('class C:\n T = "t"\n def f(self):\n  q(f"INSERT INTO {self.T} SELECT 1 ON CONFLICT (a) DO NOTHING")',
         (4, "t", "a")),
        ('from textwrap import dedent\nq(dedent("""\\\n  INSERT INTO t\n  ON CONFLICT (a) DO NOTHING"""))',
         (4, "t", "a")),
        ('from sqlalchemy import text\nq(text("INSERT INTO t VALUES (:a) ON CONFLICT (a) DO NOTHING"))',
         (2, "t", "a")),
        ('from psycopg import sql\nq(sql.SQL("INSERT INTO {} VALUES ({}) ON CONFLICT ({}) DO NOTHING").format(\n'
         ' sql.Identifier("s", "T"), sql.Placeholder(),\n'
         ' sql.SQL(", ").join([sql.Identifier("a"), sql.Identifier("B")])))',
         (2, 's."T"', "a", '"B"')),
        ('async def f(c):\n await c.execute("INSERT INTO t VALUES ($1, $2) ON CONFLICT (a) DO NOTHING")',
         (2, "t", "a")),
    ],
)  # fmt: skip
def test_a_text_that_the_code_writes_out_is_read(source: str, wanted: tuple[object, ...]) -> None:
    assert read(source) == [wanted]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ('def f(t):\n q(f"INSERT INTO {t} VALUES (1) ON CONFLICT (a) DO NOTHING")',
         statement.TABLE_UNKNOWN),
        ('t = "t"\ndef f(t): q(f"INSERT INTO {t} VALUES (1) ON CONFLICT (a) DO NOTHING")',
         statement.TABLE_UNKNOWN),
        ('K = x()\nq(f"INSERT INTO t VALUES (1) ON CONFLICT ({K}) DO NOTHING")', statement.TARGET_UNKNOWN),
        ('T = "t" if x else "u"\nq(f"INSERT INTO {T} VALUES (1) ON CONFLICT (a) DO NOTHING")',
         statement.TABLE_UNKNOWN),
        ('T = "t"; T = "u"\nq(f"INSERT INTO {T} VALUES (1) ON CONFLICT (a) DO NOTHING")',
         statement.TABLE_UNKNOWN),
        ('\nq("INSERT INTO t VALUES (1) ON CONFLICT (%s) DO NOTHING" % ",".join(k for k in ks))',
         statement.TARGET_UNKNOWN),
        ('\nparts.append("ON CONFLICT (a) DO NOTHING")',
         statement.TABLE_UNKNOWN),
        ('\nq(sql.SQL("INSERT INTO {} SELECT 1 ON CONFLICT (a) DO NOTHING").format(sql.Identifier(t)))',
         statement.TABLE_UNKNOWN),
    ],
)  # fmt: skip
def test_what_the_code_does_not_write_out_is_not_checkable(source: str, why: str) -> None:
    assert read(source) == [(2, why)]


@pytest.mark.parametrize(
    "source",
    [
        '"""We INSERT INTO t VALUES (1) ON CONFLICT (a) DO NOTHING."""',
        'def f():\n    """INSERT INTO t ON CONFLICT (a) DO NOTHING"""',
        "# INSERT INTO t VALUES (1) ON CONFLICT (a) DO NOTHING",
        'log("resolved on conflict (manual)")',
        'q("INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 1")',
        'q("INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING")',
        'import sqlite3\nq("INSERT INTO t VALUES (1) ON CONFLICT (a) DO NOTHING")',
    ],
)
def test_prose_other_databases_and_what_needs_no_index_are_quiet(source: str) -> None:
    assert read(source) == []


def test_a_module_of_two_databases_is_not_checkable() -> None:
    source = 'import sqlite3, psycopg\nq("INSERT INTO t VALUES (1) ON CONFLICT (a) DO NOTHING")'
    assert read(source) == [(2, BOTH)]


def test_constants_of_other_modules_are_followed() -> None:
    source = """
    from app.names import TABLE
    from . import names
    from .names import Tables as T
    q(f"INSERT INTO {TABLE} VALUES (1) ON CONFLICT (a) DO NOTHING")
    q(f"INSERT INTO {names.TABLE} VALUES (1) ON CONFLICT (b) DO NOTHING")
    q(f"INSERT INTO {T.USERS} VALUES (1) {names.TAIL}")
    """
    names = 'TABLE = "t"\nTAIL = "ON CONFLICT (c) DO NOTHING"\nclass Tables:\n    USERS: str = "users"\n'
    assert read(source, names=names) == [(2, "users", "c"), (5, "t", "a"), (6, "t", "b")]


def test_the_place_of_a_clause_is_that_of_the_file_it_stands_in() -> None:
    files = {
        "app/q.py": b'from app.tail import TAIL\nq("INSERT INTO t VALUES (1) " + TAIL)',
        "app/tail.py": b'\nTAIL = "ON CONFLICT (a) DO NOTHING"',
    }
    assert conflict_targets_of(files) == (ConflictTarget(Place("app/tail.py", 2), "t", ("a",)),)


def test_a_file_that_is_no_python_is_not_checkable_with_its_place() -> None:
    [found] = conflict_targets("q.py", b"print 'x'\nq('INSERT INTO t ON CONFLICT (a) DO NOTHING'")
    assert isinstance(found, NotCheckable)
    assert found.place == Place("q.py", 2)


PARTS = ["q(", ")", '"INSERT INTO t ON CONFLICT (a) DO NOTHING"', "f'{x} ON CONFLICT ({y})'", "x", " = ", "\n", " + ",
         " % ", "(1,)", "class A:\n ", "def f(x):\n ", "import x\n", "from . import x\n", ".format(",
         "'{} {x[0]} ON CONFLICT'",
         ".join(", "[", "]", "lambda x: ", "x.y", "{", "}"]  # fmt: skip


@given(st.lists(st.sampled_from(PARTS), max_size=14).map("".join) | st.text())
def test_no_source_breaks_the_reader(source: str) -> None:
    conflict_targets("q.py", (source + "\n# on conflict").encode("utf-8", "surrogatepass"))
