"""The findings of the link `schema`."""

from __future__ import annotations

from collections.abc import Mapping

UNDECLARED = "schema/undeclared"
NO_ARBITER = "schema/no-unique-index"
MISSING = "schema/missing"
DIFFERS = "schema/differs"
RIGHTS = "schema/rights"
NOT_CHECKABLE = "schema/not-checkable"
NOT_VERIFIED = "schema/not-verified"
NOTHING_EXPECTED = "schema/nothing-expected"
KEPT = "schema/kept"
NOT_REPLAYED = "schema/not-replayed"
HEADS = "schema/migration-heads"
SAME_ID = "schema/migration-id"
PARENT = "schema/migration-parent"
UNREAD = "schema/migration-unread"
PENDING = "schema/pending"
HALFWAY = "schema/migration-failed"
RECORDED = "schema/recorded"
AHEAD = "schema/ahead"
DESTRUCTIVE = "schema/destructive"
DRIFT = "schema/drift"
WRITABLE = "schema/writable"
VERSIONS = "schema/versions"

CODES: Mapping[str, str] = {
    UNDECLARED: "the code or the service shows a database, and signoff.toml names none",
    NO_ARBITER: "an ON CONFLICT of the code has no matching unique index or constraint in the database",
    MISSING: "the database lacks a table, column or other object that the code uses",
    DIFFERS: "the database has an object that the code uses otherwise than it is expected",
    RIGHTS: "the role that the workloads use lacks a right, or is not there",
    NOT_CHECKABLE: "an upsert of the code is put together at run time, so that its target can not be asked about",
    NOT_VERIFIED: "the database did not say whether an ON CONFLICT target has its index",
    NOTHING_EXPECTED: "nothing says what the database should hold, so that definitions are not compared",
    KEPT: "an IF NOT EXISTS of the migrations did nothing, and what was there before is not what it asks for",
    NOT_REPLAYED: "a statement of the migrations could not be replayed here, so that what it makes is not compared",
    HEADS: "migrations end in several heads, so that `upgrade head` and `migrate` refuse to choose",
    SAME_ID: "two migrations have one id or number",
    PARENT: "a migration follows one that is not in the repository",
    UNREAD: "a migration, or the table in which the database records them, could not be read",
    PENDING: "the database does not record a migration of the repository as run",
    HALFWAY: "the database records a migration that ended halfway",
    RECORDED: "the database records every migration as run, and lacks what they make",
    AHEAD: "note: the database records a revision that the commit does not have",
    DESTRUCTIVE: "a migration takes away what the code that serves now still uses",
    DRIFT: "warning or note: the database differs from what is expected in something that the code does not need",
    WRITABLE: "note: the role with which signoff asks may change rows; one that only reads is better",
    VERSIONS: "note: views were not compared, since the two servers write them differently",
}
