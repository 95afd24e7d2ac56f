"""What a declared database holds beside what the code asks of it: the greater half of link `schema`."""

from __future__ import annotations

from signoff.checks import schema_codes as codes
from signoff.checks.schema_compare import comparable_views, differences
from signoff.checks.schema_kept import comparable, kept, not_replayed
from signoff.checks.schema_kept import reasons as of_left_out
from signoff.checks.schema_migrations import of_migrations
from signoff.checks.schema_needs import Looked, looked_for
from signoff.checks.schema_rights import rights
from signoff.checks.schema_told import told
from signoff.checks.schema_upserts import Upserts, judged, not_checkable
from signoff.model.database import Snapshot
from signoff.model.database_use import Database
from signoff.model.facts import Known, Unknown
from signoff.model.finding import Advice, Finding
from signoff.model.judgement import Judgement, failed, passed, unknown, waiting
from signoff.model.quoted import Quoted
from signoff.model.schema_drift import Difference
from signoff.model.schema_facts import SchemaFacts
from signoff.model.text import Text, listed, text
from signoff.model.unanswered import unanswered


def declared(facts: SchemaFacts, database: Database, live: Known[Snapshot]) -> Judgement:
    """Only what the shipped code needs can fail; every other difference is told."""
    drift = comparable(_drift(facts.expected, live.value), facts.replay)
    path_known = bool(database.search_path or (database.role and live.value.role_exists))
    upserts = _upserts(facts, live, drift, path_known)
    lacking = rights(facts, database, live, drift)
    silent = kept(drift, facts.replay, live, facts.uses, facts.needs)
    explained = upserts.explained | silent.explained
    errors, notes = told([one for one in drift if one not in explained], live, facts.uses, facts.needs)
    wanted = facts.expected.value if isinstance(facts.expected, Known) else None
    needed = looked_for(facts.needs, live, wanted, drift, path_known=path_known)
    left_out = not_replayed(facts.replay, facts.expected if isinstance(facts.expected, Known) else None)
    notes = (*silent.notes, *left_out, *notes, *needed.elsewhere, *_notes(facts, live))
    unclear = (*upserts.unclear, *_beside(needed.unclear, upserts.unclear))
    state = of_migrations(facts.migrations, live, errors)
    notes = (*state.notes, *notes)
    found = (*state.errors, *silent.errors, *upserts.errors, *lacking, *errors, *_beside(needed.errors, upserts.errors))
    if found:
        return failed(*found, *unclear, *upserts.early, *state.waiting, *notes)
    reasons = [*_reasons(facts, upserts, needed), *of_left_out(left_out), *state.reasons]
    if reasons:
        return unknown(listed(reasons), *unclear, *upserts.early, *state.waiting, *notes)
    if state.waiting:
        says = text("migrations are to be run: {}", len(state.waiting))
        return waiting("person", says, *state.waiting, *upserts.early, *notes)
    if upserts.early:
        return waiting("time", text("an index is being built, or its table is locked"), *upserts.early, *notes)
    return _passed(facts, live, upserts, needed, notes)


def _beside(found: tuple[Finding, ...], said: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Without those at places of which an upsert's finding speaks already: it is the same table."""
    places = {one.location for one in said if one.code in {codes.MISSING, codes.NOT_VERIFIED}}
    return tuple(one for one in found if one.location not in places)


def _drift(expected: Known[Snapshot] | Unknown | None, live: Snapshot) -> tuple[Difference, ...]:
    return differences(expected.value, live) if isinstance(expected, Known) else ()


def _upserts(facts: SchemaFacts, live: Known[Snapshot], drift: tuple[Difference, ...], path_known: bool) -> Upserts:
    """Where the planner was not asked, or did not answer, that is said once, and not of each target."""
    if isinstance(facts.probes, Known):
        return judged(facts.upserts, facts.probes, live, drift, facts.needs, path_known=path_known)
    return Upserts(unclear=not_checkable(facts.upserts))


def _notes(facts: SchemaFacts, live: Known[Snapshot]) -> tuple[Finding, ...]:
    notes = []
    if live.value.asker.writes:
        shown = live.shows("writes", True)
        says = text("the role {} with which signoff asks may change rows", Quoted(live.value.asker.role))
        notes.append(Finding(codes.WRITABLE, says, (shown,), severity="note"))
    if isinstance(facts.expected, Known) and not comparable_views(facts.expected.value, live.value):
        versions = text("views are not compared: expected is PostgreSQL {}, the database is {}",
                        facts.expected.value.major, live.value.major)  # fmt: skip
        notes.append(
            Finding(codes.VERSIONS, versions, (live.shows("major version", live.value.major),), severity="note")
        )
    return tuple(notes)


def _reasons(facts: SchemaFacts, upserts: Upserts, needed: Looked) -> list[Text]:
    """Why it is not known whether the database has everything."""
    reasons = [unanswered(one) for one in (facts.probes, facts.expected) if isinstance(one, Unknown)]
    if upserts.unclear:
        reasons.append(text("{} of the code's upserts can not be verified", len(upserts.unclear)))
    if needed.unclear:
        reasons.append(text("{} of the tables that the code names can not be verified", len(needed.unclear)))
    if facts.expected is None and (facts.signs or not (upserts.matched or upserts.early or needed.tables)):
        reasons.append(text("nothing says what the database should hold: add expected to [databases]"))
    return reasons


def _passed(
    facts: SchemaFacts, live: Known[Snapshot], upserts: Upserts, needed: Looked, notes: tuple[Finding, ...]
) -> Judgement:
    tables = live.shows("tables", len(live.value.tables))
    proofs = [tables]
    says = []
    if isinstance(facts.probes, Known) and upserts.matched:
        proofs.append(facts.probes.shows("ON CONFLICT targets with their unique index", upserts.matched))
        says.append(text("every ON CONFLICT ({}) has its unique index", upserts.matched))
    if needed.tables:
        proofs.append(live.shows("tables and columns that the code names", (needed.tables, needed.columns)))
        says.append(text("{} tables and {} columns that the code names are there", needed.tables, needed.columns))
    if isinstance(facts.expected, Known):
        proofs.append(facts.expected.shows("tables expected", len(facts.expected.value.tables)))
        says.append(text("the {} expected tables are there as the code needs them", len(facts.expected.value.tables)))
    else:
        warning = text("definitions are not compared: nothing says what the database should hold")
        fix = Advice(text("add expected = {} to the table of the database", '{ migrations = "db/migrations" }'))
        notes = (*notes, Finding(codes.NOTHING_EXPECTED, warning, (tables,), fix, "warning"))
    return passed(*proofs, says=listed(says), notes=notes)
