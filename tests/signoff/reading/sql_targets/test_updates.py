"""Whether an upsert updates, of every way to write one."""

from __future__ import annotations

import pytest

from signoff.model.sql_use import ConflictTarget
from signoff.reading.sql_targets import conflict_targets_of

SQLALCHEMY = """from sqlalchemy.dialects.postgresql import insert
class T(Base):
    __tablename__ = "t"
    a = mapped_column(Integer, primary_key=True)
q(insert(T).{})
"""
DJANGO = """from django.db import models
class T(models.Model):
    a = models.IntegerField(unique=True)
def f(x, flag):
    T.objects.bulk_create(x, update_conflicts={}, unique_fields=["a"])
"""
DRIZZLE = """import {{ integer, pgTable }} from "drizzle-orm/pg-core";
const t = pgTable("t", {{ a: integer("a") }});
db.insert(t).values(x).{};
"""
PRISMA = {"prisma/schema.prisma": b"model T {\n  a Int @unique\n}\n"}
CASES = [
    ("q.sql", "insert into t values (1) on conflict (a) do {};", ("update set a = 1",), ("nothing",)),
    ("q.sql", "insert into t values (1) on conflict (a) where b > 1 do {};", ("update set a = 1",), ("nothing",)),
    ("q.py", "q('insert into t values (1) on conflict on constraint k do {}')", ("update set a = 1",), ("nothing",)),
    ("q.py", SQLALCHEMY, ("on_conflict_do_update(index_elements=['a'], set_=x)",
                          "on_conflict_do_update(constraint='k', set_=x)",
                          "on_conflict_do_update(constraint=T.__table__.primary_key, set_=x)"),
     ("on_conflict_do_nothing(index_elements=['a'])", "on_conflict_do_nothing(constraint='k')")),
    ("shop/models.py", DJANGO, ("True",), ("flag",)),
    ("q.ts", DRIZZLE, ("onConflictDoUpdate({ target: t.a, set: x })",), ("onConflictDoNothing({ target: t.a })",)),
    ("q.ts", "knex('t').insert(x).onConflict({}", ("'a').merge();", "['a']).merge(['b']).where(y);",
                                                   "knex.raw('(a) where b > 1')).merge();"),
     ("'a').ignore();", "knex.raw('(a) where b > 1')).ignore();")),
    ("q.ts", "db.insertInto('t').onConflict(oc => oc.{});",
     ("column('a').doUpdateSet(x)", "constraint('k').doUpdateSet(x)", "column('a').doUpdateSet(x).where('b', '=', 1)"),
     ("column('a').doNothing()", "constraint('k').doNothing()")),
    ("q.ts", "supabase.from('t').upsert(x, {});",
     ("{ onConflict: 'a' }", "{ onConflict: 'a', ignoreDuplicates: false }"),
     ("{ onConflict: 'a', ignoreDuplicates: true }", "{ onConflict: 'a', ignoreDuplicates: flag }")),
    ("q.ts", "prisma.t.upsert({{ where: {{ a: 1 }}, create: {{ a: 1 }}, update: {} }});",
     ("{ b: 1 }", "changes"), ("{}",)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "source", "updates"),
    [
        pytest.param(path, pattern.replace("{}", action).replace("{{", "{").replace("}}", "}"), updates, id=action)
        for path, pattern, updating, other in CASES
        for actions, updates in ((updating, True), (other, False))
        for action in actions
    ],
)
def test_an_upsert_updates_where_the_code_says_so_for_certain(path: str, source: str, updates: bool) -> None:
    [target] = conflict_targets_of({path: source.encode(), **PRISMA})
    assert isinstance(target, ConflictTarget), target
    assert target.updates is updates
