"""The ledger with real files, real processes and a real SIGKILL."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import signoff
from signoff.ledger.events import ClaimMade, LinkWaived, StepTaken
from signoff.ledger.sqlite import SqliteStore
from signoff.ledger.store import LedgerError
from signoff.model.quoted import Quoted

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from signoff.ledger.events import ClaimMade
from signoff.ledger.sqlite import SqliteStore
store = SqliteStore(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    store.append(ClaimMade(datetime.now(UTC), "/tree", f"{sys.argv[2]}-{number}"))
    print(number, flush=True)
"""


def writer(path: Path, name: str, number: int) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(Path(signoff.__file__).parents[1])}
    argv = [sys.executable, "-W", "error", "-c", WRITER, str(path), name, str(number)]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def claim(gone: str, at: datetime = NOW) -> ClaimMade:
    return ClaimMade(at, "/tree", gone)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.sqlite3"


def test_what_was_appended_is_read_back_the_newest_first(path: Path) -> None:
    SqliteStore(path).append(claim("a"), claim("b"))
    SqliteStore(path).append(LinkWaived(NOW, "production", "c" * 40, "web", "fresh", "because", "ada"), claim("c"))
    assert [event.gone for event in SqliteStore(path).read(ClaimMade)] == ["c", "b", "a"]
    assert len(SqliteStore(path).all()) == 4


def test_more_events_than_a_page_are_all_read(path: Path) -> None:
    SqliteStore(path).append(*(claim(str(number)) for number in range(120)))
    assert [event.gone for event in SqliteStore(path).read(ClaimMade)] == [str(n) for n in reversed(range(120))]


def test_events_since_a_moment(path: Path) -> None:
    SqliteStore(path).append(claim("early"), claim("late", NOW + timedelta(hours=1)))
    found = SqliteStore(path).all(NOW + timedelta(minutes=1))
    assert [event.gone for event in found if isinstance(event, ClaimMade)] == ["late"]


def test_an_empty_ledger_has_no_events(path: Path) -> None:
    assert list(SqliteStore(path).read(ClaimMade)) == []


def test_several_processes_write_at_once_and_nothing_is_lost(path: Path) -> None:
    """All begin on a ledger that does not exist yet, so that its making is raced for too."""
    writers = [writer(path, f"w{number}", 25) for number in range(4)]
    for running in writers:
        _, errors = running.communicate(timeout=60)
        assert (running.returncode, errors) == (0, "")
    found = [event.gone for event in SqliteStore(path).read(ClaimMade)]
    assert sorted(found) == sorted(f"w{w}-{n}" for w in range(4) for n in range(25))


def test_what_was_confirmed_survives_kill_9(path: Path) -> None:
    for attempt in range(3):
        running = writer(path, f"k{attempt}", 1_000_000)
        assert running.stdout is not None
        confirmed = [int(running.stdout.readline()) for _ in range(20)]
        running.send_signal(signal.SIGKILL)
        rest, _ = running.communicate(timeout=30)
        confirmed += [int(line) for line in rest.splitlines(keepends=True) if line.endswith("\n")]
        found = {event.gone for event in SqliteStore(path).read(ClaimMade)}
        assert {f"k{attempt}-{number}" for number in confirmed} <= found
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_while_it_is_kept_open_others_read_what_is_written_and_at_the_end_the_file_holds_it(path: Path) -> None:
    store = SqliteStore(path)
    with store.kept_open():
        assert not path.exists()
        for number in range(3):
            store.append(claim(str(number)))
            assert len(SqliteStore(path).all()) == number + 1
        assert path.with_name(f"{path.name}-wal").exists()
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert len(SqliteStore(path).all()) == 3


def test_events_can_not_be_changed_or_removed(path: Path) -> None:
    SqliteStore(path).append(claim("a"))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for statement in ("UPDATE events SET body = '{}'", "DELETE FROM events"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)


def test_a_file_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE other (a)")
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="not a ledger of signoff"):
        SqliteStore(path).append(claim("a"))
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("these are somebody's notes, and no database at all\n" * 40)
    with pytest.raises(LedgerError, match=r"can not be used.*Fix: look at the file"):
        list(SqliteStore(path).read(ClaimMade))


def test_a_half_written_file_is_a_clear_error(path: Path) -> None:
    store = SqliteStore(path)
    store.append(*(claim("x" * 500 + str(number)) for number in range(100)))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    with pytest.raises(LedgerError, match="malformed"):
        store.all()


def test_an_event_that_can_not_be_read_is_named(path: Path) -> None:
    SqliteStore(path).append(claim("a"))
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO events (at, kind, body) VALUES ('2026', 'claim', '{\"at\": \"2026-01-01\"}')")
    with pytest.raises(LedgerError, match="event 2 can not be read"):
        SqliteStore(path).all()


def test_an_event_of_a_newer_signoff_is_passed_over(path: Path) -> None:
    SqliteStore(path).append(claim("a"))
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO events (at, kind, body) VALUES ('2026', 'from-the-future', '{}')")
    assert len(SqliteStore(path).all()) == 1


def test_a_ledger_of_a_newer_signoff_is_refused(path: Path) -> None:
    SqliteStore(path).append(claim("a"))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 7")
    with pytest.raises(LedgerError, match=r"another version \(7\)"):
        SqliteStore(path).all()


def test_a_lock_that_does_not_go_away_is_a_clear_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signoff.ledger.sqlite.BUSY_SECONDS", 0.05)
    SqliteStore(path).append(claim("a"))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="locked by another process"):
            SqliteStore(path).append(claim("b"))
        assert [event.gone for event in SqliteStore(path).read(ClaimMade)] == ["a"]


def test_a_folder_that_can_not_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="SIGNOFF_STATE"):
        SqliteStore(tmp_path / "file" / "ledger.sqlite3").append(claim("a"))


def test_no_secret_is_written(path: Path) -> None:
    step = StepTaken(NOW, "op-1", "production", "web", "build", "failed", Quoted("password=hunter2 \x1b[31m"))
    SqliteStore(path).append(step, claim("postgres://u:hunter2@h/d"))
    for file in path.parent.iterdir():
        assert b"hunter2" not in file.read_bytes()
    read = next(SqliteStore(path).read(StepTaken))
    assert read.says == "password=[hidden] \\x1b[31m"


def test_the_ledger_is_for_its_owner_alone(path: Path) -> None:
    SqliteStore(path).append(claim("a"))
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
