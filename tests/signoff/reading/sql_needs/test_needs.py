"""The tables and columns that code uses."""

from __future__ import annotations

import functools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import inspect

from signoff.model.sql_use import DeclaredColumn, Need, Needs, Place
from signoff.reading.sql_needs import needs_of
from signoff.reading.sql_needs.made import goes_elsewhere

Q = Place("q.py", 1)
Read = functools.partial(Need, read=True)


def read(source: str) -> list[Need]:
    return without_rights(needs_of({"q.py": source.encode()}))


def without_rights(found: Needs) -> list[Need]:
    """What each takes has a test of its own."""
    return [replace(one, rights=()) for one in found.needs]


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("SELECT a, b FROM t WHERE c = %s ORDER BY d", [Read(Q, "t", ("a", "b", "c", "d"))]),
        ("select x.A, \"y\".\"B\" from app.T x join \"U\" y on x.id = y.t_id",
         [Read(Q, "U", ("B", "t_id")), Read(Q, "t", ("a", "id"), "app")]),
        ("SELECT a FROM t, u", [Read(Q, "t"), Read(Q, "u")]),
        ("SELECT x FROM t AS x WHERE x.a = 1", [Read(Q, "t", ("a",))]),
        ("SELECT to_jsonb(t) FROM t WHERE a = 1", [Read(Q, "t", ("a",))]),
        ("SELECT count(*) AS n FROM t ORDER BY n", [Read(Q, "t")]),
        ("WITH q AS (SELECT a FROM t) SELECT a, z FROM q", [Read(Q, "t")]),
        ("SELECT t.a FROM t WHERE b IN (SELECT c FROM u)", [Read(Q, "t", ("a", "b")), Read(Q, "u")]),
        ("INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT (a) DO UPDATE SET c = 1 RETURNING id",
         [Need(Q, "t", ("a", "b", "id"))]),
        ("UPDATE s.t SET a = 1, b = b + %s WHERE c = 2", [Need(Q, "t", ("a", "b", "c"), "s")]),
        ("UPDATE t SET a = u.x FROM u WHERE t.id = u.id", [Need(Q, "t", ("a",)), Need(Q, "u")]),
        ("DELETE FROM t WHERE a = :a", [Need(Q, "t", ("a",))]),
        ("SELECT * FROM generate_series(1, 2)", []),
        ("Select a file from the list", []),
        ("Update all that you can set", []),
    ],
)  # fmt: skip
def test_a_statement_needs_what_it_names_for_certain(sql: str, wanted: list[Need]) -> None:
    assert read(f"q({sql!r})") == wanted


@pytest.mark.parametrize(
    "sql",
    [
        "WITH gone AS (DELETE FROM t WHERE a = 1 RETURNING a) SELECT a FROM gone",
        "INSERT INTO t (a) SELECT a FROM u",
        "SELECT a FROM t; UPDATE t SET a = 1",
        "SELECT a FROM t ORDER BY; SELECT (",
    ],
)
def test_a_table_is_not_only_read_where_a_statement_writes_or_is_not_known(sql: str) -> None:
    assert not needs_of({"q.py": f"q('SELECT a FROM t')\nq({sql!r})".encode()}).only_reads("public.t")
    assert needs_of({"q.py": b"q('SELECT a FROM t')"}).only_reads("public.t")


def test_a_table_that_nothing_names_is_not_only_read() -> None:
    assert not needs_of({"q.py": b"q('SELECT a FROM t')"}).only_reads("public.u")


def test_what_is_put_together_at_run_time_is_left_out_and_counted() -> None:
    source = 'q(f"SELECT a FROM {t}")\nq(f"SELECT a FROM t WHERE {c} = 1")\nq("SELECT a FROM (")\nq("SELECT 1")'
    found = needs_of({"q.py": source.encode()})
    assert without_rights(found) == [Read(Place("q.py", 2), "t", ("a",))]
    assert found.left_out == 2


def test_every_source_is_read_with_its_places() -> None:
    files = {
        "a.sql": b"\nSELECT a FROM t;\n\nDELETE FROM u WHERE b = 1;\nCREATE TABLE v (x int);",
        "b.ts": b"q(`\n  SELECT a\n  FROM t`)",
        "migrations/c.sql": b"SELECT a FROM gone",
        "tests/test_q.py": b"q('SELECT a FROM gone')",
    }
    assert without_rights(needs_of(files)) == [
        Read(Place("a.sql", 2), "t", ("a",)),
        Need(Place("a.sql", 4), "u", ("b",)),
        Read(Place("b.ts", 2), "t", ("a",)),
    ]


ALCHEMY = """
from sqlalchemy import Column, Integer, MetaData, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
class Base(DeclarativeBase):
    pass
class Mixed:
    made: Mapped[int] = mapped_column("made_at")
class User(Mixed, Base):
    __tablename__ = "users"
    __table_args__ = {"schema": "app"}
    id: Mapped[int] = mapped_column(primary_key=True)
    nick: Mapped[str | None]
    full = Column("fullName", String, nullable=False)
    note: str = "no column"
tags = Table("tags", MetaData(), Column("id", Integer, primary_key=True), Column("word", String))
"""


def test_sqlalchemys_models_say_the_columns_that_sqlalchemy_has() -> None:
    space: dict[str, object] = {"__name__": "models"}
    exec(compile(ALCHEMY.replace('    note: str = "no column"\n', ""), "models", "exec", dont_inherit=True), space)
    found = needs_of({"m.py": ALCHEMY.encode()})
    for name, table in (("users", inspect(space["User"]).local_table), ("tags", space["tags"])):  # type: ignore[union-attr, attr-defined]
        [need] = [one for one in found.needs if one.table == name]
        assert need.schema == table.schema  # type: ignore[attr-defined]
        assert set(need.columns) == {column.name for column in table.columns}  # type: ignore[attr-defined]
        for one in found.declared:
            if one.table == name and one.nullable is not None:
                assert one.nullable == table.columns[one.column].nullable  # type: ignore[attr-defined]
    assert DeclaredColumn(Place("m.py", 13), "users", "fullName", "app", "String", False) in found.declared


def test_models_of_django_drizzle_and_prisma_say_their_columns() -> None:
    files = {
        "shop/models.py": b"from django.db import models\nclass Tag(models.Model):\n"
        b"    owner = models.ForeignKey('x', null=True)\n",
        "db/schema.ts": b'export const users = pgTable("users", {\n  id: serial("id").primaryKey(),\n'
        b'  a: text("b") });',
        "schema.prisma": b"model P {\n  id Int @id\n  q String? @map(\"Q\")\n  @@map(\"ps\")\n}",
    }  # fmt: skip
    assert needs_of(files).declared == (
        DeclaredColumn(Place("db/schema.ts", 2), "users", "id", None, "serial", False),
        DeclaredColumn(Place("db/schema.ts", 3), "users", "b", None, "text", True),
        DeclaredColumn(Place("schema.prisma", 2), "ps", "id", None, "Int", False),
        DeclaredColumn(Place("schema.prisma", 3), "ps", "Q", None, "String", True),
        DeclaredColumn(Place("shop/models.py", 2), "shop_tag", "id", None, "AutoField", False),
        DeclaredColumn(Place("shop/models.py", 3), "shop_tag", "owner_id", None, "ForeignKey", True),
    )


WORDS = ["SELECT ", "a", " FROM ", "t", "INSERT INTO ", "(", ")", " SET ", "UPDATE ", "=", ",", ";", "'", "WITH ",
         " AS ", " JOIN ", "DELETE FROM ", " RETURNING ", "*", "{x}", "%s", " IN ", ".", '"']  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=14).map("".join) | st.text())
def test_no_statement_breaks_the_reader(sql: str) -> None:
    needs_of({"q.sql": sql.encode("utf-8", "surrogatepass"), "q.py": f"q({sql!r})".encode("utf-8", "surrogatepass")})


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("UPDATE t SET a = u.x FROM u WHERE t.id = u.id", {"t": "UPDATE", "u": "SELECT"}),
        ("DELETE FROM ONLY t USING u WHERE t.a = u.a", {"t": "DELETE", "u": "SELECT"}),
        ("INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING", {"t": "INSERT"}),
        ("INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO NOTHING", {"t": "INSERT SELECT"}),
        ("INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2", {"t": "INSERT SELECT UPDATE"}),
        ("WITH x AS (DELETE FROM u RETURNING a) INSERT INTO t (a) SELECT a FROM x", {"t": "INSERT", "u": "DELETE"}),
    ],
)
def test_a_statement_takes_a_right_on_each_of_its_tables(sql: str, wanted: dict[str, str]) -> None:
    assert {one.table: " ".join(one.rights) for one in needs_of({"q.py": f"q({sql!r})".encode()}).needs} == wanted


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("select a from days", "days"),
        ("select a as b from days", "days"),
        ("SELECT a b, c FROM days", "days"),
        ("DELETE FROM days AS d WHERE d.a = 1", "days"),
        ("delete from days", "days"),
        ("select distinct a from days", "days"),
    ],
)
def test_a_short_statement_is_told_from_prose(text: str, table: str) -> None:
    assert [one.table for one in needs_of({"q.py": f"q({text!r})".encode()}).needs] == [table]


def test_what_the_code_makes_itself_is_told_from_what_scripts_make() -> None:
    files = {
        "a.py": b"q('CREATE UNLOGGED TABLE IF NOT EXISTS app.cache (k int)')",
        "c.py": b"q('CREATE TEMPORARY TABLE stage (a int)')",
        "b.ts": b'q(`select a into temp picked from days`); q("create table \\"logged\\" (a int)")',
        "sql/new.sql": b"CREATE TABLE reports (a int);",
        "migrations/c.py": b"op.execute('CREATE TABLE days (a int)')",
    }
    found = needs_of(files)
    assert (found.made, found.temporary) == ({"cache", "logged"}, {"stage", "picked"})


@pytest.mark.parametrize(
    ("head", "elsewhere", "upserts"),
    [
        ("import sqlite3", True, True),
        ("import duckdb", True, True),
        ("import pymysql", True, False),
        ("from google.cloud import bigquery", True, False),
        ('import Database from "better-sqlite3"', True, True),
        ('const mysql = require("mysql2/promise")', True, False),
        ("import sqlite3, asyncpg", False, False),
        ("from google.cloud import bigquery\nfrom .db import pool", False, False),
        ("from google.cloud import bigquery\nfrom app.database import session", False, False),
        ('import { BigQuery } from "@google-cloud/bigquery";\nimport { pool } from "../lib/db";', False, False),
        ("from .db import pool", False, False),
        ("import os", False, False),
    ],
)
def test_a_file_goes_elsewhere_where_nothing_in_it_may_lead_to_postgresql(
    head: str, elsewhere: bool, upserts: bool
) -> None:
    assert goes_elsewhere(head.encode()) is elsewhere
    assert goes_elsewhere(head.encode(), upserts=True) is upserts
