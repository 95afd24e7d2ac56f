"""The ledger as one SQLite table in WAL mode. A connection works for one operation, so threads and forks are safe."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar, cast

from signoff.ledger.events import Event, from_json, to_json
from signoff.ledger.store import E, LedgerError

APPLICATION = 0x5160FF01
"""SQLite's application id: tells our file from another program's. https://sqlite.org/pragma.html#pragma_application_id"""
VERSION = 1
BUSY_SECONDS = 10.0
PAGE = 50
"""Events read at once: who looks for the last one does not load a year of reports."""
_LAST = 2**63 - 1

_TABLE = """
CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX events_kind ON events (kind, id);
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER events_are_never_removed BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'append-only'); END;
"""

R = TypeVar("R")


class SqliteStore:
    """The file is made at the first use; `path`'s folder too, for its owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opening = threading.Lock()
        self._keeping = False
        self._kept: sqlite3.Connection | None = None

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        # The last connection that is closed moves what was written into the file itself, which takes most of the time
        # of a write (https://sqlite.org/wal.html#ckpt): one that does nothing else is closed at the end.
        self._keeping = True
        try:
            yield
        finally:
            self._keeping = False
            if self._kept is not None:
                self._kept.close()
                self._kept = None

    def append(self, *events: Event) -> None:
        rows = [(body["at"], event.kind, json.dumps(body)) for event in events for body in [to_json(event)]]

        def write(connection: sqlite3.Connection) -> None:
            with _transaction(connection):
                connection.executemany("INSERT INTO events (at, kind, body) VALUES (?, ?, ?)", rows)

        self._with(write)

    def read(self, kind: type[E]) -> Iterator[E]:
        query = "SELECT id, kind, body FROM events WHERE kind = ? AND id < ? ORDER BY id DESC LIMIT ?"
        before = _LAST
        while rows := self._rows(query, kind.kind, before, PAGE):
            yield from cast(list[E], self._events(rows))
            before = rows[-1][0]

    def all(self, since: datetime | None = None) -> Sequence[Event]:
        # Times are kept as ISO 8601 in UTC, which sort as text.
        after = since.astimezone(UTC).isoformat() if since else ""
        return self._events(self._rows("SELECT id, kind, body FROM events WHERE at >= ? ORDER BY id", after))

    def _rows(self, query: str, *values: str | int) -> list[tuple[int, str, str]]:
        return self._with(lambda connection: connection.execute(query, values).fetchall())

    def _events(self, rows: list[tuple[int, str, str]]) -> list[Event]:
        found = []
        for number, kind, body in rows:
            try:
                event = from_json(kind, json.loads(body))
            except ValueError as error:
                raise self._broken(f"event {number} can not be read: {error}") from error
            if event is not None:
                found.append(event)
        return found

    def _with(self, operation: Callable[[sqlite3.Connection], R]) -> R:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
                self._prepare(connection)
                self._keep()
                return operation(connection)
        except sqlite3.DatabaseError as error:
            if _is_busy(error):
                fix = "wait until the other signoff has ended, then try again"
                raise LedgerError("the ledger is locked by another process", where=str(self.path), fix=fix) from error
            raise self._broken(f"the ledger can not be used: {error}") from error
        except OSError as error:
            fix = "make the folder writable, or set SIGNOFF_STATE to a folder that is"
            what = f"the ledger's file can not be opened: {error.strerror}"
            raise LedgerError(what, where=str(self.path), fix=fix) from error

    def _keep(self) -> None:
        with self._opening:
            if self._keeping and self._kept is None:
                self._kept = sqlite3.connect(self.path, timeout=BUSY_SECONDS, check_same_thread=False)
                _is_empty(self._kept)  # SQLite opens the file with the first question

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Make the table in a new file; refuse a file that is not ours or of a newer signoff."""
        if _pragma(connection, "application_id") == 0 and _is_empty(connection):
            self.path.chmod(0o600)
            _use_wal(connection)
            with _transaction(connection):
                if _is_empty(connection):  # else another process was faster
                    for statement in _statements(_TABLE):
                        connection.execute(statement)
                    connection.execute(f"PRAGMA application_id = {APPLICATION}")
                    connection.execute(f"PRAGMA user_version = {VERSION}")
        if _pragma(connection, "application_id") != APPLICATION:
            raise self._broken("the file is not a ledger of signoff")
        version = _pragma(connection, "user_version")
        if version != VERSION:
            fix = "update signoff, or set SIGNOFF_STATE to another folder"
            raise LedgerError(f"the ledger is of another version ({version})", where=str(self.path), fix=fix)
        connection.execute("PRAGMA synchronous = FULL")

    def _broken(self, what: str) -> LedgerError:
        fix = f"look at the file; to begin a new ledger: mv {self.path} {self.path}.broken"
        return LedgerError(what, where=str(self.path), fix=fix)


class _transaction:
    """BEGIN IMMEDIATE waits for other writers at the start, where waiting is safe."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        self._connection.execute("COMMIT" if kind is None else "ROLLBACK")


def _use_wal(connection: sqlite3.Connection) -> None:
    """SQLite does not wait for the lock that this change needs, so we do."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _is_empty(connection: sqlite3.Connection) -> bool:
    return not connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return int(value) & 0xFFFFFFFF


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.strip().splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
