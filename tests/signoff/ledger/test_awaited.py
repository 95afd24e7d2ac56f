from __future__ import annotations

from datetime import timedelta
from itertools import count
from pathlib import Path

from signoff.ledger.awaited import AwaitedInLedger
from signoff.ledger.sqlite import SqliteStore
from signoff.model.routes import AwaitedInMemory
from support.samples import NOW


def test_a_route_is_awaited_in_every_process_until_it_is_settled(tmp_path: Path) -> None:
    ticks = count()
    new, other = ("GET", "/api/new"), ("POST", "/api/orders/{id}")

    def opened() -> AwaitedInLedger:
        return AwaitedInLedger(SqliteStore(tmp_path / "ledger.db"), lambda: NOW + timedelta(seconds=next(ticks)))

    opened().put("production", "web", new, settled=False)
    opened().put("production", "web", other, settled=False)
    opened().put("staging", "web", new, settled=True)
    assert opened().get("production", "web") == {new, other}
    assert opened().get("production", "api") == opened().get("staging", "web") == frozenset()
    opened().put("production", "web", new, settled=True)
    assert opened().get("production", "web") == {other}
    opened().put("production", "web", new, settled=False)
    assert opened().get("production", "web") == {new, other}, "it went, and came again"


def test_in_memory_it_is_the_same() -> None:
    kept, new = AwaitedInMemory(), ("GET", "/api/new")
    kept.put("production", "web", new, settled=True)
    kept.put("production", "web", new, settled=False)
    assert (kept.get("production", "web"), kept.get("staging", "web")) == ({new}, frozenset())
    kept.put("production", "web", new, settled=True)
    assert kept.get("production", "web") == frozenset()
