"""Which commit an image was built from, kept in the ledger: build records vanish, and what they proved stays true."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property

from signoff.ledger import folds
from signoff.ledger.events import DigestProven
from signoff.ledger.store import Store
from signoff.model.lineage import Proof
from signoff.model.subject import Commit


class KeptInLedger:
    """The `Proofs` of a repository. What other processes prove meanwhile is seen by the next one."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    @cached_property
    def _kept(self) -> dict[str, Proof]:
        return {
            digest: Proof(digest, Commit(event.commit), event.strength, event.source)
            for digest, event in folds.proofs(self._store).items()
        }

    def get(self, digest: str) -> Proof | None:
        return self._kept.get(digest)

    def put(self, proof: Proof) -> None:
        """Keep it, unless as much is known already: a run that proves nothing new writes nothing."""
        known = self._kept.get(proof.digest)
        if known is not None and (known.strength == "proven" or known.strength == proof.strength):
            return
        self._kept[proof.digest] = proof
        self._store.append(DigestProven(self._now(), proof.digest, proof.commit, proof.strength, proof.source))
