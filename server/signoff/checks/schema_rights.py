"""What the run-time role needs for the statements of the code, and may not do. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from signoff.checks import schema_codes as codes
from signoff.checks.schema_arbiters import plain_name
from signoff.checks.schema_sql import identifier, qualified
from signoff.model.database import Snapshot, Table
from signoff.model.database_use import Database
from signoff.model.facts import Known
from signoff.model.finding import Advice, Finding, Location
from signoff.model.quoted import Quoted
from signoff.model.schema_drift import Difference
from signoff.model.schema_facts import SchemaFacts
from signoff.model.sql_use import ConflictTarget, Place
from signoff.model.text import text

_UPSERT = ("INSERT", "SELECT")
"""A conflict target's columns are read: https://www.postgresql.org/docs/current/sql-insert.html"""


def rights(
    facts: SchemaFacts, database: Database, live: Known[Snapshot], drift: Sequence[Difference]
) -> tuple[Finding, ...]:
    """One finding a table, at the first place that needs what the role lacks; what `drift` tells of is left out."""
    if database.role is None:
        return ()
    if not live.value.role_exists:
        says = text("the role {} is not in the database", Quoted(database.role))
        return (Finding(codes.RIGHTS, says, (live.shows("role", False),)),)
    told = {(one.table, one.name) for one in drift if one.what == "right" and one.kind == "missing"}
    lacking: dict[str, tuple[Table, Place, list[str]]] = {}
    for place, table, wanted in _asked(facts, live.value):
        missing = [one for one in wanted if one not in (table.granted or ()) and (table.full_name, one) not in told]
        if missing:
            _, _, known = lacking.setdefault(table.full_name, (table, place, []))
            known += [one for one in missing if one not in known]
    return tuple(_finding(database.role, *one, live) for one in lacking.values())


def _asked(facts: SchemaFacts, live: Snapshot) -> Iterator[tuple[Place, Table, Sequence[str]]]:
    for upsert in facts.upserts:
        if isinstance(upsert, ConflictTarget) and (table := live.find(plain_name(upsert.table))) is not None:
            yield upsert.place, table, (*_UPSERT, "UPDATE") if upsert.updates else _UPSERT
    for need in facts.needs.needs:
        table = live.find(f"{need.schema}.{need.table}" if need.schema else need.table)
        if table is not None:
            numbered = any(one.serial and one.name not in need.columns for one in table.columns)
            yield need.place, table, (*need.rights, *(["USAGE"] if numbered and "INSERT" in need.rights else []))


def _finding(role: str, table: Table, place: Place, missing: Sequence[str], live: Known[Snapshot]) -> Finding:
    rights, to = [one for one in missing if one != "USAGE"], identifier(role)
    grants = [f"GRANT {', '.join(rights)} ON {qualified(table)} TO {to};"] if rights else []
    if "USAGE" in missing:
        grants.append(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {identifier(table.schema)} TO {to};")
    wanted = ", ".join([*rights, *(["USAGE of its sequences"] if "USAGE" in missing else [])])
    says = text("{} lacks {} on {}, and the code needs it", Quoted(role), wanted, Quoted(table.full_name))
    fix = Advice(text("{}", Quoted(" ".join(grants))))
    shown = live.shows(f"rights on {table.full_name}", Quoted(", ".join(sorted(table.granted or ()))))
    return Finding(codes.RIGHTS, says, (shown,), fix, "error", Location(place.path, place.line))
