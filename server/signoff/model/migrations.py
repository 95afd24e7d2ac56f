"""Migrations as the repository has them: their graph, and what they take away from code that runs already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from signoff.model.sql_use import NotCheckable, Place

Tool = Literal["alembic", "django", "knex", "node-pg-migrate", "sql"]
Loss = Literal["drop-table", "drop-column", "rename", "set-not-null", "change-type"]


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration; `group`: its folder (Alembic, SQL) or its app (Django). `after`: the ids it follows directly.

    `replaces`: those that it was squashed from.
    """

    place: Place
    tool: Tool
    group: str
    id: str
    after: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeveralHeads:
    """Migrations of one group that nothing follows: `upgrade head` and `migrate` refuse to choose."""

    heads: tuple[Migration, ...]


@dataclass(frozen=True, slots=True)
class SameId:
    """Migrations of one group with one id or number."""

    migrations: tuple[Migration, ...]


@dataclass(frozen=True, slots=True)
class MissingParent:
    """A migration that follows one which is not in the repository."""

    migration: Migration
    parent: str


@dataclass(frozen=True, slots=True)
class Destructive:
    """What the code that serves now may still use. Names are the database's own; None: the migration does not say."""

    place: Place
    migration: str
    loss: Loss
    table: str | None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class MigrationOrder:
    """All that is known of the migrations without running them."""

    migrations: tuple[Migration, ...] = ()
    faults: tuple[SeveralHeads | SameId | MissingParent, ...] = ()
    destructive: tuple[Destructive, ...] = ()
    unread: tuple[NotCheckable, ...] = ()
