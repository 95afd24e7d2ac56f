"""New routes that nothing has shown to arrive, kept in the ledger: a later deploy does not make them old ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from signoff.ledger.events import RouteAwaited
from signoff.ledger.store import Store


class AwaitedInLedger:
    """The `Awaited` of a repository."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    def get(self, target: str, resource: str) -> frozenset[tuple[str, str]]:
        last: dict[tuple[str, str], bool] = {}
        for event in self._store.read(RouteAwaited):  # the newest first
            if (event.target, event.resource) == (target, resource):
                last.setdefault((event.method, event.path), event.settled)
        return frozenset(route for route, settled in last.items() if not settled)

    def put(self, target: str, resource: str, route: tuple[str, str], *, settled: bool) -> None:
        method, path = route
        self._store.append(RouteAwaited(self._now(), target, resource, method, path, settled))
