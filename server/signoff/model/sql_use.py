"""What the code asks of its database: upserts that need a unique index, tables and columns that it names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file of the repository; lines count from 1."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class ConflictTarget:
    """What an upsert asks of the database: `(columns) WHERE where` after ON CONFLICT, or `ON CONSTRAINT constraint`.

    All names and expressions are SQL text of PostgreSQL that can stand in a statement as it is: quoted where they have
    to be (`"userId"`), expressions with their parentheses (`(a || b)`), `table` with its schema where the code says
    one. Either there are `columns`, or there is a `constraint`. Unquoted names are in lower case. `updates`: it is sure
    that DO UPDATE follows.
    """

    place: Place
    table: str
    columns: tuple[str, ...]
    where: str | None = None
    constraint: str | None = None
    updates: bool = False


@dataclass(frozen=True, slots=True)
class NotCheckable:
    """An upsert whose table or target cannot be read from the code, because it is put together at run time."""

    place: Place
    why: str


Upsert = ConflictTarget | NotCheckable


@dataclass(frozen=True, slots=True)
class Need:
    """A table that the code uses, with those of its columns that the same place names for certain.

    Names are the database's own, without quotes; `schema` None: the code says none. A statement's other columns, and
    those that may belong to one of several tables, are left out. `read`: the statement writes nothing at all.
    `rights`: what it takes to run the statement (`SELECT`, `INSERT` …); of a model none is known.
    """

    place: Place
    table: str
    columns: tuple[str, ...] = ()
    schema: str | None = None
    read: bool = False
    rights: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeclaredColumn:
    """A column as a model of the code says it; `type` as it is written there. None: it does not say."""

    place: Place
    table: str
    column: str
    schema: str | None = None
    type: str | None = None
    nullable: bool | None = None


@dataclass(frozen=True, slots=True)
class Needs:
    """What the shipped code asks of its tables; `left_out`: statements that are put together at run time or unread.

    `made`: tables that the code itself makes where they are not there; `temporary`: those that are a session's own.
    """

    needs: tuple[Need, ...] = ()
    declared: tuple[DeclaredColumn, ...] = ()
    left_out: int = 0
    made: frozenset[str] = frozenset()
    temporary: frozenset[str] = frozenset()

    def only_reads(self, table: str) -> bool:
        """Whether every statement that names the table reads it, and there is none that is not known."""
        of = [one for one in self.needs if one.table == table.rpartition(".")[2]]
        return bool(of) and not self.left_out and all(one.read for one in of)


@dataclass(frozen=True, slots=True)
class Driver:
    """A driver of PostgreSQL that the project installs, by the name of its package."""

    place: Place
    name: str
