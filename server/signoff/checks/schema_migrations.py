"""The state of migrations: in the repository, in the database, and beside the code that serves. Pure.

Incidents G2 (a migration never ran), G4 (two heads), G5 (a column dropped while old code serves).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from signoff.checks import schema_codes as codes
from signoff.model.database import Snapshot
from signoff.model.facts import Known, Unknown
from signoff.model.finding import Advice, Finding, Location, Severity
from signoff.model.migration_state import Applied, MigrationState
from signoff.model.migrations import Destructive, Migration, MissingParent, SameId, SeveralHeads
from signoff.model.quoted import Quoted
from signoff.model.sql_use import Needs, Place
from signoff.model.subject import Commit
from signoff.model.text import Text, text
from signoff.model.unanswered import unanswered
from signoff.reading.pending_migrations import Pending, losses, pending, unrecorded

MOST = 10
Tables = tuple[Applied, ...]


@dataclass(slots=True)
class OfMigrations:
    """`errors`: they can not be run, or were not to the end; `waiting`: somebody has to run them."""

    errors: list[Finding] = field(default_factory=list)
    waiting: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    reasons: list[Text] = field(default_factory=list)


def of_migrations(
    state: MigrationState | Unknown | None, live: Known[Snapshot], missing: Sequence[Finding]
) -> OfMigrations:
    """`missing`: what the code needs and the database has not as it is expected."""
    found = OfMigrations()
    if state is None:
        return found
    if isinstance(state, Unknown):
        found.reasons.append(unanswered(state))
        return found
    _of_repository(state, found)
    if isinstance(state.applied, Unknown):
        found.reasons.append(unanswered(state.applied))
    if not isinstance(state.applied, Known):
        return found
    late = pending(state)
    _of_database(state, state.applied, late, missing, found)
    taken = {one.migration: one for one, gone in losses(state, late, live.value) if not gone}
    told = _taken_away(state, late, live, found)
    for one in late.migrations[:MOST]:
        if one.place.path not in told:
            found.waiting.append(_pending(one, state.applied, one.id in taken))
    if len(late.migrations) > MOST:
        says = text("{} more migrations are not recorded as run", len(late.migrations) - MOST)
        found.waiting.append(Finding(codes.PENDING, says, (), None, "warning"))
    return found


def _of_repository(state: MigrationState, found: OfMigrations) -> None:
    for fault in state.order.faults:
        if isinstance(fault, SeveralHeads):
            if state.several_by_design:
                continue
            names = Quoted(", ".join(one.id for one in fault.heads))
            says = text("the migrations end in several heads ({}): to upgrade to one head is refused", names)
            alembic = fault.heads[0].tool == "alembic"
            how = "alembic merge heads" if alembic else "python manage.py makemigrations --merge"
            fix = Advice(text("add a merge: {}", how))
            found.errors.append(Finding(codes.HEADS, says, (), fix, "error", _at(fault.heads[-1].place)))
        elif isinstance(fault, SameId):
            paths = Quoted(", ".join(one.place.path for one in fault.migrations))
            says = text("several migrations have one id or number: {}", paths)
            severity: Severity = "error" if all(_refused(one) for one in fault.migrations) else "warning"
            at = _at(fault.migrations[-1].place)
            fix = Advice(text("give the newer one an id of its own"))
            (found.errors if severity == "error" else found.notes).append(
                Finding(codes.SAME_ID, says, (), fix, severity, at)
            )
        elif isinstance(fault, MissingParent):
            says = text("the migration {} follows {}, which is not in the repository", Quoted(fault.migration.id),
                        Quoted(fault.parent))  # fmt: skip
            found.errors.append(Finding(codes.PARENT, says, (), None, "error", _at(fault.migration.place)))
    for one in state.order.unread[:MOST]:
        found.notes.append(Finding(codes.UNREAD, text("{}", one.why), (), None, "warning", _at(one.place)))


def _refused(one: Migration) -> bool:
    """Whether its tool refuses two of one number; plain numbered files are run by their names."""
    return one.tool != "sql" or one.place.path.endswith(".up.sql") or "__" in one.id


def _of_database(
    state: MigrationState,
    applied: Known[Tables],
    late: Pending,
    missing: Sequence[Finding],
    found: OfMigrations,
) -> None:
    for table in applied.value:
        if not table.readable:
            says = text("which migrations were run is not known: the role that asks may not read {}",
                        Quoted(table.table))  # fmt: skip
            fix = Advice(text("{}", Quoted(f"GRANT SELECT ON {table.table} TO …;")))
            shown = applied.shows(f"right to read {table.table}", False)
            found.notes.append(Finding(codes.UNREAD, says, (shown,), fix, "warning"))
        for name in table.failed:
            says = text("the migration {} ended halfway, as {} says", Quoted(name), Quoted(table.table))
            shown = applied.shows(f"failed in {table.table}", Quoted(name))
            fix = Advice(text("mend what it left, and have its tool mark it as done or undone"))
            at = next((_at(one.place) for one in state.order.migrations if one.id == name), None)
            found.errors.append(Finding(codes.HALFWAY, says, (shown,), fix, "error", at))
    shown = applied.shows("tables of versions", Quoted(", ".join(table.table for table in applied.value)))
    for tool in unrecorded(state):
        says = text("the database has no table in which {} records what was run", tool)
        if tool == "sql":
            says = text("the database has no table that is known in which is recorded which files of SQL were run")
        found.notes.append(Finding(codes.UNREAD, says, (shown,), None, "note" if tool == "sql" else "warning"))
    for name in late.ahead:
        says = text("the database is ahead of the commit: it records the revision {}", Quoted(name))
        shown = applied.shows("revision", Quoted(name))
        found.notes.append(Finding(codes.AHEAD, says, (shown,), None, "note"))
    if late.known and missing and not late.migrations and not late.ahead:
        says = text("the database records every migration as run, and lacks what they make: it was changed by hand, or"
                    " they were only marked as run")  # fmt: skip
        shown = applied.shows("pending migrations", 0)
        found.notes.append(Finding(codes.RECORDED, says, (shown,), None, "warning"))


def _pending(one: Migration, applied: Known[Tables], takes: bool) -> Finding:
    says = text("the migration {} was not run", Quoted(one.id))
    if takes:
        says = text("{}; what it takes away is not used by the code that serves", says)
    recorded = ", ".join(sorted(name for table in applied.value for name in table.ids)[-3:])
    shown = applied.shows("newest recorded", Quoted(recorded))
    fix = Advice(text("run the migrations against this database"))
    return Finding(codes.PENDING, says, (shown,), fix, "warning", _at(one.place))


def _taken_away(state: MigrationState, late: Pending, live: Known[Snapshot], found: OfMigrations) -> frozenset[str]:
    """The paths of migrations that take away what the code that serves needs, or may need."""
    told: set[str] = set()
    for one, gone in losses(state, late, live.value):
        user = None if isinstance(state.serving, Unknown) else _user(one, state.serving or {})
        if user is None and (gone or not isinstance(state.serving, Unknown)):
            continue
        finding = _destructive(one, user, gone, live)
        told.add(one.place.path)
        (found.notes if gone else found.waiting).append(finding)
    return frozenset(told)


def _user(one: Destructive, serving: Mapping[Commit, Needs]) -> tuple[Commit, Place] | None:
    for commit, needs in serving.items():
        for need in needs.needs:
            if need.table == one.table and (one.column is None or one.column in need.columns):
                return commit, need.place
        for said in needs.declared:
            if said.table == one.table and one.column in {None, said.column}:
                return commit, said.place
    return None


def _destructive(one: Destructive, user: tuple[Commit, Place] | None, gone: bool, live: Known[Snapshot]) -> Finding:
    named = f"{one.table}.{one.column}" if one.column else str(one.table)
    verb = "renames" if one.loss == "rename" else "drops"
    what = text("the migration {} {} {}", Quoted(one.migration), verb, Quoted(named))
    if user is None:
        says = text("{}, and it is not known which code serves now", what)
    else:
        commit, place = user
        where = Quoted(f"{place.path}:{place.line}")
        says = text("{}, which the code that serves now ({}) uses at {}", what, commit[:12], where)
    if gone:
        says = text("{}: it is gone already, so that this code fails", says)
    shown = live.shows(named, "gone" if gone else "there")
    fix = Advice(text("ship the code that does not use it, and run the migration once that code serves"))
    return Finding(codes.DESTRUCTIVE, says, (shown,), fix, "warning", _at(one.place))


def _at(place: Place) -> Location:
    return Location(place.path, place.line)
