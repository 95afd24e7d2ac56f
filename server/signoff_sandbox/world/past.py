"""The resources as they were: what a stale read sees."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta

from google.protobuf.message import Message

from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.faults import Effects
from signoff_sandbox.world.store import Store


class PastStore(Store):
    """A store as it was, `seconds` and `writes` (of each resource) ago; what is written goes to the store of today.

    A resource that its history does not reach back for is as old as the history.
    """

    def __init__(self, today: Store, seconds: float, writes: int) -> None:
        super().__init__()
        self._today = today
        self._seconds = seconds
        self._writes = writes

    def put(self, collection: str, name: str, message: Message) -> None:
        self._today.put(collection, name, message)

    def delete(self, collection: str, name: str) -> bool:
        return self._today.delete(collection, name)

    async def wait_changed(self, since: int, seconds: float | None = None) -> int:
        return await self._today.wait_changed(since, seconds)

    async def wait_until(self, holds: Callable[[], bool], seconds: float | None = None) -> bool:
        return await self._today.wait_until(holds, seconds)

    def _all(self, collection: str) -> Mapping[str, Message]:
        resources = dict(self._today._all(collection))
        since = self._today.clock() - timedelta(seconds=self._seconds)
        undone: Counter[str] = Counter()
        for change in reversed(self._today.history):
            if change.collection != collection:
                continue
            if change.at <= since and undone[change.name] >= self._writes:
                continue
            undone[change.name] += 1
            if change.before is None:
                resources.pop(change.name, None)
            else:
                resources[change.name] = change.before
        return resources


def as_it_was(cloud: Cloud, met: Effects) -> Cloud:
    """The cloud whose reads are as old as planted; the cloud itself where nothing is planted."""
    if not met.stale_seconds and not met.stale_writes:
        return cloud
    past = copy.copy(cloud)
    past.store = PastStore(cloud.store, met.stale_seconds, met.stale_writes)
    # What can be read of a log depends on the time alone.
    past.clock = lambda: cloud.clock() - timedelta(seconds=met.stale_seconds)
    return past
