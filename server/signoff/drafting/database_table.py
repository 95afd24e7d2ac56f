"""`[databases.main]` of a first signoff.toml, and the line of each workload that uses it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from signoff.drafting.databases import ASSUMED, Shown
from signoff.drafting.lines import Line, Table, toml

_NONE = 'or schema = { none = "why" }, where it uses no database of PostgreSQL'


def with_database(
    tables: Sequence[Table], shown: Shown, uses: Mapping[str, str], targets: Sequence[str]
) -> list[Table]:
    """The tables of the workloads with their line, and the database's. `uses`: why, by the name of the table."""
    made = [_used(table, shown, uses.get(table.header.partition(".")[2])) for table in tables]
    return made if shown.other is not None else [*made, _database(shown, targets)]


def _used(table: Table, shown: Shown, why: str | None) -> Table:
    if why is None:
        return table
    if shown.other is not None:  # that nothing is asked is for a person to say
        says = f"its database is not PostgreSQL: {shown.other}"
        return replace(table, notes=(*table.notes, f"schema = {toml({'none': says})}"))
    line = Line("schema", toml({"database": "main"}), why)
    return replace(table, lines=(*table.lines, line), notes=(*table.notes, _NONE))


def _database(shown: Shown, targets: Sequence[str]) -> Table:
    """Its URL has a variable of its own: the one that the code reads mostly holds a developer's database here."""
    name = shown.variable or ASSUMED
    mine = ", ".join(f"{name}_{re.sub(r'[^A-Z0-9]', '_', target.upper())}" for target in targets)
    seen = f"the code reads {name}" if shown.variable else f"ASSUMED: no variable like {ASSUMED} is read"
    origin = f"{seen}; set {mine} where signoff runs, to the URL of a role that may only log in"
    lines = [Line("dsn_env", toml(name + "_{TARGET}"), origin)]
    notes = []
    if shown.expected:
        first, *rest = shown.expected
        lines.append(Line("expected", toml(first.value), first.origin))
        notes += [f"or expected = {toml(one.value)}   # {one.origin}" for one in rest[:3]]
    else:
        notes.append('expected = { dump = "db/schema.sql" }   # what it should hold; nothing was found that says it')
    if name in shown.secrets:
        secret, place = shown.secrets[name]
        notes.append(f"instead of dsn_env: dsn_secret = {toml(secret)}   # {place} hands it to the code")
    notes += [f"the code reads {other} too: another database has a table of its own" for other in shown.others[:3]]
    notes.append('role = "app"   # the role that the code uses it with: its rights are compared too')
    return Table("databases.main", tuple(lines), tuple(notes))
