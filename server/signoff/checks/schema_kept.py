"""`IF NOT EXISTS` that did nothing, and what a shadow database could not be asked to make (incident G1). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from signoff.checks import schema_codes as codes
from signoff.model.database import Snapshot
from signoff.model.facts import Known
from signoff.model.finding import Advice, Finding, Location, Severity
from signoff.model.quoted import Quoted
from signoff.model.replay import Kept, Replay
from signoff.model.schema_drift import Difference
from signoff.model.schema_facts import Uses
from signoff.model.sql_use import Needs, Place
from signoff.model.text import Text, text

MOST = 10
_VERSIONS = frozenset((
    "alembic_version", "django_migrations", "_prisma_migrations", "schema_migrations", "flyway_schema_history",
    "__drizzle_migrations", "__drizzle_migrations_id_seq", "gorp_migrations", "goose_db_version",
    "goose_db_version_id_seq", "_sqlx_migrations", "knex_migrations", "knex_migrations_lock", "pgmigrations",
    "__diesel_schema_migrations", "ar_internal_metadata",
))  # fmt: skip
"""The tables in which tools record what they ran; they make them themselves."""


@dataclass(frozen=True, slots=True)
class NotMade:
    """`errors`: the code needs what was not made; `explained`: differences that these findings tell of."""

    errors: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()
    explained: frozenset[Difference] = frozenset()


def comparable(drift: Sequence[Difference], replay: Replay | None) -> tuple[Difference, ...]:
    """Without what no migration makes, since its tool does (the table of versions), and without objects that a
    statement which the shadow could not run speaks of.
    """
    if replay is None:
        return tuple(drift)
    words = frozenset[str]().union(*(one.words for one in replay.left_out))
    return tuple(
        one
        for one in drift
        if _last(one.table or one.name) not in words
        and not (one.kind == "extra" and _VERSIONS & {_last(one.table), _last(one.name)})
    )


def not_replayed(replay: Replay | None, expected: Known[Snapshot] | None) -> tuple[Finding, ...]:
    """What could not be made, and so is not compared: never taken for healthy."""
    if replay is None or expected is None:
        return ()
    fix = Advice(text("install it beside PostgreSQL here, or name a server that has it with shadow_env"))
    shown = expected.shows("statements left out", len(replay.left_out))
    return tuple(
        Finding(
            codes.NOT_REPLAYED,
            text("a statement was not replayed: {}", Quoted(one.why)),
            (shown,),
            fix if "extension" in one.why else None,
            "warning",
            _location(one.place),
        )
        for one in replay.left_out[:MOST]
    )


def kept(
    drift: Sequence[Difference], replay: Replay | None, live: Known[Snapshot], uses: Uses | None, needs: Needs
) -> NotMade:
    """What is otherwise in the database, because something of its name was there already."""
    if replay is None:
        return NotMade()
    errors, notes = list[Finding](), list[Finding]()
    explained = set[Difference]()
    silent = {part: one for one in replay.kept for part in _parts(one)}
    for one in drift:
        known = silent.pop((one.table, one.name), None)
        place = known.place if known is not None else _said_at(one, replay)
        if (known is None and place is None) or one.kind not in {"different", "missing"}:
            continue
        if one.kind == "missing" and known is None:
            continue  # it was never run: no more than that
        explained.add(one)
        found = _finding(one, place, live, _needed(one, uses, needs))
        (errors if found.severity == "error" else notes).append(found)
    notes += [_mended(name, one, live) for (_, name), one in silent.items()]
    return NotMade(tuple(errors), tuple(notes[:MOST]), frozenset(explained))


def _parts(kept: Kept) -> list[tuple[str, str]]:
    table = kept.wanted
    names = [
        *(one.name for one in table.columns),
        *(one.name for one in table.indexes),
        *(one.name for one in table.constraints),
    ]
    return [(table.full_name, name) for name in names]


def _said_at(one: Difference, replay: Replay) -> Place | None:
    """Where an index of that name is made only if there is none."""
    if one.what not in {"index", "unique index"} or one.kind != "different":
        return None
    return replay.conditional.get(one.name)


def _needed(one: Difference, uses: Uses | None, needs: Needs) -> bool:
    """An index that is to be unique, and is not so, or over other columns, refuses rows or arbitrates nothing: that
    concerns who writes to the table.
    """
    unique = one.what == "unique index" or (one.live or "").startswith("UNIQUE ")
    if unique and needs.only_reads(one.table):
        return False
    return (one.effect == "breaks" or unique) and (uses is None or uses.mentions(one.needs))


def _finding(one: Difference, place: Place | None, live: Known[Snapshot], needed: bool) -> Finding:
    what = text("{} {}", one.what, Quoted(one.name))
    wants = Quoted(_short(one.expected or ""))
    if one.live is None:
        says = text("{} lacks the {}, and the migration wants {}: IF NOT EXISTS did nothing, since there was"
                    " something of that name", Quoted(one.table), what, wants)  # fmt: skip
    else:
        says = text("the {} exists with {}, and the migration wants {}: IF NOT EXISTS keeps what is there", what,
                    Quoted(_short(one.live)), wants)  # fmt: skip
    shown = live.shows(f"{one.what} of {one.table}", Quoted(one.live) if one.live is not None else None)
    fix = Advice(text("{}", Quoted(" ".join(one.mend)))) if one.mend else None
    severity: Severity = "error" if needed else "warning"
    return Finding(codes.KEPT, says, (shown,), fix, severity, _location(place))


def _mended(name: str, one: Kept, live: Known[Snapshot]) -> Finding:
    """The database has it, however it came there; one that is made anew would not."""
    says = text(
        "IF NOT EXISTS does nothing here, since {} is there with other contents: this database has what is wanted, and"
        " a new one made from the migrations would not",
        Quoted(name),
    )
    shown = live.shows(f"{name} of {one.wanted.full_name}", "as wanted")
    return Finding(codes.KEPT, says, (shown,), None, "warning", _location(one.place))


def _short(definition: str) -> str:
    """`UNIQUE btree (a, b)` as people say it."""
    return definition.replace("btree ", "", 1).removeprefix("UNIQUE ") if "btree " in definition else definition


def _location(place: Place | None) -> Location | None:
    return None if place is None else Location(place.path, place.line)


def _last(name: str) -> str:
    return name.partition("(")[0].rpartition(".")[2].lower()


def reasons(left_out: Sequence[Finding]) -> list[Text]:
    if not left_out:
        return []
    return [text("{} of the migrations' statements could not be replayed", len(left_out))]
