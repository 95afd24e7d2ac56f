"""The tables and columns that the code names, looked for in the database. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from signoff.checks import schema_codes as codes
from signoff.model.database import Snapshot, Table
from signoff.model.facts import Known
from signoff.model.finding import Advice, Finding, Location
from signoff.model.quoted import Quoted
from signoff.model.schema_drift import Difference
from signoff.model.sql_use import Need, Needs
from signoff.model.text import text

_SYSTEM = frozenset(("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"))
Absence = Literal["missing", "elsewhere", "unclear"]


@dataclass(frozen=True, slots=True)
class Looked:
    """`errors`: what is not there; `elsewhere`: tables that the expected schema does not have either; `unclear`: those
    that only schemas have which the asking role may not use.

    `tables` and `columns`: how many were found.
    """

    errors: tuple[Finding, ...]
    elsewhere: tuple[Finding, ...]
    unclear: tuple[Finding, ...]
    tables: int
    columns: int


def looked_for(
    needs: Needs,
    live: Known[Snapshot],
    expected: Snapshot | None,
    drift: Iterable[Difference],
    *,
    path_known: bool,
) -> Looked:
    """Each table and column once, at the first place that names it; what `drift` tells of already is left out.

    `path_known`: the search path is the workload's; else it is only that of the role which asks.
    """
    told = {(one.table, one.name) for one in drift if one.kind == "missing" and one.what == "column"}
    told |= {(one.name, "") for one in drift if one.kind == "missing" and not one.table}
    errors: dict[tuple[str, str], Finding] = {}
    absent: dict[Absence, dict[str, Finding]] = {"missing": {}, "elsewhere": {}, "unclear": {}}
    found: dict[tuple[str, str], None] = {}
    for need in needs.needs:
        if _of_the_server(need):
            continue
        name = f"{need.schema}.{need.table}" if need.schema else need.table
        table = live.value.find(name)
        if table is None:
            if not any((f"{schema}.{need.table}", "") in told for schema in _schemas(need, live.value)):
                for kind, finding in _absent(need, name, live, expected, needs, path_known=path_known):
                    absent[kind].setdefault(name, finding)
            continue
        found[table.full_name, ""] = None
        have = {column.name for column in table.columns}
        for column in need.columns:
            if column in have or column in _SYSTEM or column == need.table:
                found[table.full_name, column] = None
            elif (table.full_name, column) not in told:
                errors.setdefault((table.full_name, column), _missing(need, name, column, live, table))
    tables = sum(1 for _, column in found if not column)
    return Looked(
        (*absent["missing"].values(), *errors.values()),
        tuple(absent["elsewhere"].values()),
        tuple(absent["unclear"].values()),
        tables,
        len(found) - tables,
    )


def _absent(
    need: Need, name: str, live: Known[Snapshot], expected: Snapshot | None, needs: Needs, *, path_known: bool
) -> Iterator[tuple[Absence, Finding]]:
    """What is said of a table that is not found; of a temporary one nothing."""
    place = Location(need.place.path, need.place.line)
    beside = None if need.schema or path_known else live.value.beside(need.table)
    if _hidden(need, live.value):
        yield "unclear", _unclear(need, live)
    elif beside is not None:
        yield "unclear", off_the_path(name, beside, live, place)
    elif need.table in needs.temporary:
        return
    elif need.table in needs.made:
        yield "unclear", made_by_the_code(name, live, place)
    elif _is_ours(need, live.value) and (expected is None or expected.find(name) is not None):
        yield "missing", _missing(need, name, None, live)
    else:
        yield "elsewhere", replace(_missing(need, name, None, live), code=codes.DRIFT, severity="warning")


def _of_the_server(need: Need) -> bool:
    return need.table.startswith("pg_") or need.schema in {"information_schema", "pg_catalog"}


def _schemas(need: Need, live: Snapshot) -> tuple[str, ...]:
    return (need.schema,) if need.schema else live.search_path


def _is_ours(need: Need, live: Snapshot) -> bool:
    """Whether it names a schema of this database, or none."""
    return need.schema in {None, "public", *(table.schema for table in live.tables.values())}


def _hidden(need: Need, live: Snapshot) -> bool:
    """Whether it may be in a schema that the asking role may not use, and the application's role may."""
    return need.schema is None and any(f"{schema}.{need.table}" in live.tables for schema in live.hidden)


def _unclear(need: Need, live: Known[Snapshot]) -> Finding:
    says = text("the table {} is in a schema that the role which asks may not use", Quoted(need.table))
    fix = Advice(text("grant it USAGE on the schema, and name the schema in search_path"))
    shown = live.shows("schemas that may not be used", Quoted(", ".join(sorted(live.value.hidden))))
    place = Location(need.place.path, need.place.line)
    return Finding(codes.NOT_VERIFIED, says, (shown,), fix, "warning", place)


def off_the_path(name: str, schema: str, live: Known[Snapshot], place: Location) -> Finding:
    """A table that is found only where the asking role does not look, and the run-time role may."""
    says = text(
        "the table {} is in the schema {}, where the role that asks does not look", Quoted(name), Quoted(schema)
    )
    fix = Advice(
        text(
            "add search_path = [{}] to the database in signoff.toml, or role = the code's own role",
            Quoted(f'"{schema}"'),
        )
    )
    shown = live.shows("search_path", Quoted(", ".join(live.value.search_path)))
    return Finding(codes.NOT_VERIFIED, says, (shown,), fix, "warning", place)


def made_by_the_code(name: str, live: Known[Snapshot], place: Location) -> Finding:
    """It may be made when the code first runs, and nothing says so."""
    says = text("the code makes the table {} itself where it is not there, and it is not there", Quoted(name))
    shown = live.shows("tables", len(live.value.tables))
    return Finding(codes.NOT_VERIFIED, says, (shown,), None, "warning", place)


def _missing(need: Need, name: str, column: str | None, live: Known[Snapshot], table: Table | None = None) -> Finding:
    place = Location(need.place.path, need.place.line)
    if column is None:
        says = text("the code uses the table {}, and the database has none of that name", Quoted(name))
        shown = live.shows("tables", len(live.value.tables))
        fix = Advice(text("apply the migration that creates it"))
    else:
        says = text("the code uses {} of the table {}, and it has no such column", Quoted(column), Quoted(name))
        shown = live.shows(f"columns of {name}", Quoted(", ".join(one.name for one in table.columns) if table else ""))
        fix = Advice(text("apply the migration that adds it"))
    return Finding(codes.MISSING, says, (shown,), fix, "error", place)
