"""Targets as they are read are asked of a real planner: what the code says is what PostgreSQL understands."""

from __future__ import annotations

import psycopg
import pytest

from signoff.model.sql_use import ConflictTarget
from signoff.reading.source.names import RESERVED, quoted
from signoff.reading.sql_targets import conflict_targets_of
from support.postgres import Cluster

SCHEMA = """
CREATE SCHEMA app;
CREATE TABLE app."User" (
  id int PRIMARY KEY, "orgId" int, email text, day timestamp, gone text, active bool, "order" int
);
CREATE UNIQUE INDEX ON app."User" ("orgId", day);
CREATE UNIQUE INDEX ON app."User" (lower(email)) WHERE gone IS NULL;
CREATE UNIQUE INDEX ON app."User" (date_trunc('day', day), "order");
CREATE UNIQUE INDEX ON app."User" (email) WHERE active;
CREATE UNIQUE INDEX ON app."User" ("order", email) WHERE email <> 'it''s';
"""
FILES = {
    "q.sql": b"""INSERT INTO app."User" VALUES (1) ON CONFLICT (DATE_TRUNC('day', Day), "order") DO NOTHING;
INSERT INTO app."User" VALUES (1) ON CONFLICT (lower(email)) WHERE gone IS NULL DO UPDATE SET id = 1;
INSERT INTO app."User" VALUES (1) ON CONFLICT ON CONSTRAINT "User_pkey" DO NOTHING;""",
    "q.py": b"""
class User(Base):
    __tablename__ = "User"
    __table_args__ = {"schema": "app"}
    org = mapped_column("orgId", Integer)
    day = mapped_column(DateTime)
    order: Mapped[int]
    email: Mapped[str]
    active: Mapped[bool]
q(insert(User).on_conflict_do_nothing(index_elements=[User.org, User.day]))
q(insert(User).on_conflict_do_nothing(index_elements=[User.email], index_where=User.active))
q(insert(User).on_conflict_do_nothing(index_elements=["order", "email"], index_where=User.email != "it's"))
""",
    "q.ts": b"""
const app = pgSchema("app");
const users = app.table("User", { org: integer("orgId"), day: timestamp("day"), email: text("email") });
db.insert(users).values(x).onConflictDoUpdate({ target: [users.org, users.day], set: x });
knex("app.User").insert(x).onConflict(["orgId", "day"]).merge();
db.insertInto("app.User").onConflict((oc) => oc.columns(["order", "email"]).where("email", "!=", "it's").doNothing());
""",
}


def probe(target: ConflictTarget) -> str:
    where = f" WHERE {target.where}" if target.where else ""
    asked = f"ON CONSTRAINT {target.constraint}" if target.constraint else f"({', '.join(target.columns)}){where}"
    return f"EXPLAIN INSERT INTO {target.table} DEFAULT VALUES ON CONFLICT {asked} DO NOTHING"


def test_every_target_matches_its_index_and_none_without_it(postgres: Cluster) -> None:
    database = postgres.database(SCHEMA)
    targets = conflict_targets_of(FILES)
    assert len(targets) == 9
    for target in targets:
        assert isinstance(target, ConflictTarget)
        plan = "\n".join(row[0] for row in database.rows(probe(target)))
        assert "Conflict Arbiter Indexes" in plan, target
    database.run('ALTER TABLE app."User" DROP CONSTRAINT "User_pkey"')
    indexes = database.rows("SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'app.\"User\"'::regclass")
    for (index,) in indexes:
        database.run(f"DROP INDEX {index}")
    for target in targets:
        assert isinstance(target, ConflictTarget)
        with pytest.raises((psycopg.errors.InvalidColumnReference, psycopg.errors.UndefinedObject)):
            database.rows(probe(target))


def test_names_are_quoted_exactly_where_postgresql_needs_it(postgres: Cluster) -> None:
    database = postgres.database()
    words = database.rows("SELECT word FROM pg_get_keywords() WHERE catcode = 'R' OR catcode = 'T'")
    assert {word for (word,) in words} <= RESERVED
    for name in ("a", "A", "user", "a b", 'a"b', "ü", "_x$1", "1a"):
        database.run(f"CREATE TABLE {quoted(name)} (x int)")
        assert database.rows(f"SELECT count(*) FROM pg_class WHERE relname = '{name}'") == [(1,)]
