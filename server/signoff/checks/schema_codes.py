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
    DRIFT: "warning or note: the database differs from what is expected in something that the code does not need",
    WRITABLE: "note: the role with which signoff asks may change rows; one that only reads is better",
    VERSIONS: "note: views were not compared, since the two servers write them differently",
}
