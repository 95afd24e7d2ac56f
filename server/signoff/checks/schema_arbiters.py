"""Indexes that the planner takes for an ON CONFLICT, and that the statement fails with. Pure.

https://www.postgresql.org/docs/current/sql-insert.html: "Note that exclusion constraints are not supported as arbiters
with ON CONFLICT DO UPDATE"; "deferrable unique constraints/exclusion constraints" are none at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from signoff.checks import schema_codes as codes
from signoff.checks.schema_sql import not_deferrable
from signoff.model.database import Asked, Constraint, Probe, Table
from signoff.model.evidence import Evidence
from signoff.model.finding import Advice, Finding, Location
from signoff.model.quoted import Quoted
from signoff.model.sql_use import ConflictTarget
from signoff.model.text import Text, text


def refused(
    asked: Asked, targets: Sequence[ConflictTarget], probe: Probe, table: Table | None, shown: Evidence
) -> tuple[Finding, ...]:
    """Of a target that the planner took: nothing, or why the statement fails. `targets`: all that ask it."""
    if table is None:
        return ()
    for constraint in _meant(asked, probe, table):
        name = Quoted(constraint.name)
        if " DEFERRABLE" in constraint.definition:
            return (_finding(asked, targets, text("{} is deferrable", name), _mend(table, constraint), shown),)
        updating = [one for one in targets if one.updates]
        if constraint.kind == "exclusion" and updating:
            why = text("{} is an exclusion constraint, and DO UPDATE takes none", name)
            fix = Advice(text("name the columns of a unique index, or write DO NOTHING"))
            return (_finding(asked, updating, why, fix, shown),)
    return ()


def _meant(asked: Asked, probe: Probe, table: Table) -> Iterator[Constraint]:
    """The constraints that the statement goes by: the plan names them, where the asking role may see one."""
    named = {plain_name(asked.constraint)} if asked.constraint else set(probe.indexes)
    if not named:
        named = {one.name for one in table.indexes if one.unique and set(one.columns) == wanted_columns(asked)}
    yield from (one for one in table.constraints if one.name in named)


def _mend(table: Table, constraint: Constraint) -> Advice:
    index = next((one for one in table.indexes if one.name == constraint.name), None)
    if index is None:
        return Advice(text("make the exclusion constraint again without DEFERRABLE"))
    return Advice(text("{}", Quoted(" ".join(not_deferrable(table, constraint, index)))))


def _finding(asked: Asked, targets: Sequence[ConflictTarget], why: Text, fix: Advice, shown: Evidence) -> Finding:
    more = len(targets) - 1
    also = text(" (asked at {} more places)", more) if more else text("")
    says = text("{} on {} fails when it runs: {}{}", spoken(asked), Quoted(asked.table), why, also)
    place = targets[0].place
    return Finding(codes.NO_ARBITER, says, (shown,), fix, "error", Location(place.path, place.line))


def spoken(asked: Asked) -> Text:
    """A target as the code writes it."""
    if asked.constraint is not None:
        return text("ON CONFLICT ON CONSTRAINT {}", Quoted(asked.constraint))
    where = text(" WHERE {}", Quoted(asked.where)) if asked.where else text("")
    return text("ON CONFLICT ({}){}", Quoted(", ".join(asked.columns)), where)


def wanted_columns(asked: Asked) -> set[str]:
    return {plain_name(column) for column in asked.columns}


def plain_name(name: str) -> str:
    """A name of SQL without its quotes."""
    return ".".join(part.strip('"') for part in name.split("."))
