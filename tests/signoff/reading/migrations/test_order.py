"""Whether migrations are orderly, examined by Alembic where it can say so itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st

from signoff.model.migrations import MigrationOrder, MissingParent, SameId, SeveralHeads
from signoff.model.sql_use import NotCheckable, Place
from signoff.reading.migrations import migration_order

HEAD = "from alembic import op\nimport sqlalchemy as sa\n"


def revision(own: str, after: str, labels: str = "None", body: str = "pass") -> bytes:
    said = f"revision: str = {own!r}\ndown_revision = {after}\nbranch_labels = {labels}\ndepends_on = None\n"
    return f"{HEAD}{said}\ndef upgrade():\n    {body}\n\ndef downgrade():\n    op.drop_table('t')\n".encode()


def heads(order: MigrationOrder) -> list[set[str]]:
    return [{one.id for one in fault.heads} for fault in order.faults if isinstance(fault, SeveralHeads)]


@pytest.mark.parametrize(
    ("revisions", "several"),
    [
        ({"a": "None", "b": "'a'", "c": "'b'"}, False),
        ({"a": "None", "b": "'a'", "c": "'a'"}, True),
        ({"a": "None", "b": "'a'", "c": "'a'", "d": "('b', 'c')"}, False),
        ({"a": "None", "b": "None"}, True),
    ],
)
def test_heads_are_those_that_alembic_finds(revisions: dict[str, str], several: bool, tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    files = {f"alembic/versions/{own}.py": revision(own, after) for own, after in revisions.items()}
    for path, data in files.items():
        (tmp_path / "versions" / Path(path).name).write_bytes(data)
    config = Config()
    config.set_main_option("script_location", str(tmp_path))
    config.set_main_option("path_separator", "os")
    real = set(ScriptDirectory.from_config(config).get_heads())
    assert heads(migration_order(files)) == ([real] if several else [])
    assert (len(real) > 1) == several


def test_branches_with_labels_of_their_own_are_meant_to_have_heads() -> None:
    files = {
        "versions/a.py": revision("a", "None", "('one',)"),
        "versions/b.py": revision("b", "None", "('two',)"),
        "versions/c.py": revision("c", "'b'"),
    }
    assert migration_order(files).faults == ()
    [fault] = migration_order({**files, "versions/d.py": revision("d", "'b'")}).faults
    assert isinstance(fault, SeveralHeads)
    assert [one.id for one in fault.heads] == ["c", "d"]


def test_two_revisions_with_one_id_a_missing_parent_and_an_unread_one_are_found() -> None:
    order = migration_order(
        {
            "versions/a.py": revision("a", "None"),
            "versions/b.py": revision("a", "None"),
            "versions/c.py": revision("c", "'gone'"),
            "versions/d.py": revision("d", "parent()"),
        }
    )
    assert [type(fault) for fault in order.faults][:2] == [SameId, MissingParent]
    [unread] = order.unread
    assert unread.place == Place("versions/d.py", 1)
    assert isinstance(unread, NotCheckable)


def django(dependencies: str, operations: str = "", more: str = "") -> bytes:
    return (
        "from django.db import migrations, models\nclass Migration(migrations.Migration):\n"
        f"    dependencies = {dependencies}\n    {more}\n    operations = [{operations}]\n"
    ).encode()


def test_django_needs_a_merge_where_two_follow_one() -> None:
    files = {
        "shop/migrations/__init__.py": b"",
        "shop/migrations/0001_initial.py": django("[migrations.swappable_dependency(x), ('auth', '0001_initial')]"),
        "shop/migrations/0002_a.py": django("[('shop', '0001_initial')]"),
        "shop/migrations/0002_b.py": django("[('shop', '0001_initial')]"),
    }
    assert heads(migration_order(files)) == [{"0002_a", "0002_b"}]
    files["shop/migrations/0003_merge.py"] = django("[('shop', '0002_a'), ('shop', '0002_b')]")
    assert migration_order(files).faults == ()
    files["shop/migrations/0004_c.py"] = django("[('shop', '0009_gone')]")
    assert any(isinstance(fault, MissingParent) for fault in migration_order(files).faults)


def test_a_squashed_migration_stands_for_those_it_replaces() -> None:
    squashed = django("[]", more="replaces = [('shop', '0001_initial'), ('shop', '0002_a')]")
    files = {
        "shop/migrations/0001_squashed.py": squashed,
        "shop/migrations/0001_initial.py": django("[]"),
        "shop/migrations/0002_a.py": django("[('shop', '0001_initial')]"),
        "shop/migrations/0003_b.py": django("[('shop', '0002_a')]"),
    }
    assert migration_order(files).faults == ()


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("migrations/001_a.sql", "migrations/1_b.sql", True),
        ("sql/V1.2__a.sql", "sql/V1_2__b.sql", True),
        ("drizzle/0001_a.sql", "drizzle/0001_b.sql", True),
        ("migrations/001_a.up.sql", "migrations/001_a.down.sql", False),
        ("migrations/001_a.sql", "migrations/002_a.sql", False),
        ("a/migrations/001_a.sql", "b/migrations/001_a.sql", False),
        ("prisma/migrations/1_a/migration.sql", "prisma/migrations/2_a/migration.sql", False),
        ("queries/001_a.sql", "queries/001_b.sql", False),
    ],
)
def test_two_files_with_one_number_are_found(first: str, second: str, same: bool) -> None:
    assert [type(one) for one in migration_order({first: b"", second: b""}).faults] == ([SameId] if same else [])


def losses(path: str, data: bytes) -> list[tuple[object, ...]]:
    return [(one.place.line, one.loss, one.table, one.column) for one in migration_order({path: data}).destructive]


def test_sql_that_takes_away_is_found_with_its_line() -> None:
    sql = b"""ALTER TABLE app."Users" DROP COLUMN IF EXISTS "oldName", ADD COLUMN x int;
alter table only t drop b, alter column c set not null, alter d type bigint;
ALTER TABLE t RENAME COLUMN e TO f;
ALTER TABLE t RENAME TO u;
DROP TABLE IF EXISTS v, s.w;
"""
    assert losses("migrations/1_x.sql", sql) == [
        (1, "drop-column", "Users", "oldName"),
        (2, "drop-column", "t", "b"),
        (2, "set-not-null", "t", "c"),
        (2, "change-type", "t", "d"),
        (3, "rename", "t", "e"),
        (4, "rename", "t", None),
        (5, "drop-table", "v", None),
        (5, "drop-table", "w", None),
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT 1",
        "ALTER TABLE t DROP CONSTRAINT c, ALTER a DROP DEFAULT, ALTER b DROP NOT NULL, RENAME CONSTRAINT c TO d",
        "CREATE TABLE t (a int); ALTER TABLE t ALTER a SET NOT NULL; DROP TABLE t",
        "-- DROP TABLE t\n/* DROP TABLE u */ SELECT 'DROP TABLE v'",
        "CREATE INDEX i ON t (a);\n-- +goose Down\nDROP TABLE t;",
        "CREATE INDEX i ON t (a);\n-- migrate:down\nALTER TABLE t DROP COLUMN a;",
        "DROP INDEX i; DROP TYPE x",
    ],
)
def test_what_adds_or_undoes_takes_nothing_away(sql: str) -> None:
    assert losses("migrations/1_x.sql", sql.encode()) == []


def test_operations_of_alembic_and_django_that_take_away_are_found() -> None:
    body = """op.drop_column('t', 'a')
    op.alter_column('t', 'b', nullable=False, type_=sa.Text(), new_column_name='c')
    with op.batch_alter_table('u') as batch_op:
        batch_op.drop_column('d')
    op.execute("ALTER TABLE v DROP COLUMN e")
    op.create_table('w', sa.Column('x', sa.Integer))
    op.alter_column('w', 'x', nullable=False)
    op.drop_index('i')"""
    start = 9  # the first line of the body
    assert losses("versions/a.py", revision("a", "None", body=body)) == [
        (start, "drop-column", "t", "a"),
        (start + 1, "set-not-null", "t", "b"),
        (start + 1, "rename", "t", "b"),
        (start + 1, "change-type", "t", "b"),
        (start + 3, "drop-column", "u", "d"),
        (start + 4, "drop-column", "v", "e"),
    ]
    operations = """
        migrations.RemoveField(model_name="tag", name="a"),
        migrations.DeleteModel("Old"),
        migrations.RenameField("Tag", "b", "c"),
        migrations.RunSQL("DROP TABLE z", "CREATE TABLE z ()"),
        migrations.AddField("tag", "d", models.IntegerField(null=True)),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Tag")]),
    """
    assert losses("shop/migrations/0001_x.py", django("[]", operations)) == [
        (6, "drop-column", "shop_tag", "a"),
        (7, "drop-table", "shop_old", None),
        (8, "rename", "shop_tag", "b"),
        (9, "drop-table", "z", None),
    ]


@given(st.text(), st.sampled_from(["migrations/1_x.sql", "versions/a.py", "shop/migrations/0001_x.py"]))
def test_no_migration_breaks_the_reader(text: str, path: str) -> None:
    migration_order({path: text.encode("utf-8", "surrogatepass")})
    migration_order(
        {path: f"class Migration: pass\ndown_revision = {text!r}\nrevision = ''".encode("utf-8", "replace")}
    )
