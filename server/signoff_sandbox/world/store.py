"""Resources of the sandbox: Google's own protobuf messages by collection and full resource name.

Collections carry the names that the state file uses (see `world/collections.py`). Messages are copied on the way
in and out, so that whoever reads one can edit it and nothing changes before `put`.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from google.protobuf.message import Message

M = TypeVar("M", bound=Message)


def copy_of(message: M) -> M:
    """A deep copy of a protobuf message."""
    clone = type(message)()
    clone.CopyFrom(message)
    return clone


@dataclass(frozen=True, slots=True)
class Change:
    """A write: what the resource was `before`; None where it did not exist."""

    at: datetime
    collection: str
    name: str
    before: Message | None


#: Called with collection, name and resource after it was written; with None after it was deleted.
Watch = Callable[[str, str, Message | None], None]


class Store:
    """All resources, and the last changes of them. Not thread safe: used from the event loop only."""

    LONGEST_HISTORY = 1000  # changes: bounds what a long life costs, and is more than a stale read is old

    def __init__(self) -> None:
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.watch: Watch = lambda *_: None
        self.history: deque[Change] = deque(maxlen=self.LONGEST_HISTORY)
        self._collections: dict[str, dict[str, Message]] = {}
        self._changed = asyncio.Event()
        self._versions = itertools.count(1)
        self.version = 0

    def get(self, collection: str, name: str) -> Message | None:
        """A copy of the resource, or None if there is none of that name."""
        found = self._all(collection).get(name)
        return None if found is None else copy_of(found)

    def put(self, collection: str, name: str, message: Message) -> None:
        """Create or replace a resource."""
        resources = self._collections.setdefault(collection, {})
        self.history.append(Change(self.clock(), collection, name, resources.get(name)))
        resources[name] = copy_of(message)
        self._touch()
        self.watch(collection, name, message)

    def plant(self, collection: str, name: str, message: Message) -> None:
        """Put in a resource as if it had always been there; one of that name is replaced, as by anybody."""
        if name in self._collections.get(collection, {}):
            self.put(collection, name, message)
            return
        self._collections.setdefault(collection, {})[name] = copy_of(message)
        self._touch()
        self.watch(collection, name, message)

    def delete(self, collection: str, name: str) -> bool:
        """Remove a resource; says whether it existed."""
        found = self._collections.get(collection, {}).pop(name, None)
        if found is not None:
            self.history.append(Change(self.clock(), collection, name, found))
            self._touch()
            self.watch(collection, name, None)
        return found is not None

    def list(self, collection: str, parent: str) -> list[Message]:
        """Copies of the direct children of `parent`, by name; a `-` segment of the parent matches any value."""
        return [message for name, message in self.items(collection) if is_child(name, parent)]

    def items(self, collection: str) -> Iterator[tuple[str, Message]]:
        """Every (name, copy) of a collection, by name."""
        for name, message in sorted(self._all(collection).items()):
            yield name, copy_of(message)

    def references(self, collection: str) -> Sequence[tuple[str, Message]]:
        """Every (name, resource) of a collection, by name; not copied, and never changed by anybody."""
        return sorted(self._all(collection).items())

    def names(self, collection: str) -> Sequence[str]:
        """The full names of a collection's resources, the oldest first."""
        return tuple(self._all(collection))

    def _all(self, collection: str) -> Mapping[str, Message]:
        """The resources of a collection by name, not copied."""
        return self._collections.get(collection, {})

    async def wait_changed(self, since: int, seconds: float | None = None) -> int:
        """Wait until `version` differs from `since`; returns the version. Raises TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds):
            while self.version == since:
                await self._changed.wait()
        return self.version

    async def wait_until(self, holds: Callable[[], bool], seconds: float | None = None) -> bool:
        """Wait until `holds()` is true, looked at after every change; False if `seconds` passed before."""
        try:
            async with asyncio.timeout(seconds):
                while not holds():
                    await self._changed.wait()
        except TimeoutError:
            return holds()
        return True

    def _touch(self) -> None:
        self.version = next(self._versions)
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def is_child(name: str, parent: str) -> bool:
    """Whether `name` is `parent`/COLLECTION/ID; a `-` in `parent` stands for any one segment."""
    parts, wanted = name.split("/"), parent.split("/")
    if len(parts) != len(wanted) + 2:
        return False
    return all(want in ("-", part) for part, want in zip(parts, wanted, strict=False))
