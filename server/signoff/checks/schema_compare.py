"""Expected against live, by definition and not by name. Pure.

An equivalent index under another name is healthy; a partial one is no match for a full one; an invalid one is none.
What differs is sorted by what it does to code that uses it: see `Difference.effect`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from signoff.checks.schema_columns import columns
from signoff.checks.schema_indexes import indexes
from signoff.checks.schema_sql import add_constraint, identifier, qualified
from signoff.checks.schema_text import plain
from signoff.model.database import Constraint, Named, Snapshot, Table
from signoff.model.schema_drift import Difference, Effect


def differences(expected: Snapshot, live: Snapshot) -> tuple[Difference, ...]:
    """In the order of the tables' names; views' texts are compared only between servers of one major version."""
    return (*_tables(expected, live), *_alone(expected, live))


def comparable_views(expected: Snapshot, live: Snapshot) -> bool:
    """16 writes views otherwise than 15 does, and so on."""
    return expected.major == live.major


def _tables(expected: Snapshot, live: Snapshot) -> Iterator[Difference]:
    same = comparable_views(expected, live)
    for name in sorted({*expected.tables, *live.tables}):
        wanted, found = expected.tables.get(name), live.tables.get(name)
        if wanted is None and found is not None:
            if not found.partition:  # partitions come and go
                yield Difference("extra", found.kind, name)
        elif wanted is not None and found is None:
            effect: Effect = "weakens" if wanted.partition else "breaks"
            yield Difference("missing", wanted.kind, name, effect=effect, needs=(wanted.name,))
        elif wanted is not None and found is not None:
            yield from _table(wanted, found, same)


def _table(wanted: Table, found: Table, same_version: bool) -> Iterator[Difference]:
    name, needs = wanted.full_name, (wanted.name,)
    if wanted.kind != found.kind:
        yield Difference("different", "relation", name, "", wanted.kind, found.kind, "breaks", needs)
    yield from columns(wanted, found)
    yield from indexes(wanted, found)
    yield from _constraints(wanted, found)
    yield from _named("trigger", wanted, wanted.triggers, found.triggers)
    yield from _named("policy", wanted, wanted.policies, found.policies)
    if same_version and wanted.definition != found.definition:
        yield Difference("different", "view", name, "", wanted.definition, found.definition, "breaks", needs)
    if wanted.row_security != found.row_security:
        effect: Effect = "weakens" if wanted.row_security else "breaks"
        said = (wanted.row_security or "off", found.row_security or "off")
        yield Difference("different", "row security", name, "", *said, effect, needs)
    if wanted.granted is not None and found.granted is not None:
        for right in sorted(wanted.granted - found.granted):
            if right == "USAGE" and not any(one.serial for one in found.columns):
                continue  # numbered otherwise there
            yield Difference("missing", "right", right, name, right, None, "breaks", needs)
        for right in sorted(found.granted - wanted.granted):
            yield Difference("extra", "right", right, name, None, right)


def _constraints(wanted: Table, found: Table) -> Iterator[Difference]:
    """Without unique ones, which are indexes."""
    missing = _by_definition(wanted.constraints)
    extra = _by_definition(found.constraints)
    for definition in missing.keys() & extra.keys():
        shared = min(len(missing[definition]), len(extra[definition]))
        del missing[definition][:shared], extra[definition][:shared]
    left = {one.name: one for some in extra.values() for one in some}
    for constraint in (one for some in missing.values() for one in some):
        other = left.pop(constraint.name, None)
        here = (constraint.kind, constraint.name, wanted.full_name, constraint.definition)
        if other is None:
            mend = add_constraint(wanted, constraint)
            yield Difference("missing", *here, None, "weakens", (wanted.name,), mend)
        elif _not_validated(constraint, other):
            mend = (f"ALTER TABLE {qualified(wanted)} VALIDATE CONSTRAINT {identifier(other.name)};",)
            yield Difference("different", *here, other.definition, "weakens", (wanted.name,), mend)
        else:
            mend = add_constraint(wanted, constraint, other)
            yield Difference("different", *here, other.definition, "breaks", (wanted.name,), mend)
    for other in left.values():
        yield Difference("extra", other.kind, other.name, wanted.full_name, None, other.definition, "weakens")


def _not_validated(wanted: Constraint, found: Constraint) -> bool:
    return found.definition == f"{wanted.definition} NOT VALID"


def _by_definition(constraints: Iterable[Constraint]) -> dict[tuple[str, str], list[Constraint]]:
    found: dict[tuple[str, str], list[Constraint]] = {}
    for constraint in constraints:
        if constraint.kind != "unique":
            found.setdefault((constraint.kind, plain(constraint.definition)), []).append(constraint)
    return found


def _named(what: str, table: Table, wanted: Iterable[Named], found: Iterable[Named]) -> Iterator[Difference]:
    """Triggers and policies: the same thing under another name is healthy."""
    missing = {one.name: one for one in wanted}
    extra = {one.name: one for one in found}
    for definition in {one.definition for one in missing.values()} & {one.definition for one in extra.values()}:
        for side in (missing, extra):
            del side[next(name for name, one in side.items() if one.definition == definition)]
    for name, one in missing.items():
        other = extra.pop(name, None)
        here = (what, name, table.full_name, one.definition)
        if other is None:
            yield Difference("missing", *here, None, "weakens", (table.name,))
        else:
            yield Difference("different", *here, other.definition, "weakens", (table.name,))
    for name, one in extra.items():
        yield Difference("extra", what, name, table.full_name, None, one.definition, "weakens")


def _alone(expected: Snapshot, live: Snapshot) -> Iterator[Difference]:
    """What belongs to no table."""
    for name, enum in sorted(expected.enums.items()):
        there = live.enums.get(name)
        labels = ", ".join(enum.labels)
        if there is None:
            yield Difference("missing", "enum", name, "", labels, None, "breaks", (_last(name),))
            continue
        for label in (label for label in enum.labels if label not in there.labels):
            schema, _, short = name.partition(".")
            quoted = label.replace("'", "''")
            add = f"ALTER TYPE {identifier(schema)}.{identifier(short)} ADD VALUE '{quoted}';"
            yield Difference(
                "missing", "enum value", label, name, labels, ", ".join(there.labels), "breaks", (label,), (add,)
            )
        for label in (label for label in there.labels if label not in enum.labels):
            yield Difference("extra", "enum value", label, name, labels, ", ".join(there.labels))
    yield from (Difference("extra", "enum", name) for name in sorted(live.enums.keys() - expected.enums.keys()))
    yield from _mapped("domain", expected.domains, live.domains, "breaks")
    yield from _mapped("function", expected.functions, live.functions, "breaks")
    yield from _mapped("sequence", expected.sequences, live.sequences, "breaks")
    for name, version in sorted(expected.extensions.items()):
        if name not in live.extensions:
            mend = (f"CREATE EXTENSION {identifier(name)};",)
            yield Difference("missing", "extension", name, "", version, None, "breaks", (name,), mend)
        elif live.extensions[name] != version:
            yield Difference("different", "extension", name, "", version, live.extensions[name])


def _mapped(what: str, wanted: Mapping[str, Named], found: Mapping[str, Named], effect: Effect) -> Iterator[Difference]:
    for name in sorted({*wanted, *found}):
        one, other = wanted.get(name), found.get(name)
        needs = (_last(name),)
        if one is None:
            yield Difference("extra", what, name)
        elif other is None:
            yield Difference("missing", what, name, "", one.definition, None, effect, needs)
        elif plain(one.definition) != plain(other.definition):
            yield Difference("different", what, name, "", one.definition, other.definition, effect, needs)


def _last(name: str) -> str:
    """`public.mood` → `mood`; `public.total(integer)` → `total`."""
    return name.partition("(")[0].rpartition(".")[2]
