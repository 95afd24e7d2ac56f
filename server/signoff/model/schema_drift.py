"""How a database differs from what is expected of it, object by object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["missing", "different", "extra", "invalid", "building"]
Effect = Literal["breaks", "weakens", "none"]
"""`breaks`: code that uses the object fails, or gets something else; `weakens`: the database no longer sees to what it
was to see to (a check, a trigger); `none`: nothing that code could notice."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`what` and `name`: the object (`column`, `status`); `table`: whose it is, empty where it stands alone.

    `expected`, `live`: its definitions, None where there is none. `needs`: names that code which needs it mentions,
    all of them. `mend`: the SQL that makes it as expected, in an order in which nothing that is used goes missing.
    `writers`: it concerns only code that writes to the table.
    """

    kind: Kind
    what: str
    name: str
    table: str = ""
    expected: str | None = None
    live: str | None = None
    effect: Effect = "none"
    needs: tuple[str, ...] = ()
    mend: tuple[str, ...] = ()
    writers: bool = False
