"""Statements of migrations run into a shadow database, one by one, with what the server says of each.

Each runs as the script has it: by itself, so that CREATE INDEX CONCURRENTLY can, or in the transaction that the script
begins. A role that is not there is made; an extension that the shadow does not have is left out, and all that needs it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from signoff.model.replay import Kept, LeftOut, Statement
from signoff.systems.postgres import snapshot
from signoff.systems.postgres.errors import Refused
from signoff.systems.postgres.kept import compared, named, said_there
from signoff.systems.postgres.shadow import Shadow

if TYPE_CHECKING:
    import asyncpg

_PASSED_OVER = re.compile(
    r"\s*(?:(?:set|reset)\s+(?:session\s+)?(?:client_min_messages|lc_messages|session\s+authorization|role|"
    r"transaction_timeout|statement_timeout|lock_timeout|idle_in_transaction_session_timeout)\b"
    r"|(?:create|drop|alter|comment\s+on)\s+(?:database|tablespace|subscription)\b|alter\s+system\b|vacuum\b)",
    re.IGNORECASE,
)
"""What a shadow has not got, or what would silence it."""
_NO_ROLE = re.compile(r'role "(.+)" does not exist')
_EXTENSION = re.compile(r"\s*create\s+extension\s+(?:if\s+not\s+exists\s+)?(\"[^\"]+\"|\w+)", re.IGNORECASE)
_ABSENT = frozenset(("0A000", "58P01", "42501"))
_FOLLOWS = frozenset(("42704", "42883", "42P01", "42703", "3F000", "42P07", "42P16", "42804", "42601"))
"""What a statement fails with because another one was left out."""
_WORD = re.compile(r"[A-Za-z_][\w$]*")
_MOST_ROLES = 20


async def replayed(
    shadow: Shadow, statements: Sequence[Statement], role: str | None, told: Callable[[int], None] = lambda _: None
) -> dict[str, Any]:
    """The raw rows of a snapshot, with `kept`, `left_out` and `conditional`. `told`: how many statements have run.

    Raises Refused (`malformed`) with the place of a statement that fails.
    """
    made_roles: list[str] = []
    async with shadow.connected() as connection:
        await connection.execute("SET client_min_messages = notice; SET check_function_bodies = off")
        try:
            if role is not None:
                await with_role(connection, role, made_roles)
            run = _Run(connection, made_roles)
            for at, statement in enumerate(statements):
                told(at)
                if at and statement.place.path != statements[at - 1].place.path:
                    await run.next_script()
                await run.one(statement)
            await run.next_script()
            return await run.result(role)
        finally:
            if not shadow.ours:
                await without_roles(connection, made_roles)


class _Run:
    def __init__(self, connection: asyncpg.Connection[Any], made_roles: list[str]) -> None:
        self._connection = connection
        self._made_roles = made_roles
        self._kept: list[Kept] = []
        self._left_out: list[LeftOut] = []
        self._conditional: dict[str, Any] = {}
        self._said: list[tuple[str, str]] = []
        connection.add_log_listener(lambda _, message: self._said.append((message.sqlstate, message.message)))

    async def next_script(self) -> None:
        """A script's transaction ends with it, and so do its settings."""
        if self._connection.is_in_transaction():
            await self._connection.execute("COMMIT")
        await self._connection.execute(
            "RESET ALL; RESET ROLE; SET client_min_messages = notice; SET check_function_bodies = off"
        )

    async def one(self, statement: Statement) -> None:
        if _PASSED_OVER.match(statement.sql):
            return
        if (found := named(statement.sql)) is not None and found.kind == "index":
            self._conditional[found.name] = asdict(statement.place)
        self._said.clear()
        if not await self._ran(statement):
            return
        if any(state in {"42P07", "42701"} for state, _ in self._said):
            comparison = await compared(self._connection, statement)
            if isinstance(comparison, Kept):
                self._kept.append(comparison)
            elif isinstance(comparison, LeftOut):
                self._left_out.append(comparison)

    async def _ran(self, statement: Statement) -> bool:
        import asyncpg

        for _ in range(_MOST_ROLES):
            try:
                await self._execute(statement.sql)
            except asyncpg.PostgresError as error:
                missing = _NO_ROLE.search(str(error))
                if missing and error.sqlstate in {"42704", "22023"}:
                    await with_role(self._connection, missing[1], self._made_roles)
                    continue
                if self._may_go_without(statement, error):
                    return False
                place = f"{statement.place.path}:{statement.place.line}"
                says = f"the replay stops at {place}: {error} (SQLSTATE {error.sqlstate})"
                raise Refused("malformed", says) from error
            else:
                return True
        raise Refused("malformed", f"{statement.place.path}:{statement.place.line} names too many roles")

    async def _execute(self, sql: str) -> None:
        if not self._connection.is_in_transaction():
            await self._connection.execute(sql)
            return
        word = _WORD.search(sql)
        if word and word[0].lower() in {"commit", "end", "rollback", "savepoint", "release", "prepare"}:
            await self._connection.execute(sql)
            return
        await self._connection.execute("SAVEPOINT signoff")  # what fails leaves the script's transaction whole
        try:
            await self._connection.execute(sql)
        except BaseException:
            await self._connection.execute("ROLLBACK TO SAVEPOINT signoff")
            raise
        await self._connection.execute("RELEASE SAVEPOINT signoff")

    def _may_go_without(self, statement: Statement, error: asyncpg.PostgresError) -> bool:
        """Whether it needs an extension that is not here."""
        words = frozenset(word.lower() for word in _WORD.findall(statement.sql))
        extension = _EXTENSION.match(statement.sql)
        if extension and error.sqlstate in _ABSENT:
            name = extension[1].strip('"')
            says = f"the shadow database has no extension {name}"
            self._left_out.append(LeftOut(statement.place, says, frozenset((name.lower(),))))
            return True
        if self._left_out and error.sqlstate in _FOLLOWS:
            self._left_out.append(LeftOut(statement.place, f"it needs what was left out: {error}", words))
            return True
        return False

    async def result(self, role: str | None) -> dict[str, Any]:
        rows = await snapshot_rows(self._connection, role)
        still = said_there(snapshot.read(rows), self._kept)
        return {**rows, "kept": still, "left_out": tuple(self._left_out), "conditional": self._conditional}


async def snapshot_rows(connection: asyncpg.Connection[Any], role: str | None) -> dict[str, Any]:
    """As production is read: in a transaction of its own."""
    async with connection.transaction(readonly=True):
        return dict(await snapshot.rows(connection, role))


async def without_roles(connection: asyncpg.Connection[Any], made: list[str]) -> None:
    """Roles belong to the whole server: what was made for a shadow goes with it."""
    if connection.is_closed():
        return
    if connection.is_in_transaction():
        await connection.execute("ROLLBACK")
    there = await connection.fetch("SELECT rolname::text AS name FROM pg_roles WHERE rolname = ANY($1)", made)
    for name in (row["name"] for row in there):  # one that was made in a transaction went with it
        await connection.execute(f"DROP OWNED BY {_quoted(name)} CASCADE; DROP ROLE {_quoted(name)}")


async def with_role(connection: asyncpg.Connection[Any], role: str, made: list[str]) -> None:
    """Make it where it is not there, and note that in `made`."""
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", role):
        await connection.execute(f"CREATE ROLE {_quoted(role)}")
        made.append(role)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
