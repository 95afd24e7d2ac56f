"""What the link `schema` is judged from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from signoff.model.facts import Known, Unknown
from signoff.model.finding import Location
from signoff.model.sql_use import ConflictTarget, Needs, Upsert
from signoff.model.text import Text

if TYPE_CHECKING:
    from signoff.model.database import Asked, Probe, Snapshot
    from signoff.model.database_use import Database
    from signoff.model.migration_state import MigrationState
    from signoff.model.replay import Replay


@dataclass(frozen=True, slots=True)
class Sign:
    """That a database is used: a file, a variable, an instance. `says` in our words, what is outside quoted."""

    says: Text
    location: Location | None = None


class Uses(Protocol):
    """What the workload's code names."""

    def mentions(self, names: Sequence[str]) -> bool: ...
    def place(self, names: Sequence[str]) -> Location | None: ...


NOTHING_NAMED = Needs()


@dataclass(frozen=True, slots=True)
class SchemaFacts:
    """`database` None: signoff.toml names none, and `signs` says whether there is one.

    `expected` None: nothing says what the database should hold; `replay`: how it was made from migrations.
    `upserts`: those of the workload's code, and `probes` what the planner says of them.
    """

    database: Database | None
    signs: tuple[Sign, ...] = ()
    upserts: tuple[Upsert, ...] = ()
    live: Known[Snapshot] | Unknown | None = None
    probes: Known[Mapping[Asked, Probe]] | Unknown | None = None
    expected: Known[Snapshot] | Unknown | None = None
    replay: Replay | None = None
    migrations: MigrationState | Unknown | None = None
    uses: Uses | None = None
    needs: Needs = NOTHING_NAMED
    """The tables and columns that the workload's code names."""


def asked_of(target: ConflictTarget) -> Asked:
    """How the planner is asked about a place of the code; several places may ask the same."""
    from signoff.model.database import Asked

    return Asked(target.table, target.columns, target.where, target.constraint)
