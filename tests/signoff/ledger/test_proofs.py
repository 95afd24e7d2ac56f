from __future__ import annotations

from pathlib import Path

from signoff.ledger.events import DigestProven
from signoff.ledger.proofs import KeptInLedger
from signoff.ledger.sqlite import SqliteStore
from signoff.model.lineage import Proof
from support.samples import HEAD, NOW

DIGEST = "sha256:" + "a" * 64
PROVEN = Proof(DIGEST, HEAD, "proven", "projects/p/builds/b")
ATTESTED = Proof(DIGEST, HEAD, "attested", "projects/p/builds/b")


def kept(path: Path) -> KeptInLedger:
    """As another process would open it."""
    return KeptInLedger(SqliteStore(path), lambda: NOW)


def test_what_a_build_proved_is_known_to_the_next_process(tmp_path: Path) -> None:
    kept(tmp_path / "ledger").put(PROVEN)
    assert kept(tmp_path / "ledger").get(DIGEST) == PROVEN
    assert kept(tmp_path / "ledger").get("sha256:" + "b" * 64) is None


def test_a_run_that_proves_nothing_new_writes_nothing(tmp_path: Path) -> None:
    for _ in range(3):
        kept(tmp_path / "ledger").put(PROVEN)
    kept(tmp_path / "ledger").put(ATTESTED)
    assert len(list(SqliteStore(tmp_path / "ledger").read(DigestProven))) == 1


def test_a_better_proof_takes_the_place_of_a_weaker_one(tmp_path: Path) -> None:
    proofs = kept(tmp_path / "ledger")
    proofs.put(ATTESTED)
    proofs.put(PROVEN)
    assert (proofs.get(DIGEST), kept(tmp_path / "ledger").get(DIGEST)) == (PROVEN, PROVEN)
