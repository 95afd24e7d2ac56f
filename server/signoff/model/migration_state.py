"""What a database records of the migrations that were run in it, beside those of the repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from signoff.model.facts import Known, Unknown
    from signoff.model.migrations import MigrationOrder
    from signoff.model.sql_use import Needs
    from signoff.model.subject import Commit

Recorder = Literal[
    "alembic", "django", "prisma", "numbers", "newest-number", "flyway", "drizzle", "knex", "node-pg-migrate"
]
"""`numbers`: every version that was run (dbmate, goose); `newest-number`: only the last one (golang-migrate)."""


@dataclass(frozen=True, slots=True)
class Applied:
    """One table of versions. `ids`: as its tool writes them (`app/name` of Django; file names of Flyway, of Knex and,
    without what follows the last dot, of node-pg-migrate; milliseconds of Drizzle); `failed`: those that ended halfway.
    `readable`: whether the asking role may read it.
    """

    recorder: Recorder
    table: str
    readable: bool
    ids: frozenset[str] = frozenset()
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MigrationState:
    """`several_by_design`: the team runs `upgrade heads`. `whens`: Drizzle's milliseconds by file name. `installed`:
    Django's apps that settings name. `serving`: what the code that serves now needs, by its commit; None: not asked.
    """

    order: MigrationOrder
    applied: Known[tuple[Applied, ...]] | Unknown | None = None
    several_by_design: bool = False
    whens: Mapping[str, int] = field(default_factory=dict)
    installed: frozenset[str] = frozenset()
    serving: Mapping[Commit, Needs] | Unknown | None = None
