"""Scripts of SQL as statements, and folders of migrations as scripts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.reading.migrations.conditional import conditional_in
from signoff.reading.migrations.scripts import run_of, scripts_in
from signoff.reading.sql_script import MetaCommand, statements


def split(script: str) -> list[tuple[int, str]]:
    return [(one.place.line, one.sql) for one in statements(script, "x.sql")]


def test_statements_begin_where_their_first_word_stands() -> None:
    assert split("-- first;\n\nSELECT 1;\n/* a ; /* b */ ; */ SELECT 2\n") == [(3, "SELECT 1"), (4, "SELECT 2")]


@pytest.mark.parametrize(
    "whole",
    [
        "SELECT ';'",
        "SELECT 'it''s;'",
        r"SELECT E'\';'",
        'SELECT 1 AS ";"',
        "DO $$ BEGIN; END $$",
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $f$ SELECT $$;$$; $f$",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
        "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b)",
        "SELECT $1",
    ],
)
def test_a_semicolon_within_ends_nothing(whole: str) -> None:
    assert [sql for _, sql in split(f"{whole};\nSELECT 9;")] == [whole, "SELECT 9"]


def test_rows_of_a_copy_and_commands_of_psql_that_change_nothing_are_passed_over() -> None:
    script = "\\restrict x\nCOPY t (a) FROM stdin;\n1;\n2\n\\.\n\nSELECT 1;\n\\connect other\nSELECT 2;\n"
    assert split(script) == [(7, "SELECT 1"), (9, "SELECT 2")]


def test_a_command_of_psql_that_brings_more_is_named() -> None:
    with pytest.raises(MetaCommand, match=r"x.sql:2: psql's own command \\i "):
        split("SELECT 1;\n\\i more.sql\n")


@given(st.text("ab;'\"$-/*()\\\n E", max_size=40))
def test_no_text_breaks_the_reading_and_nothing_is_made_up(script: str) -> None:
    try:
        found = list(statements(script, "x.sql"))
    except MetaCommand:
        return
    assert all(one.sql in script and one.sql == one.sql.strip() and one.sql for one in found)
    assert [one.place.line for one in found] == sorted(one.place.line for one in found)


FOLDERS = {
    "numbers": (["m/1_a.sql", "m/10_c.sql", "m/2_b.sql"], ["m/1_a.sql", "m/2_b.sql", "m/10_c.sql"]),
    "times": (["m/20240102_b.sql", "m/20240101_a.sql"], ["m/20240101_a.sql", "m/20240102_b.sql"]),
    "flyway": (
        ["m/R__view.sql", "m/V1.10__c.sql", "m/V1.2__b.sql", "m/V1__a.sql", "m/U1__a.sql"],
        ["m/V1__a.sql", "m/V1.2__b.sql", "m/V1.10__c.sql", "m/R__view.sql"],
    ),
    "golang-migrate": (["m/1_a.up.sql", "m/1_a.down.sql", "m/2_b.up.sql"], ["m/1_a.up.sql", "m/2_b.up.sql"]),
    "prisma": (
        ["m/20240101_a/migration.sql", "m/20240102_b/migration.sql", "m/notes.sql"],
        ["m/20240101_a/migration.sql", "m/20240102_b/migration.sql"],
    ),
    "diesel": (["m/2_b/up.sql", "m/2_b/down.sql", "m/10_c/up.sql"], ["m/2_b/up.sql", "m/10_c/up.sql"]),
    "elsewhere": (["m/1_a.sql", "mm/2_b.sql", "m/readme.md"], ["m/1_a.sql"]),
}


@pytest.mark.parametrize("case", FOLDERS.values(), ids=FOLDERS.keys())
def test_a_folder_is_run_in_the_order_of_its_tool(case: tuple[list[str], list[str]]) -> None:
    assert list(scripts_in("m", dict.fromkeys(case[0], b""))) == case[1]


def test_drizzles_journal_says_the_order() -> None:
    journal = {"entries": [{"idx": 1, "tag": "0000_late"}, {"idx": 0, "tag": "0001_early"}]}
    files = {"d/meta/_journal.json": json.dumps(journal).encode(), "d/0000_late.sql": b"", "d/0001_early.sql": b""}
    assert scripts_in("d", files) == ("d/0001_early.sql", "d/0000_late.sql")


def test_what_undoes_is_left_out_and_lines_stay() -> None:
    script = b"-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n-- +goose Up\nSELECT 3;\n"
    assert [(one.place.line, one.sql) for one in run_of(["a.sql"], {"a.sql": script})] == [
        (2, "SELECT 1"),
        (6, "SELECT 3"),
    ]


def test_what_is_made_conditionally_has_its_last_place() -> None:
    found = conditional_in({
        "migrations/1.sql": b"\ncreate index concurrently if not exists Mine on t (a);",
        "alembic/versions/2.py": b'op.create_index(op.f("theirs"), "t", ["a"], unique=True,\n  if_not_exists=True)',
        "app/not_a_migration.py": b"CREATE INDEX IF NOT EXISTS other ON t (a)",
    })  # fmt: skip
    assert {name: (at.path, at.line) for name, at in found.items()} == {
        "mine": ("migrations/1.sql", 2),
        "theirs": ("alembic/versions/2.py", 1),
    }
