"""What is current, from the record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from signoff.ledger import folds
from signoff.ledger.events import DigestProven, LinkWaived, OperationBegan, OperationEnded, ReportMade, SessionBegan
from signoff.ledger.sqlite import SqliteStore
from signoff.model.judgement import Link
from signoff.model.subject import Session

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "ledger.sqlite3")


def began(
    hours: float, head: str = "a", by: Literal["hook", "mcp"] = "mcp", session: str | None = None
) -> SessionBegan:
    return SessionBegan(NOW + hours * HOUR, "/tree", head * 40, by, session)


def test_no_session_is_known_without_a_start(store: SqliteStore) -> None:
    store.append(SessionBegan(NOW, "/another", "a" * 40, "mcp"))
    assert folds.session(store, "/tree") is None


def test_the_last_start_in_the_worktree_is_the_session(store: SqliteStore) -> None:
    store.append(began(0), began(30, "b"), SessionBegan(NOW + 40 * HOUR, "/another", "c" * 40, "mcp"))
    assert folds.session(store, "/tree") == Session("b" * 40, NOW + 30 * HOUR)  # type: ignore[arg-type]


def operation(hours: float, name: str, workload: str, **fields: str) -> OperationBegan:
    known = {"target": "production", "worktree": "/tree"} | fields
    return OperationBegan(
        NOW + hours * HOUR, name, "plan-1", commit="c" * 40, by="ada@here", before={workload: []}, **known
    )


def test_what_the_worktrees_operations_were_at_since_the_session_began_is_changed(store: SqliteStore) -> None:
    store.append(
        operation(0, "op-0", "before"),
        operation(2, "op-1", "web"),
        OperationEnded(NOW + 3 * HOUR, "op-1", "failed"),
        operation(2, "op-2", "left-alone"),
        OperationEnded(NOW + 3 * HOUR, "op-2", "busy"),
        operation(2, "op-3", "another-session's", worktree="/another"),
        operation(2, "op-4", "another-target's", target="staging"),
        operation(4, "op-5", "job"),
    )
    assert folds.changed_since(store, "production", "/tree", NOW + 1 * HOUR) == {"web", "job"}


def test_a_server_that_reconnects_continues_the_session(store: SqliteStore) -> None:
    store.append(began(0, by="hook", session="one"))
    assert folds.continues(store, began(3))
    assert not folds.continues(store, began(13))


def test_a_hook_says_whether_it_is_another_session(store: SqliteStore) -> None:
    store.append(began(0, by="hook", session="one"))
    assert folds.continues(store, began(30, by="hook", session="one"))
    assert not folds.continues(store, began(0.1, by="hook", session="two"))


def test_a_waiver_holds_for_its_commit_and_target_alone(store: SqliteStore) -> None:
    store.append(
        LinkWaived(NOW, "production", "a" * 40, "web", "healthy", "first", "ada"),
        LinkWaived(NOW, "production", "a" * 40, "web", "healthy", "second", "ada"),
        LinkWaived(NOW, "production", "b" * 40, "web", "fresh", "other commit", "ada"),
        LinkWaived(NOW, "staging", "a" * 40, "web", "fresh", "other target", "ada"),
    )
    found = folds.waivers(store, "production", "a" * 40)
    assert [(waiver.link, waiver.reason) for waiver in found] == [(Link.HEALTHY, "second")]


def test_the_last_report_is_a_whole_one_of_the_target(store: SqliteStore) -> None:
    def made(hours: int, target: str = "production", worktree: str = "/tree", *, whole: bool = True) -> ReportMade:
        return ReportMade(NOW + hours * HOUR, worktree, target, whole, {"n": hours})

    store.append(made(1), made(2, whole=False), made(3, "staging"), made(4, worktree="/another"))
    assert folds.last_report(store, "production", "/tree") == made(1)
    assert folds.last_report(store, "production") == made(4, worktree="/another")
    assert folds.last_report(store, "elsewhere") is None


def test_a_proof_of_the_system_of_record_outranks_an_attested_one(store: SqliteStore) -> None:
    store.append(
        DigestProven(NOW, "sha256:1", "a" * 40, "proven"),
        DigestProven(NOW, "sha256:1", "b" * 40, "attested"),
        DigestProven(NOW, "sha256:2", "c" * 40, "attested"),
    )
    found = folds.proofs(store)
    assert {digest: proof.commit[0] for digest, proof in found.items()} == {"sha256:1": "a", "sha256:2": "c"}
