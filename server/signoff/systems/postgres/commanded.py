"""What a team's own command made in a shadow database, and which of its IF NOT EXISTS did nothing.

The command has a connection of its own, so that its notices come from the server's log.
https://www.postgresql.org/docs/current/runtime-config-logging.html#RUNTIME-CONFIG-LOGGING-JSONLOG
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signoff.model.replay import Kept, LeftOut, Statement
from signoff.model.sql_use import Place
from signoff.reading.sql_script import MetaCommand, statements
from signoff.systems.postgres import snapshot
from signoff.systems.postgres.errors import Refused
from signoff.systems.postgres.kept import compared, named, said_there
from signoff.systems.postgres.replay import snapshot_rows, with_role, without_roles
from signoff.systems.postgres.shadow import Shadow

if TYPE_CHECKING:
    import asyncpg

_LOG_SECONDS = 10.0
_BEGINS = ("statement: ", "execute ")


@dataclass(frozen=True, slots=True)
class Logged:
    """What the server wrote of one statement. `sql` may hold several."""

    sql: str
    notice: str = ""


async def commanded(
    shadow: Shadow, run: Callable[[Shadow], Awaitable[None]], role: str | None, conditional: Mapping[str, Place]
) -> dict[str, Any]:
    """The raw rows of a snapshot after `run`, with `kept`, `left_out` and `conditional`. Raises what `run` raises."""
    made_roles: list[str] = []
    async with shadow.connected() as connection:
        try:
            if role is not None:
                await with_role(connection, role, made_roles)
            await run(shadow)
            logged = [] if shadow.log is None else await _logged(connection, shadow.log)
            kept, left_out = await _compared(connection, logged, conditional)
            rows = await snapshot_rows(connection, role)
        finally:
            if not shadow.ours:
                await without_roles(connection, made_roles)
    places = {name: asdict(place) for name, place in conditional.items()}
    still = said_there(snapshot.read(rows), kept)
    return {**rows, "kept": still, "left_out": tuple(left_out), "conditional": places}


async def _compared(
    connection: asyncpg.Connection[Any], logged: list[Logged], conditional: Mapping[str, Place]
) -> tuple[list[Kept], list[LeftOut]]:
    kept: list[Kept] = []
    left_out: list[LeftOut] = []
    for statement in silent(logged):
        told = await compared(connection, statement)
        what = named(statement.sql)
        place = conditional.get(what.name) if what is not None else None
        if isinstance(told, Kept):
            kept.append(replace(told, place=place))
        elif isinstance(told, LeftOut):
            left_out.append(replace(told, place=place))
    return kept, left_out


def silent(logged: list[Logged]) -> Iterator[Statement]:
    """Those that did nothing and whose object no later statement speaks of: what is there is what they kept."""
    for at, one in enumerate(logged):
        if not one.notice:
            continue
        try:
            within = list(statements(one.sql, ""))
        except MetaCommand:
            continue
        for statement in within:
            what = named(statement.sql)
            if what is None or f'"{what.name}"' not in one.notice:
                continue
            later = "\n".join(other.sql for other in logged[at + 1 :] if not other.notice and other.sql != one.sql)
            if what.kind == "table" or what.name.lower() not in later.lower():
                yield statement


async def _logged(connection: asyncpg.Connection[Any], log: Path) -> list[Logged]:
    """Everything up to now. Raises Refused where the log does not come."""
    mark = f"signoff {secrets.token_hex(8)}"
    await connection.execute(f"DO $signoff$ BEGIN RAISE NOTICE '{mark}'; END $signoff$")
    waited = 0.0
    while waited < _LOG_SECONDS:
        text = await asyncio.to_thread(log.read_text, "utf-8", "replace")
        if mark in text:
            return list(_read(text))
        await asyncio.sleep(0.05)
        waited += 0.05
    raise Refused("incomplete", "the shadow database's log did not come")


def _read(text: str) -> Iterator[Logged]:
    for line in text.splitlines():
        try:
            entry: Mapping[str, Any] = json.loads(line)
        except ValueError:
            continue
        said = str(entry.get("message", ""))
        if entry.get("state_code") in {"42P07", "42701"} and entry.get("error_severity") == "NOTICE":
            yield Logged(str(entry.get("statement", "")), said)
        elif entry.get("error_severity") == "LOG" and said.startswith(_BEGINS):
            yield Logged(said.partition(": ")[2])
