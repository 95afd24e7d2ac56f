"""ON CONFLICT in SQL text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.model.sql_use import ConflictTarget, NotCheckable, Place
from signoff.reading.source.text import plain
from signoff.reading.sql_targets import conflict_targets, statement
from signoff.reading.sql_targets.statement import upserts_in

HERE = Place("q.sql", 1)


def read(sql: str) -> list[ConflictTarget | NotCheckable]:
    return list(upserts_in(plain(sql, HERE)))


def target(
    table: str,
    *columns: str,
    where: str | None = None,
    constraint: str | None = None,
    updates: bool = False,
    line: int = 1,
) -> ConflictTarget:
    return ConflictTarget(Place("q.sql", line), table, columns, where, constraint, updates)


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("insert into t (a) values ($1,$2) on conflict (a, B) do nothing", target("t", "a", "b")),
        ("INSERT INTO t VALUES (%s) ON CONFLICT (a) DO UPDATE SET x = excluded.x WHERE t.y > %s",
         target("t", "a", updates=True)),
        ("insert into t values (%(a)s) on conflict (a) do nothing returning *", target("t", "a")),
        ("insert into t values (:a::int, '{}') on conflict (a) do nothing", target("t", "a")),
        ("insert into t values (?, ?) on conflict (a) do nothing", target("t", "a")),
        ("insert into t values (${a}) on conflict (a) do nothing", target("t", "a")),
        ("insert into app.Users as u values (1) on conflict (id) do nothing", target("app.users", "id")),
        ('insert into "app"."Users" select 1 on conflict ("Id", "user") do nothing',
         target('app."Users"', '"Id"', '"user"')),
        ("insert into t select 1 on conflict (lower(a), (b || 'X  Y')) do nothing",
         target("t", "lower(a)", "(b || 'X  Y')")),
        ('insert into t select 1 on conflict (a COLLATE "C" text_pattern_ops) do nothing',
         target("t", 'a COLLATE "C" text_pattern_ops')),
        ("insert into t select 1 on conflict (a) where (b > 3) and c::text = 'Q' do update set b = 1",
         target("t", "a", where="(b > 3) and c::text = 'Q'", updates=True)),
        ("insert into t select 1 on conflict (date_trunc('day', a)) do nothing", target("t", "date_trunc('day', a)")),
        ("insert into t select 1 on conflict on constraint T_key do nothing", target("t", constraint="t_key")),
        ("insert into t select 1 on conflict on constraint t_key do update set a = 1",
         target("t", constraint="t_key", updates=True)),
        ('insert into t select 1 on conflict on constraint "T_key" do nothing', target("t", constraint='"T_key"')),
        ("insert into t select 1 -- first\n on conflict (a, -- why\n b) do nothing", target("t", "a", "b", line=2)),
        ("insert into t values (E'it\\'s') on conflict (a) do nothing", target("t", "a")),
    ],
)  # fmt: skip
def test_the_target_is_read_as_it_is_written(sql: str, wanted: ConflictTarget) -> None:
    assert read(sql) == [wanted]


@pytest.mark.parametrize(
    "sql",
    [
        "insert into t values (1) on conflict do nothing",
        "insert into t values (1) on duplicate key update a = 1",
        "insert or replace into t values (1)",
        "create table t (a int unique on conflict replace)",
        "-- insert into t values (1) on conflict (a) do nothing",
        "/* on conflict (a) do nothing */ select 1",
        "select 'what we do on conflict (as a team) matters'",
        "comment on table t is 'ON CONFLICT (a) is used'",
        "Who decides on conflict (manual): the owner",
        "merge into t using s on s.id = t.id when matched then do nothing",
    ],
)
def test_what_needs_no_index_and_what_only_speaks_of_it_is_no_target(sql: str) -> None:
    assert read(sql) == []


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("insert into {table} values (1) on conflict (a) do nothing", statement.TABLE_UNKNOWN),
        ('insert into "{table}" values (1) on conflict (a) do nothing', statement.TABLE_UNKNOWN),
        ("insert into ${table} values (1) on conflict (a) do nothing", statement.TABLE_UNKNOWN),
        ("ON CONFLICT (a) DO NOTHING", statement.TABLE_UNKNOWN),
        ("insert into t values (1) on conflict ({keys}) do nothing", statement.TARGET_UNKNOWN),
        ("insert into t values (1) on conflict {target} do nothing", statement.TARGET_UNKNOWN),
        ("insert into t values (1) on conflict (", statement.TARGET_UNKNOWN),
        ("insert into t values (1) on conflict (a) where b = %s do nothing", statement.VALUE_IN_TARGET),
        ("insert into t values ('it''s', 'open) on conflict (a) do nothing", statement.NOT_SQL),
        ("insert into t values (1) on conflict do update set a = 1", statement.NO_TARGET),
    ],
)
def test_what_is_put_together_at_run_time_is_not_checkable(sql: str, why: str) -> None:
    assert read(sql) == [NotCheckable(HERE, why)]


@pytest.mark.parametrize("value", ["'{x,y}'", "'{}'", "'{\"a b\"}'", "'{\"a\": 1}'"])
@pytest.mark.parametrize("path", ["load.sql", "load.py", "load.ts"])
def test_braces_in_a_quoted_value_are_no_template(path: str, value: str) -> None:
    sql = f"insert into t (tags) values ({value}) on conflict (a) where tags <> {value} do nothing"
    source = sql if path.endswith("sql") else f"q({json.dumps(sql)})"
    [found] = conflict_targets(path, source.encode())
    assert found == ConflictTarget(Place(path, 1), "t", ("a",), f"tags <> {value}")


@pytest.mark.parametrize("field", ["'{}'", "'{x}'", "{}", "{x}", "{x.y}"])
def test_braces_that_a_call_fills_are_one(field: str) -> None:
    sql = f"insert into t values (1) on conflict (a) where tags <> {field} do nothing"
    [found] = conflict_targets("load.py", f"q({json.dumps(sql)}.format(x))".encode())
    assert found == NotCheckable(Place("load.py", 1), statement.TARGET_UNKNOWN)


def test_each_statement_has_its_own_table() -> None:
    sql = """
    with moved as (insert into inner_t select 1 on conflict (a) do nothing returning *)
    insert into outer_t select * from moved on conflict (b) do nothing;
    insert into last_t values ((select 1)) on conflict (c) do nothing;
    """
    assert read(sql) == [target("inner_t", "a", line=2), target("outer_t", "b", line=3), target("last_t", "c", line=4)]


def test_bodies_of_functions_are_read_too() -> None:
    sql = """create function f() returns void language plpgsql as $body$
begin
  if true then
    insert into t values ($1) on conflict (a) do nothing;
  end if;
  execute 'insert into e values ($1) on conflict (z) do nothing';
  execute format('insert into %I values ($1) on conflict (z) do nothing', name);
end $body$;
do $$ begin
  insert into d values (1) on conflict (b) do nothing; end $$;
"""
    assert read(sql) == [
        target("t", "a", line=4),
        target("e", "z", line=6),
        NotCheckable(Place("q.sql", 7), statement.TABLE_UNKNOWN),
        target("d", "b", line=10),
    ]


def test_a_table_of_the_session_is_not_asked_for() -> None:
    sql = b"create temp table stage (a int unique);\ninsert into stage values (1) on conflict (a) do nothing;"
    assert conflict_targets("load.sql", sql) == ()
    assert len(conflict_targets("load.sql", sql.replace(b"temp ", b""))) == 1


def test_sql_files_are_read_unless_they_are_migrations_or_tests() -> None:
    sql = b"\xef\xbb\xbfinsert into t values (1)\r\non conflict (a) do nothing;"
    assert conflict_targets("jobs/load.sql", sql) == (ConflictTarget(Place("jobs/load.sql", 2), "t", ("a",)),)
    for path in ("db/migrations/1.sql", "V1__x.sql", "tests/load.sql", "docs/load.sql", "README.md", "load.txt"):
        assert conflict_targets(path, sql) == ()
    [unread] = conflict_targets("load.sql", b"\n\xff on conflict")
    assert isinstance(unread, NotCheckable)
    assert unread.place.line == 2


@given(st.lists(st.sampled_from(
    ["insert into", " t ", "(a)", "on conflict", " do nothing", "(", ")", "'", '"', "$$", "$1", "{x}", "--", "/*", "\n",
     " where ", "on constraint", ";", "\ue000", "\\", "`", "é", "E'", "::", ","]
), max_size=14).map("".join) | st.text())  # fmt: skip
def test_no_text_breaks_the_reader(sql: str) -> None:
    for upsert in read(sql):
        assert upsert.place.line <= sql.count("\n") + 1
