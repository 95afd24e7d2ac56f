"""Migrations run into a shadow database: what they make, and where they only seem to make something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from signoff.model.database import Snapshot, Table
from signoff.model.sql_use import Place


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a script, without its semicolon; `place`: where it begins."""

    place: Place
    sql: str


@dataclass(frozen=True, slots=True)
class Kept:
    """An `IF NOT EXISTS` that did nothing, where what is there is not what it says.

    `wanted`: of the table that the statement means only the columns, indexes and constraints that it would have made
    and that are otherwise; `have`: what stands in their place. `place` None: it is not known who said it.
    """

    place: Place | None
    wanted: Table
    have: Table


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A statement that the shadow can not run. `words`: all names in it: objects of those names are not compared."""

    place: Place | None
    why: str
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Replay:
    """`snapshot`: what a database is to hold, with what every `IF NOT EXISTS` asks for.

    `conditional`: where an index is made only if there is none of its name, by `schema.name` or name.
    """

    snapshot: Snapshot
    kept: tuple[Kept, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    conditional: Mapping[str, Place] = field(default_factory=dict)
