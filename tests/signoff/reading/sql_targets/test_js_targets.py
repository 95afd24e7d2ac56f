"""SQL and query builders in JavaScript and TypeScript."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.model.sql_use import ConflictTarget, NotCheckable, Place
from signoff.reading.sql_targets import (
    conflict_targets,
    conflict_targets_of,
    drizzle_targets,
    query_builders,
    statement,
)
from signoff.reading.sql_targets.prisma_targets import WHERE

PRISMA = """
datasource db {
  provider = "postgresql"
}
model User {
  id      Int     @id @default(autoincrement())
  email   String  @unique @map("e_mail")
  name    String?
  posts   Post[]
  @@map("users")
  @@schema("app")
}
model Post { // one line more
  a       Int
  b       Int     @map("B")
  c       Int
  author  User    @relation(fields: [a], references: [id])
  @@id([a, b])
  @@unique([b(sort: Desc), c], name: "pair", map: "post_pair")
}
"""
DRIZZLE = """
import { pgTable, serial, text, integer, timestamp, pgSchema, pgTableCreator, uniqueIndex } from "drizzle-orm/pg-core";
const stamps = { createdAt: timestamp("created_at"), deletedAt: timestamp("deleted_at") };
export const users = pgTable("users", {
  id: serial("id").primaryKey(),
  orgId: integer("org_id").notNull().references(() => orgs.id),
  userName: text().notNull(),
  ...stamps,
}, (t) => [uniqueIndex("u").on(t.orgId, t.userName)]);
const app = pgSchema("app");
export const orgs = app.table("orgs", (t) => ({ id: t.integer().primaryKey(), key: t.text("Key") }));
const createTable = pgTableCreator((name) => `pre_${name}`);
export const posts = createTable("post", { id: integer("id") });
"""


def read(source: str, path: str = "app/q.ts", **others: str) -> list[tuple[object, ...]]:
    """Of `app/q.ts`: (table, (columns), where or constraint) of what can be asked, why of what cannot."""
    files = {path: dedent(source), **{name.replace("__", "."): dedent(text) for name, text in others.items()}}
    files = {(path if "/" in path else f"app/{path}"): text for path, text in files.items()}
    found = conflict_targets_of({path: text.encode() for path, text in files.items()})
    return [
        (one.table, one.columns, one.where or one.constraint) if isinstance(one, ConflictTarget) else (one.why,)
        for one in found
    ]


@pytest.mark.parametrize(
    "source",
    [
        'q("INSERT INTO t VALUES ($1, $2) ON CONFLICT (a, b) DO NOTHING")',
        "q(`INSERT INTO t VALUES (${x})\n ON CONFLICT (a, b) DO UPDATE SET c = ${x}`)",
        'q("INSERT INTO t " +\n "VALUES ($1) " + "ON CONFLICT (a, b) DO NOTHING")',
        "const T = 't';\nq(`INSERT INTO ${T} VALUES (1) ON CONFLICT (a, b) DO NOTHING`)",
        "const K = ['a', 'b'] as const;\nq(`INSERT INTO t VALUES (1) ON CONFLICT (${K.join(', ')}) DO NOTHING`)",
        "const N = { t: 't' };\nq(`INSERT INTO ${N.t} VALUES (1) ON CONFLICT (a, b) DO NOTHING`)",
        "await sql`INSERT INTO t VALUES (${x}) ON CONFLICT (a, b) DO NOTHING`",
        "await prisma.$executeRaw`INSERT INTO t VALUES (${x}) ON CONFLICT (a, b) DO NOTHING`",
        "q(sql`INSERT INTO ${sql.raw('t')} VALUES (${x}) ON CONFLICT (a, b) DO NOTHING`)",
        "q(['INSERT INTO t', 'VALUES (1)', 'ON CONFLICT (a, b) DO NOTHING'].join('\\n'))",
        "knex('t').insert(x).onConflict(['a', 'b']).merge()",
        "db.insertInto('t').values(x).onConflict((oc) => oc.columns(['a', 'b']).doUpdateSet({ c: 1 })).execute()",
        "supabase.from('t').upsert(rows, { onConflict: 'a, b' })",
    ],
)
def test_a_target_that_the_code_writes_out_is_read(source: str) -> None:
    for path in ("q.ts", "q.tsx", "q.js", "q.mjs"):
        if "as const" not in source or path.startswith("q.ts"):
            assert read(source, path) == [("t", ("a", "b"), None)]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("knex('s.T').insert(x).onConflict('userId').ignore()", ('s."T"', ('"userId"',), None)),
        ("trx.withSchema('s').insert(x).into('t').onConflict('a').merge()", ("s.t", ("a",), None)),
        ("db('t as x').insert(y).returning('*').onConflict(KEY).merge(); const KEY = 'a'", ("t", ("a",), None)),
        ("knex('t').insert(x).onConflict(knex.raw('(lower(a)) where b = 1')).merge()", ("t", ("lower(a)",), "b = 1")),
        ("class U extends Model { static get tableName() { return 'us'; } }\n"
         "U.query().insert(x).onConflict('id').merge()", ("us", ("id",), None)),
        ("db.insertInto('s.t').onConflict(oc => oc.column('a').where('b', 'is', null).doNothing())",
         ("s.t", ("a",), "b is null")),
        ("db.insertInto('t').onConflict(oc => { return oc.constraint('t_key').doUpdateSet(x).where('b', '=', 1) })",
         ("t", (), "t_key")),
        ("db.insertInto('t').onConflict(oc => oc.expression(sql`lower(a)`).doUpdateSet(x))",
         ("t", ("(lower(a))",), None)),
        ("db.insertInto('t').onConflict(oc => oc.column('a').doUpdateSet(x).where('t.b', '=', y))",
         ("t", ("a",), None)),
    ],
)  # fmt: skip
def test_query_builders_say_table_columns_and_predicate(source: str, wanted: tuple[object, ...]) -> None:
    assert read(source) == [wanted]


def test_names_are_mapped_where_the_project_maps_them() -> None:
    source = "db.insertInto('userTags').onConflict(oc => oc.columns(['userId']).doNothing())"
    assert read(source) == [('"userTags"', ('"userId"',), None)]
    assert read(source, db__ts="new Kysely({ plugins: [new CamelCasePlugin()] })") == [
        ("user_tags", ("user_id",), None)
    ]


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("insert(users).values(x).onConflictDoUpdate({ target: users.id, set: {} })", ("users", ("id",), None)),
        ("insert(users).values(x).onConflictDoUpdate({ target: [users.orgId, users.userName], set: {} })",
         ("users", ("org_id", '"userName"'), None)),
        ("insert(schema.orgs).values(x).onConflictDoNothing({ target: [schema.orgs.key] })",
         ("app.orgs", ('"Key"',), None)),
        ("insert(posts).values(x).onConflictDoNothing({ target: posts.id })", ("pre_post", ("id",), None)),
        ("insert(users).values(x).onConflictDoUpdate({ target: users.id,"
         " targetWhere: sql`${users.deletedAt} is null` })",
         ("users", ("id",), "deleted_at is null")),
        ("insert(users).values(x).onConflictDoUpdate({ target: users.id, targetWhere: isNull(users.deletedAt) })",
         ("users", ("id",), "deleted_at IS NULL")),
        ("insert(users).values(x).onConflictDoNothing({ target: users.id, where: eq(users.userName, \"it's\") })",
         ("users", ("id",), "\"userName\" = 'it''s'")),
        ("insert(users).values(x).onConflictDoUpdate({ target: users.id, setWhere: eq(users.id, y) })",
         ("users", ("id",), None)),
    ],
)  # fmt: skip
def test_drizzle_has_the_names_of_its_tables(call: str, wanted: tuple[object, ...]) -> None:
    source = f'import {{ users, posts }} from "@/schema";\nimport * as schema from "./schema";\ndb.{call}'
    assert read(source, schema__ts=DRIZZLE) == [wanted]


def test_drizzle_names_columns_by_the_casing_of_the_project() -> None:
    source = 'import { users } from "./db";\ndb.insert(users).values(x).onConflictDoNothing({ target: users.userName })'
    db = 'export * from "./schema";\nexport const db = drizzle(pool, { casing: "snake_case" });'
    assert read(source, db__ts=db, schema__ts=DRIZZLE) == [("users", ("user_name",), None)]


@pytest.mark.parametrize(
    ("call", "columns"),
    [
        ("user.upsert({ where: { email }, create: { email, name }, update: {} })", ("app.users", "e_mail")),
        ("user.upsert({ where: { id: x.id }, create: { ...x }, update: x })", ("app.users", "id")),
        ("post.upsert({ where: { a_b: { a: 1, b } }, create: { a: 1, b, c }, update: {} })", ('"Post"', "a", '"B"')),
        ("post.upsert({ where: { pair: { b, c } }, create, update })", ('"Post"', '"B"', "c")),
    ],
)
def test_prisma_upserts_have_the_names_of_the_schema(call: str, columns: tuple[str, ...]) -> None:
    found = read(f"await this.prisma.{call}", **{"prisma/schema__prisma": PRISMA})
    assert found == [(columns[0], columns[1:], None)]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("q(`INSERT INTO ${t} VALUES (1) ON CONFLICT (a) DO NOTHING`)", statement.TABLE_UNKNOWN),
        ("const t = 't'; f((t) => q(`INSERT INTO ${t} VALUES (1) ON CONFLICT (a) DO NOTHING`))",
         statement.TABLE_UNKNOWN),
        ("q(`INSERT INTO t VALUES (1) ON CONFLICT (${keys.join(',')}) DO NOTHING`)", statement.TARGET_UNKNOWN),
        ("sql`INSERT INTO t VALUES (1) ON CONFLICT (${key}) DO NOTHING`; const key = 'a'", statement.TARGET_UNKNOWN),
        ("knex(name).insert(x).onConflict('a').merge()", query_builders.TABLE),
        ("knex('t').insert(x).onConflict(keys).merge()", query_builders.TARGET),
        ("db.insertInto('t').onConflict(oc => oc.columns(keys).doNothing())", query_builders.TARGET),
        ("db.insertInto('t').onConflict(oc => oc.column('a').where('b', '=', c).doNothing())", query_builders.TARGET),
        ("db.insert(x).values(y).onConflictDoUpdate({ target: x.id })",
         drizzle_targets.TABLE.format("onConflictDoUpdate")),
        ("db.insert(x).values(y).onConflictDoUpdate(options)", drizzle_targets.TARGET.format("onConflictDoUpdate")),
        ("prisma.user.upsert({ where, create, update })", WHERE),
        ("prisma.user.upsert({ where: { ...key }, create, update })", WHERE),
    ],
)  # fmt: skip
def test_what_is_put_together_at_run_time_is_not_checkable(source: str, why: str) -> None:
    assert read(source, **{"prisma/schema__prisma": PRISMA}) == [(why,)]


@pytest.mark.parametrize(
    "source",
    [
        "// INSERT INTO t VALUES (1) ON CONFLICT (a) DO NOTHING",
        "console.log('resolved on conflict (manual)')",
        "knex('t').insert(x).onConflict().ignore()",
        "db.insert(users).values(x).onConflictDoNothing()",
        "db.insertInto('t').onConflict(oc => oc.doNothing())",
        "prisma.user.createMany({ data, skipDuplicates: true })",
        "prisma.user.upsert({ where: { id, name: 'x' }, create, update })",
        "prisma.user.upsert({ where: { id }, create: { id, posts: { create: [] } }, update: {} })",
        "prisma.user.upsert({ where: { id: id ?? 0 }, create: { name }, update: {} })",
        "elastic.upsert({ where: { id } })",
        "collection.upsert(doc)",
        "import Database from 'better-sqlite3'; q('INSERT INTO t VALUES (1) ON CONFLICT (a) DO NOTHING')",
        "const D = require('sqlite3'); q('INSERT INTO t VALUES (1) ON CONFLICT (a) DO NOTHING')",
        "import { db } from './lite'; q('INSERT INTO t VALUES (1) ON CONFLICT (a) DO NOTHING')",
    ],
)
def test_what_needs_no_index_in_postgresql_is_quiet(source: str) -> None:
    lite = 'import { Database } from "bun:sqlite"; export const db = new Database("x");'
    assert read(source, lite__ts=lite, **{"prisma/schema__prisma": PRISMA}) == []


def test_prisma_on_another_database_is_quiet() -> None:
    schema = PRISMA.replace('"postgresql"', '"mysql"')
    assert read("prisma.user.upsert({ where: { id }, create, update })", **{"prisma/schema__prisma": schema}) == []


def test_places_are_those_of_the_clause() -> None:
    source = b"q(`\n INSERT INTO t VALUES (1)\n ON CONFLICT (a) DO NOTHING`);\n"
    source += b"knex('u')\n .insert(x)\n .onConflict('b').merge()"
    first, second = conflict_targets("q.js", source)
    assert (first.place, second.place) == (Place("q.js", 3), Place("q.js", 6))


def test_texts_of_other_files_are_followed() -> None:
    source = """
    import { TAIL, names as n } from './names.js';
    import * as all from './names';
    q("INSERT INTO t VALUES (1) " + TAIL);
    q(`INSERT INTO ${n.users} VALUES (1) ${all.TAIL}`);
    """
    names = "export const TAIL = 'ON CONFLICT (a) DO NOTHING';\nexport const names = { users: 'us' };"
    assert read(source, names__ts=names) == [("t", ("a",), None), ("us", ("a",), None)]


def test_a_type_of_typescript_does_not_stop_the_reader() -> None:
    source = (
        "const f = async <T,>(x: T): Promise<void> => { await db<T>('t').insert(x as any).onConflict('a').merge(); }"
    )
    assert read(source) == [("t", ("a",), None)]


PARTS = ["q(", ")", "`INSERT INTO t ON CONFLICT (${x}) DO`", "'ON CONFLICT (a)'", " + ",
         "knex('t')", ".onConflict(", "'a'",
         "oc => oc", ".columns(", "[", "]", "{", "}", "const x = ", "x", ";\n", "db.insert(",
         ".onConflictDoUpdate({ target: ",
         "prisma.user.upsert({ where: ", "import x from './q'", "class A {", "\\", "/*"]  # fmt: skip


@given(st.lists(st.sampled_from(PARTS), max_size=14).map("".join) | st.text())
def test_no_source_breaks_the_reader(source: str) -> None:
    data = (source + "\n// onConflict upsert onConflictDo").encode("utf-8", "surrogatepass")
    for one in conflict_targets_of({"q.ts": data, "schema.prisma": PRISMA.encode()}):
        assert isinstance(one, ConflictTarget | NotCheckable)
    conflict_targets("q.jsx", data)
    conflict_targets_of({"a.prisma": source.encode("utf-8", "surrogatepass"), "q.ts": b"prisma.user.upsert({})"})
