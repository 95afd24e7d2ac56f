"""What migrations make: replayed into a shadow database once for each tree of them, and kept."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signoff.boundary import Boundary, Question
from signoff.model.database_use import Database, FromEnvironment, Replayed
from signoff.model.facts import Known, Unknown
from signoff.model.replay import Replay, Statement
from signoff.model.secret import Secret
from signoff.model.sql_use import Place
from signoff.systems.git.private import state_folder
from signoff.systems.postgres import shadow as shadows
from signoff.systems.postgres import snapshot
from signoff.systems.postgres.errors import Refused, why
from signoff.systems.postgres.kept import amended
from signoff.systems.postgres.replay import replayed
from signoff.systems.postgres.shadow import Shadow

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SECONDS = 300.0
"""For one replay, with the start of its server."""
START_SECONDS = 90.0
_FORM = "2"
"""Of what is kept; another one is not read."""
_MOST_KEPT = 20


class Shadows:
    """`environment`: where connection URLs are looked up, and nothing of it reaches a shadow.

    A replay outlives the one who waits for it, so that a look with a time limit begins what the next one finds;
    `close()` ends it. `under_way`: what is replayed at this moment, in words, by the database's name.
    """

    def __init__(self, boundary: Boundary, environment: Mapping[str, str]) -> None:
        self._boundary = boundary
        self._environment = environment
        self._tasks: dict[str, asyncio.Task[Known[Replay] | Unknown]] = {}
        self.under_way: dict[str, str] = {}

    async def replay(
        self, database: Database, statements: Sequence[Statement], major: int, fingerprint: str
    ) -> Known[Replay] | Unknown:
        """What the statements make. `major`: the version that the shadow best has; 0: any."""

        async def run(shadow: Shadow) -> dict[str, Any]:
            def told(done: int) -> None:
                self.under_way[database.name] = f"{database.name}: {done} of {len(statements)} statements replayed"

            return await replayed(shadow, statements, database.role, told)

        return await self.made(database, major, fingerprint, run)

    async def major(self, database: Database, major: int) -> Known[int] | Unknown:
        """The version of a shadow database that is begun and ended for this alone, in the way a replay has one."""

        async def fetch() -> int:
            async with (
                asyncio.timeout(START_SECONDS),
                self._shadow(database, major) as shadow,
                shadow.connected() as connection,
            ):
                return connection.get_server_version().major

        question = Question("postgres", "shadow", f"{database.name} (expected)")
        return await self._boundary.ask(question, fetch, int, why, seconds=START_SECONDS + 30)

    async def made(
        self,
        database: Database,
        major: int,
        fingerprint: str,
        run: Callable[[Shadow], Awaitable[Mapping[str, Any]]],
    ) -> Known[Replay] | Unknown:
        """What `run` makes in an empty shadow database: raw rows, with `kept`, `left_out` and `conditional`.

        Kept under the fingerprint of all that it is made from.
        """
        question = Question("postgres", "replay", f"{database.name} (expected)")
        key = hashlib.sha256("\0".join((_FORM, fingerprint, database.role or "", str(major))).encode()).hexdigest()
        path = state_folder() / "schemas" / f"{key}.json"
        if (found := _kept(path)) is not None:
            return Known(found, question.ref(self._boundary.now()))

        task = self._tasks.get(key)
        if task is None:
            task = asyncio.create_task(self._make(database, major, question, run, path))
            self._tasks[key] = task
            task.add_done_callback(lambda done: self._ended(key, done))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """End what is still replayed; its server and its folder go with it."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, key: str, task: asyncio.Task[Known[Replay] | Unknown]) -> None:
        del self._tasks[key]
        if not task.cancelled():
            task.exception()  # who still waits for it is told; nobody else is

    async def _make(
        self,
        database: Database,
        major: int,
        question: Question,
        run: Callable[[Shadow], Awaitable[Mapping[str, Any]]],
        path: Path,
    ) -> Known[Replay] | Unknown:
        async def fetch() -> Mapping[str, Any]:
            try:
                async with asyncio.timeout(SECONDS), self._shadow(database, major) as shadow:
                    return await run(shadow)
            except TimeoutError:
                raise Refused("timeout", self._too_slow(database)) from None

        self.under_way[database.name] = f"{database.name}: a shadow database is started"
        try:
            made = await self._boundary.ask(question, fetch, read, why, seconds=SECONDS + 60)
        finally:
            self.under_way.pop(database.name, None)
        if isinstance(made, Known):
            _keep(path, made.value)
        return made

    def _too_slow(self, database: Database) -> str:
        says = f"what the migrations make was not there within {SECONDS:g} s ({self.under_way[database.name]})"
        return f'{says}: commit a dump of the schema and write expected = {{ dump = "db/schema.sql" }}'

    @asynccontextmanager
    async def _shadow(self, database: Database, major: int) -> AsyncIterator[Shadow]:
        expected = database.expected
        where = expected.shadow if isinstance(expected, Replayed) else None
        if where is None:
            async with shadows.local(major) as made:
                yield made
            return
        written = self._environment.get(where.variable, "")
        if not written:
            raise Refused("denied", f"the environment variable {where.variable} is not set: set it where signoff runs")
        judged = database.source.variable if isinstance(database.source, FromEnvironment) else ""
        avoid = self._environment.get(judged)
        async with shadows.configured(Secret(written), where.variable, Secret(avoid) if avoid else None) as made:
            yield made


def read(raw: Mapping[str, Any]) -> Replay:
    """KeyError where a part is missing: half of an answer is none."""
    kept = tuple(raw["kept"])
    made = amended(snapshot.read(raw), kept)
    conditional = {name: Place(**place) for name, place in raw["conditional"].items()}
    return Replay(made, kept, tuple(raw["left_out"]), conditional)


@cache
def _form() -> TypeAdapter[Replay]:
    from pydantic import TypeAdapter

    return TypeAdapter(Replay)


def _kept(path: Path) -> Replay | None:
    with contextlib.suppress(OSError, ValueError):
        return _form().validate_json(path.read_bytes())
    return None


def _keep(path: Path, made: Replay) -> None:
    """What can not be kept is made again."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(_form().dump_json(made))
        Path(name).replace(path)
        oldest = sorted(path.parent.glob("*.json"), key=lambda one: one.stat().st_mtime)
        for one in oldest[:-_MOST_KEPT]:
            one.unlink(missing_ok=True)
