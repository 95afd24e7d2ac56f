"""Differences of a schema as findings: what the shipped code needs is an error, the rest is told. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from signoff.checks import schema_codes as codes
from signoff.model.database import Snapshot
from signoff.model.facts import Known
from signoff.model.finding import Advice, Finding, Severity
from signoff.model.quoted import Quoted
from signoff.model.schema_drift import Difference
from signoff.model.schema_facts import Uses
from signoff.model.sql_use import Needs
from signoff.model.text import Text, text

MOST_ERRORS = 25
MOST_NOTES = 10


def told(
    differences: Sequence[Difference], live: Known[Snapshot], uses: Uses | None, needs: Needs
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Errors, and warnings and notes; of very many the first, with how many more there are."""
    errors = [one for one in differences if one.effect == "breaks" and _needed(one, uses, needs)]
    rest = [one for one in differences if one not in errors]
    rest.sort(key=lambda one: ("breaks", "weakens", "none").index(one.effect))
    found = [_error(one, live, uses) for one in errors[:MOST_ERRORS]]
    notes = [_note(one, live) for one in rest[:MOST_NOTES]]
    if len(errors) > MOST_ERRORS:
        found.append(_more(codes.DIFFERS, "error", errors[MOST_ERRORS:], live))
    if len(rest) > MOST_NOTES:
        notes.append(_more(codes.DRIFT, "note", rest[MOST_NOTES:], live))
    return tuple(found), tuple(notes)


def _needed(one: Difference, uses: Uses | None, needs: Needs) -> bool:
    if one.writers and needs.only_reads(one.table):
        return False
    return uses is None or uses.mentions(one.needs)


def _error(one: Difference, live: Known[Snapshot], uses: Uses | None) -> Finding:
    code = codes.RIGHTS if one.what == "right" else codes.MISSING if one.kind == "missing" else codes.DIFFERS
    shown = live.shows(_field(one), Quoted(one.live) if one.live is not None else None)
    place = uses.place(one.needs) if uses is not None else None
    return Finding(code, _says(one), (shown,), _fix(one), "error", place)


def _note(one: Difference, live: Known[Snapshot]) -> Finding:
    severity: Severity = "warning" if one.effect == "weakens" and one.kind != "extra" else "note"
    shown = live.shows(_field(one), Quoted(one.live) if one.live is not None else None)
    says = _says(one)
    if one.effect == "breaks":
        says = text("{}; this code does not need it", says)
    return Finding(codes.DRIFT, says, (shown,), _fix(one), severity)


def _more(code: str, severity: Severity, rest: Sequence[Difference], live: Known[Snapshot]) -> Finding:
    counted = Counter(f"{one.kind} {one.what}" for one in rest)
    listed = ", ".join(f"{count} × {what}" for what, count in counted.most_common(6))
    return Finding(code, text("{} more differences: {}", len(rest), listed), (live.shows("differences", len(rest)),),
                   severity=severity)  # fmt: skip


def _field(one: Difference) -> str:
    return f"{one.what} of {one.table}" if one.table else one.what


def _says(one: Difference) -> Text:
    where = text(" of {}", Quoted(one.table)) if one.table else text("")
    what = text("{} {}{}", one.what, Quoted(one.name), where)
    expected = Quoted(one.expected or "")
    if one.what == "right":
        lacks = "lacks" if one.kind == "missing" else "has, and is not expected to have,"
        return text("the run-time role {} {} on {}", lacks, Quoted(one.name), Quoted(one.table))
    if one.kind == "missing":
        return (
            text("the {} is missing", what) if one.expected is None else text("the {} is missing: {}", what, expected)
        )
    if one.kind == "extra":
        live = text(": {}", Quoted(one.live)) if one.live else text("")
        must = text(", which every insert has to give") if one.effect == "breaks" else text("")
        return text("the {} is not expected{}{}", what, live, must)
    if one.kind == "invalid":
        return text("the {} is invalid, so that it counts for nothing", what)
    if one.kind == "building":
        return text("the {} is being built", what)
    if one.what in {"function", "view"}:
        return text("the {} is another one than expected", what)
    return text("the {} is {}, expected is {}", what, Quoted(one.live or "not there"), expected)


def _fix(one: Difference) -> Advice | None:
    return Advice(text("{}", Quoted(" ".join(one.mend)))) if one.mend else None
