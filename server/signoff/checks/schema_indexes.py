"""The indexes of a table, expected against live. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.checks.schema_sql import create_index, rebuild_index
from signoff.checks.schema_text import plain
from signoff.model.database import Index, Table
from signoff.model.schema_drift import Difference, Effect, Kind

_Key = tuple[bool, bool, str]


def indexes(wanted: Table, found: Table) -> Iterator[Difference]:
    """Each expected one needs a valid one of the same definition, whatever it is called; `UNIQUE` by index or
    constraint is the same.

    A missing index breaks no statement by itself: what ON CONFLICT needs, the planner is asked about.
    """
    missing, spare = _by_key(wanted, valid=False), _by_key(found, valid=True)
    for key in missing.keys() & spare.keys():
        shared = min(len(missing[key]), len(spare[key]))
        del missing[key][:shared], spare[key][:shared]
    left = {index.name: index for some in spare.values() for index in some}
    broken = {index.name: index for index in found.indexes if not index.valid}
    for index in (one for some in missing.values() for one in some):
        half = next((one for one in broken.values() if _key(one) == _key(index)), None)
        if half is not None:
            del broken[half.name]
            yield _invalid(wanted, half, index)
            continue
        other = left.pop(index.name, None)
        kind: Kind = "missing" if other is None else "different"
        yield Difference(
            kind,
            "unique index" if index.unique else "index",
            index.name,
            wanted.full_name,
            said(index),
            None if other is None else said(other),
            "weakens",
            (wanted.name,),
            create_index(wanted, index, other),
        )
    for other in left.values():
        effect: Effect = "weakens" if other.unique else "none"
        what = "unique index" if other.unique else "index"
        yield Difference("extra", what, other.name, wanted.full_name, None, said(other), effect)
    for half in broken.values():
        yield _invalid(wanted, half, None)


def said(index: Index) -> str:
    return f"{'UNIQUE ' if index.unique else ''}{index.definition}{' DEFERRABLE' if index.deferrable else ''}"


def _invalid(table: Table, half: Index, wanted: Index | None) -> Difference:
    return Difference(
        "building" if half.building else "invalid",
        "unique index" if half.unique else "index",
        half.name,
        table.full_name,
        None if wanted is None else said(wanted),
        said(half),
        "none" if wanted is None else "weakens",
        (table.name,),
        () if half.building else rebuild_index(table, half),
    )


def _by_key(table: Table, *, valid: bool) -> dict[_Key, list[Index]]:
    """`valid`: without those that are not."""
    found: dict[_Key, list[Index]] = {}
    for index in table.indexes:
        if index.valid or not valid:
            found.setdefault(_key(index), []).append(index)
    return found


def _key(index: Index) -> _Key:
    return index.unique, index.deferrable, plain(index.definition)
