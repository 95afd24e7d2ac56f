"""What the planner said of the code's ON CONFLICT targets, with the cause and the SQL that mends it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from signoff.checks import schema_codes as codes
from signoff.checks.schema_arbiters import plain_name, refused, spoken, wanted_columns
from signoff.checks.schema_needs import made_by_the_code, off_the_path
from signoff.checks.schema_sql import drop_index, rebuild_index, unique_index
from signoff.model.database import Asked, Index, Probe, Snapshot, Table
from signoff.model.evidence import Evidence
from signoff.model.facts import Known
from signoff.model.finding import Advice, Finding, Location
from signoff.model.quoted import Quoted
from signoff.model.schema_drift import Difference
from signoff.model.schema_facts import asked_of
from signoff.model.sql_use import ConflictTarget, Needs, NotCheckable, Upsert
from signoff.model.text import Text, text


@dataclass(frozen=True, slots=True)
class Upserts:
    """`errors`: disproven; `unclear`: not answered; `early`: an index is being built; `matched`: how many are proven.

    `explained`: differences that an error tells of already.
    """

    errors: tuple[Finding, ...] = ()
    unclear: tuple[Finding, ...] = ()
    early: tuple[Finding, ...] = ()
    matched: int = 0
    explained: frozenset[Difference] = frozenset()


def judged(
    upserts: Sequence[Upsert],
    probes: Known[Mapping[Asked, Probe]],
    live: Known[Snapshot],
    differences: Sequence[Difference],
    needs: Needs,
    *,
    path_known: bool,
) -> Upserts:
    """Each target once, with the first place of the code that asks it. `path_known`: as `looked_for` has it."""
    errors: list[Finding] = []
    unclear, early = list(not_checkable(upserts)), list[Finding]()
    explained: set[Difference] = set()
    places: dict[Asked, list[ConflictTarget]] = {}
    for upsert in upserts:
        if isinstance(upsert, ConflictTarget):
            places.setdefault(asked_of(upsert), []).append(upsert)
    matched = 0
    for asked, targets in places.items():
        probe = probes.value.get(asked, Probe("unclear", "it was not asked"))
        shown = probes.shows(f"EXPLAIN of ON CONFLICT on {asked.table}", Quoted(probe.said or probe.state))
        name = plain_name(asked.table)
        table, gone = live.value.find(name), probe.state == "no-table"
        place = Location(targets[0].place.path, targets[0].place.line)
        if probe.state == "match":
            failing = refused(asked, targets, probe, table, shown)
            errors += failing
            matched += not failing
            if failing and (told := _same_cause(asked, table, differences)) is not None:
                explained.add(told)
        elif probe.state in {"hidden", "unclear", "locked"}:
            finding = _unverified(asked, probe, shown, place)
            (early if probe.state == "locked" else unclear).append(finding)
        elif gone and name in needs.temporary:
            continue
        elif gone and name in needs.made:
            unclear.append(made_by_the_code(name, live, place))
        elif gone and not path_known and (beside := live.value.beside(name)):
            unclear.append(off_the_path(name, beside, live, place))
        elif probe.state == "no-index" and table is not None and (built := _being_built(asked, table)):
            says = text("{} on {} is being built: {} needs it", Quoted(built.name), Quoted(asked.table), spoken(asked))
            early.append(Finding(codes.NOT_VERIFIED, says, (shown,), None, "warning", place))
        else:
            told = _same_cause(asked, table, differences)
            explained.update([] if told is None else [told])
            errors.append(_error(asked, probe, table, told, shown, place, len(targets) - 1))
    return Upserts(tuple(errors), tuple(unclear), tuple(early), matched, frozenset(explained))


def not_checkable(upserts: Sequence[Upsert]) -> tuple[Finding, ...]:
    """Upserts that are put together at run time: never taken for healthy."""
    fix = Advice(text("write table and target as constants, or waive the link with a reason"))
    return tuple(
        Finding(
            codes.NOT_CHECKABLE,
            text("an upsert can not be checked: {}", upsert.why),
            (),
            fix,
            "warning",
            Location(upsert.place.path, upsert.place.line),
        )
        for upsert in upserts
        if isinstance(upsert, NotCheckable)
    )


def _unverified(asked: Asked, probe: Probe, shown: Evidence, place: Location) -> Finding:
    why = {
        "hidden": text("the role that asks may not use its schema"),
        "locked": text("something holds the table, perhaps an index is being built"),
    }.get(probe.state, text("{}", Quoted(probe.said)))
    says = text("{} on {} was not verified: {}", spoken(asked), Quoted(asked.table), why)
    fix = Advice(text("grant it USAGE on the schema")) if probe.state == "hidden" else None
    return Finding(codes.NOT_VERIFIED, says, (shown,), fix, "warning", place)


def _error(
    asked: Asked,
    probe: Probe,
    table: Table | None,
    told: Difference | None,
    shown: Evidence,
    place: Location,
    more: int,
) -> Finding:
    also = text(" (asked at {} more places)", more) if more else text("")
    name = Quoted(asked.table)
    if probe.state == "no-table":
        says = text("the code writes to {}, and the database has no such table{}", name, also)
        return Finding(
            codes.MISSING, says, (shown,), Advice(text("apply the migration that creates it")), "error", place
        )
    if probe.state == "no-column":
        says = text("{} on {} names a column that is not there: {}{}", spoken(asked), name, Quoted(probe.said), also)
        return Finding(codes.MISSING, says, (shown,), Advice(text("apply the migration that adds it")), "error", place)
    if probe.state == "no-constraint":
        says = text("{} on {}: {}{}", spoken(asked), name, Quoted(probe.said), also)
        fix = Advice(text("add the constraint, or name the columns instead of it"))
        return Finding(codes.NO_ARBITER, says, (shown,), fix, "error", place)
    says = text("{} on {} has no unique index to go by{}{}", spoken(asked), name, _what_it_has(asked, table), also)
    return Finding(codes.NO_ARBITER, says, (shown,), _mend(asked, table, told), "error", place)


def _what_it_has(asked: Asked, table: Table | None) -> Text:
    """The unique indexes that come near, and why each is none."""
    indexes = () if table is None else table.indexes
    near = [one for one in indexes if one.unique and wanted_columns(asked) & set(one.columns)]
    says = text("")
    for number, index in enumerate(near[:3]):
        one = text("{} has {}{}", Quoted(index.name), Quoted(f"({', '.join(index.columns)})"), _flaw(asked, index))
        says = text("{}, {}", says, one) if number else text(": the index {}", one)
    return says


def _flaw(asked: Asked, index: Index) -> Text:
    if not index.valid:
        return text(" and is invalid")
    if index.deferrable:
        return text(" and is deferrable")
    if index.predicate is not None and set(index.columns) == wanted_columns(asked):
        return text(" only WHERE {}", Quoted(index.predicate))
    return text("")


def _mend(asked: Asked, table: Table | None, told: Difference | None) -> Advice | None:
    if told is not None and told.mend:
        return Advice(text("{}", Quoted(" ".join(told.mend))))
    if table is None:
        return None
    wanted = wanted_columns(asked)
    half = next((one for one in table.indexes if one.unique and not one.valid and set(one.columns) == wanted), None)
    if half is not None:
        return Advice(text("{}", Quoted(" ".join(rebuild_index(table, half)))))
    made = Quoted(" ".join(unique_index(table, asked.columns, asked.where)))
    narrower = [one for one in table.indexes if one.unique and one.valid and set(one.columns) < wanted]
    if not narrower or "primary key" in {c.kind for c in table.constraints if c.name == narrower[0].name}:
        return Advice(text("{}", made))
    dropped = Quoted(" ".join(drop_index(table, narrower[0])))
    old = Quoted(f"({', '.join(narrower[0].columns)})")
    return Advice(text("{} and then, unless {} alone is to stay unique: {}", made, old, dropped))


def _being_built(asked: Asked, table: Table) -> Index | None:
    building = (one for one in table.indexes if one.unique and one.building)
    return next((one for one in building if set(one.columns) == wanted_columns(asked)), None)


def _same_cause(asked: Asked, table: Table | None, differences: Sequence[Difference]) -> Difference | None:
    """The expected unique index over the same columns that the database has otherwise, or not."""
    if table is None:
        return None
    for one in differences:
        if one.table == table.full_name and one.what == "unique index" and one.expected is not None:
            inner = one.expected.partition("(")[2].partition(")")[0]
            if {plain_name(column.strip()) for column in inner.split(",")} == wanted_columns(asked):
                return one
    return None
