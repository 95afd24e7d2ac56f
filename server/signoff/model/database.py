"""What a PostgreSQL database holds, by definition; read from pg_catalog, so that it takes no right on any table.

Definitions are as the server writes them with an empty `search_path`, without the object's own name. All of it came
from outside: whoever tells of it quotes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Relation = Literal["table", "partitioned table", "view", "materialized view", "foreign table"]
ConstraintKind = Literal["primary key", "unique", "foreign key", "check", "exclusion"]


@dataclass(frozen=True, slots=True)
class Column:
    """`default`: its expression; of a generated column what it is made from. None: there is none.

    `identity`: `always`, `by default` or empty. `generated`: `stored`, `virtual` or empty. `serial`: its default is
    the next value of a sequence that belongs to it.
    """

    name: str
    type: str
    not_null: bool = False
    default: str | None = None
    identity: str = ""
    generated: str = ""
    collation: str = ""
    serial: bool = False

    @property
    def must_be_given(self) -> bool:
        """Whether a row can not be inserted without it."""
        return self.not_null and self.default is None and not self.identity and not self.generated


@dataclass(frozen=True, slots=True)
class Constraint:
    """`definition`: from its kind on, `NOT VALID` included."""

    name: str
    kind: ConstraintKind
    definition: str


@dataclass(frozen=True, slots=True)
class Index:
    """`definition`: from the access method on (`btree (a, b) WHERE (c IS NULL)`), without `UNIQUE`, name and storage.

    `valid`: it is used and enforced; `building`: another connection holds what CREATE INDEX CONCURRENTLY holds.
    `constraint`: it belongs to a primary key or unique constraint of that name. `deferrable`: ON CONFLICT can not use
    it.
    """

    name: str
    definition: str
    columns: tuple[str, ...]
    """The key's columns; an expression stands for itself."""
    unique: bool
    valid: bool = True
    building: bool = False
    predicate: str | None = None
    constraint: bool = False
    deferrable: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """A trigger, policy, function, type or sequence: what it is called, and what it is."""

    name: str
    definition: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view. `definition`: of a view alone. `row_security`: empty, `enabled` or `forced`."""

    schema: str
    name: str
    kind: Relation
    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Index, ...] = ()
    triggers: tuple[Named, ...] = ()
    policies: tuple[Named, ...] = ()
    definition: str = ""
    row_security: str = ""
    partition: bool = False
    granted: frozenset[str] | None = None
    """What the run-time role may do with it (`SELECT`, `INSERT` …, and `USAGE` of its serial columns' sequences); None
    where no role was asked about."""

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Enum:
    """Labels in their order."""

    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asker:
    """The role that asked."""

    role: str
    superuser: bool
    writes: bool
    """Whether it may change rows of any table."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything outside of the system's schemas that no extension brought. Keys are `schema.name`."""

    major: int
    asker: Asker
    tables: Mapping[str, Table]
    enums: Mapping[str, Enum] = field(default_factory=dict)
    domains: Mapping[str, Named] = field(default_factory=dict)
    functions: Mapping[str, Named] = field(default_factory=dict)
    """By name and argument types."""
    sequences: Mapping[str, Named] = field(default_factory=dict)
    """Those that belong to no column."""
    extensions: Mapping[str, str] = field(default_factory=dict)
    """Versions by name."""
    search_path: tuple[str, ...] = ("public",)
    """Where a name without a schema is looked for, first to last."""
    hidden: frozenset[str] = frozenset()
    """Schemas that the asking role may not use."""
    role_exists: bool = True
    """Whether the run-time role that was asked about is there."""

    def find(self, name: str) -> Table | None:
        """The table that a name means, with or without its schema."""
        if name in self.tables:
            return self.tables[name]
        return next((found for schema in self.search_path if (found := self.tables.get(f"{schema}.{name}"))), None)

    def beside(self, name: str) -> str | None:
        """A schema beside the search path that may be used and has a table of a name that was written without one."""
        off = sorted(one.schema for one in self.tables.values() if one.name == name)
        return next((one for one in off if one not in self.hidden and one not in self.search_path), None)


ProbeState = Literal["match", "no-index", "no-table", "no-column", "no-constraint", "hidden", "locked", "unclear"]
"""What the planner says of an ON CONFLICT target. `hidden`: its schema may not be used by the role that asks;
`locked`: something holds the table (an index is being built); `unclear`: anything else, see `said`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An ON CONFLICT target as the planner is asked. `where`: the predicate as the code writes it."""

    table: str
    columns: tuple[str, ...] = ()
    where: str | None = None
    constraint: str | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """`state`, with the SQLSTATE and the server's words where it did not match; `indexes`: those that it would use."""

    state: ProbeState
    said: str = ""
    indexes: tuple[str, ...] = ()
