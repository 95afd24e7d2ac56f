"""Which migrations of a repository a database does not record."""

from __future__ import annotations

import re
from dataclasses import dataclass

from signoff.model.database import Snapshot
from signoff.model.facts import Known
from signoff.model.migration_state import Applied, MigrationState
from signoff.model.migrations import Destructive, Migration, Tool

_NUMBER = re.compile(r"V?0*(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pending:
    """`migrations`: not recorded; `ahead`: recorded, and not in the repository. `known`: whether a readable table
    records migrations of these tools at all.
    """

    migrations: tuple[Migration, ...] = ()
    ahead: tuple[str, ...] = ()
    known: bool = False


def pending(state: MigrationState) -> Pending:
    """Of all tools together, in the order of their places."""
    if not isinstance(state.applied, Known):
        return Pending()
    found: dict[Migration, None] = {}
    ahead: list[str] = []
    known = False
    for applied in state.applied.value:
        if not applied.readable:
            continue
        mine = _of_its_tool(state, applied)
        if applied.recorder == "alembic":
            late, beyond = _of_alembic(mine, applied)
            ahead += beyond
        elif applied.recorder == "django":
            late = _of_django(mine, applied, state.installed)
        else:
            late = _of_files(mine, applied, state)
        found.update(dict.fromkeys(late))
        known = known or bool(mine)
    return Pending(tuple(sorted(found, key=lambda one: (one.place.path, one.place.line))), tuple(ahead), known)


def unrecorded(state: MigrationState) -> tuple[Tool, ...]:
    """The tools of the repository's migrations of which the database has no table of versions."""
    applied = state.applied.value if isinstance(state.applied, Known) else ()
    recorded = {one for table in applied for one in _of_its_tool(state, table)}
    return tuple(sorted({one.tool for one in state.order.migrations if one not in recorded}))


def losses(state: MigrationState, late: Pending, live: Snapshot) -> tuple[tuple[Destructive, bool], ...]:
    """What migrations take away from code that names it: with whether it is gone already, and not only pending."""
    paths = {one.place.path for one in late.migrations}
    found = []
    for one in state.order.destructive:
        if one.loss not in {"drop-table", "drop-column", "rename"}:
            continue
        if one.place.path in paths:
            found.append((one, False))
        elif one.table is not None and _gone(one.table, one.column, live):
            found.append((one, True))
    return tuple(found)


def _gone(name: str, column: str | None, live: Snapshot) -> bool:
    table = live.find(name)
    return table is None or (column is not None and column not in {one.name for one in table.columns})


_TOOLS = ("alembic", "django", "knex", "node-pg-migrate")
"""Those with migrations of their own form; all others run SQL."""


def _of_its_tool(state: MigrationState, applied: Applied) -> list[Migration]:
    """node-pg-migrate runs SQL as well, beside its programs or in a folder of which it ran something."""
    tool = applied.recorder if applied.recorder in _TOOLS else "sql"
    mine = [one for one in state.order.migrations if one.tool == tool]
    if tool == "node-pg-migrate":
        written = [one for one in state.order.migrations if one.tool == "sql"]
        folders = {one.group for one in mine} | {one.group for one in written if _stem(one.id) in applied.ids}
        mine += [one for one in written if one.group in folders]
    return mine


def _stem(name: str) -> str:
    """A TypeScript file is recorded under the name that it was compiled to."""
    return name.rpartition(".")[0] or name


def _of_alembic(mine: list[Migration], applied: Applied) -> tuple[list[Migration], list[str]]:
    """A recorded revision that is not here may follow any of these: then nothing is known to be pending."""
    by_id = {one.id: one for one in mine}
    beyond = sorted(applied.ids - set(by_id))
    if beyond:
        return [], beyond
    waiting, run = list(applied.ids), set[str]()
    while waiting:
        name = waiting.pop()
        if name in by_id and name not in run:
            run.add(name)
            waiting += by_id[name].after
    groups = {by_id[name].group for name in run} or {one.group for one in mine}
    return [one for one in mine if one.id not in run and one.group in groups], []


def _of_django(mine: list[Migration], applied: Applied, installed: frozenset[str]) -> list[Migration]:
    """An app of which nothing is recorded counts where settings install it."""
    recorded = {name.partition("/")[0] for name in applied.ids}
    run = applied.ids
    stood_for = {f"{one.group}/{old}" for one in mine if f"{one.group}/{one.id}" in run for old in one.replaces}
    return [
        one
        for one in mine
        if (one.group in recorded or one.group in installed)
        and f"{one.group}/{one.id}" not in run
        and f"{one.group}/{one.id}" not in stood_for
        and not (one.replaces and all(f"{one.group}/{old}" in run for old in one.replaces))
    ]


def _of_files(mine: list[Migration], applied: Applied, state: MigrationState) -> list[Migration]:
    if applied.recorder == "prisma":
        return [one for one in mine if one.place.path.endswith("/migration.sql") and one.id not in applied.ids]
    if applied.recorder == "flyway":
        return [one for one in mine if re.match(r"V\d", one.id) and one.id not in applied.ids]
    if applied.recorder == "drizzle":
        newest = max((int(one) for one in applied.ids), default=0)
        return [one for one in mine if state.whens.get(one.id, 0) > newest]
    if applied.recorder == "knex":
        run_names = {_stem(one) for one in applied.ids}
        return [one for one in mine if _stem(one.id) not in run_names]
    if applied.recorder == "node-pg-migrate":
        return [one for one in mine if _stem(one.id) not in applied.ids]
    run = {int(one) for one in applied.ids if one.isdigit()}
    numbered = {one: int(found[1]) for one in mine if (found := _NUMBER.match(one.id))}
    if applied.recorder == "newest-number":
        return [one for one, number in numbered.items() if number > max(run, default=0)]
    return [one for one, number in numbered.items() if number not in run]
