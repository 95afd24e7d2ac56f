"""What every command needs to know: the repository, its configuration, the target, the ledger, the systems."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from signoff.boundary import Boundary
from signoff.ledger.store import Store
from signoff.model.subject import Target, Workload
from signoff.systems import Systems

if TYPE_CHECKING:
    from signoff.config import Config


def _clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Context:
    """One repository and one target. `close()` ends the connections; use it in a `finally`."""

    config: Config
    target: Target
    workloads: tuple[Workload, ...]
    ledger: Store
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    now: Callable[[], datetime] = _clock
    boundary: Boundary = field(default_factory=Boundary)
    read_only: bool = False
    """Nothing is sent that changes something, not even a smoke request that is declared to write."""

    @classmethod
    def open(cls, start: Path, target: str | None = None, *, read_only: bool = False) -> Context:
        """Find signoff.toml upward from `start`, and choose the named or the default target.

        Raises SignoffError where there is no configuration, no such target or no git repository.
        """
        from signoff.config import load
        from signoff.ledger.place import ledger_path
        from signoff.ledger.sqlite import SqliteStore

        config = load(start)
        chosen = config.target(target)
        ledger = SqliteStore(ledger_path(config.root, os.environ))
        return cls(config, chosen, config.workloads_for(chosen), ledger, read_only=read_only)

    @property
    def root(self) -> Path:
        """The repository's root, where signoff.toml stands."""
        return self.config.root

    @property
    def worktree(self) -> str:
        """As the ledger names this worktree."""
        return str(self.root.resolve())

    @cached_property
    def systems(self) -> Systems:
        """Connections of this process; each adapter is made on first use."""
        from signoff.ledger.awaited import AwaitedInLedger
        from signoff.ledger.kept_files import KeptFiles
        from signoff.ledger.place import kept_path
        from signoff.ledger.proofs import KeptInLedger
        from signoff.ledger.rehearsals import RehearsalsInFiles
        from signoff.ledger.smokes import SentInLedger

        kept = KeptFiles(kept_path(self.root, self.environment))
        return Systems(
            self.boundary,
            self.root,
            sandbox=self.environment.get("SIGNOFF_SANDBOX") or None,
            proofs=KeptInLedger(self.ledger, self.now),
            writes=SentInLedger(self.ledger),
            awaited=AwaitedInLedger(self.ledger, self.now),
            kept=kept,
            rehearsals=RehearsalsInFiles(kept),
            environment=self.environment,
            read_only=self.read_only,
        )

    async def close(self) -> None:
        if "systems" in self.__dict__:
            await self.systems.close()
