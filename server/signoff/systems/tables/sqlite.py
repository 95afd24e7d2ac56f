"""SQLite through SQLAlchemy: the file is opened for reading alone, in a worker thread."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sqlalchemy import NullPool, create_engine, event, exc, text

from signoff.model.facts import Why
from signoff.systems.rows import Row, ended
from signoff.systems.tables.statements import EPOCH

SECONDS = 10.0
"""After which a statement is given up."""
_STEPS = 100_000
"""Of SQLite's virtual machine, between two looks at the clock."""


class NoTime(Exception):
    """The column that is to say when a row is of holds something else."""


async def rows(path: Path, statement: str, zone: str) -> list[Row]:
    """The rows of one statement. Raises sqlalchemy's errors (`why`)."""
    return await asyncio.to_thread(_rows, path, statement, zone)


def why(error: Exception) -> Why | None:
    """The reason that an exception gives; None for a bug."""
    if isinstance(error, NoTime):
        return "malformed"
    if not isinstance(error, exc.SQLAlchemyError):
        return None
    says = str(error)
    if "interrupted" in says or "locked" in says:
        return "timeout"
    return "unreachable" if "unable to open" in says else "malformed"


def seconds_of(stored: object, zone: ZoneInfo) -> float | None:
    """A stored time as seconds since 1970: ISO 8601 text, or a number of seconds, milliseconds or microseconds.

    Text without a time zone is in `zone`. Raises ValueError for what is no time.
    """
    if stored is None:
        return None
    if isinstance(stored, int | float):
        size = abs(stored)
        return stored / (1_000_000 if size >= 1e14 else 1_000 if size >= 1e11 else 1)
    if not isinstance(stored, str):
        raise ValueError("no time")  # noqa: TRY004  the kind of what is stored is data, not a mistake of the caller
    at = datetime.fromisoformat(stored.strip())
    return (at if at.tzinfo else at.replace(tzinfo=zone)).timestamp()


def _rows(path: Path, statement: str, zone: str) -> list[Row]:
    engine = create_engine(f"sqlite:///file:{quote(str(path))}?mode=ro&uri=true", poolclass=NullPool)
    local, end = ZoneInfo(zone), time.monotonic() + SECONDS
    refused: list[bool] = []

    def seconds(stored: object) -> float | None:
        try:
            return seconds_of(stored, local)
        except ValueError:
            refused.append(True)  # SQLite itself only says that a function raised
            raise

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        del record
        connection.create_function(EPOCH, 1, seconds, deterministic=True)
        connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)

    try:
        with engine.connect() as connection:
            literal = text(statement.replace(":", r"\:"))
            return ended(connection.execute(literal))
    except exc.DBAPIError as error:
        if refused:
            raise NoTime("a time is neither ISO 8601 nor a number of (milli-, micro-) seconds since 1970") from error
        raise
    finally:
        engine.dispose()
