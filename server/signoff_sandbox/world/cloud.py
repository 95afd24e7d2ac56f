"""Everything that belongs to one running sandbox."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from google.protobuf.timestamp_pb2 import Timestamp

from signoff_sandbox.runtime.pace import Pace
from signoff_sandbox.settings import Settings
from signoff_sandbox.world.faults import Faults
from signoff_sandbox.world.logbook import Logbook
from signoff_sandbox.world.machine import Machine
from signoff_sandbox.world.policies import Policies
from signoff_sandbox.world.store import Store

if TYPE_CHECKING:
    from signoff_sandbox.world.scheduler_keeper import Keeper


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Cloud:
    """One embedded cloud. `clock` answers aware datetimes; `calls` counts requests per method since the start."""

    settings: Settings
    clock: Callable[[], datetime] = utc_now
    pace: Pace = field(default_factory=Pace)
    store: Store = field(default_factory=Store)
    logbook: Logbook = field(default_factory=Logbook)
    faults: Faults = field(init=False)
    denied_permissions: set[str] = field(default_factory=set)
    git_remotes: dict[str, str] = field(default_factory=dict)  # world/git_remotes.py
    unreachable_locations: set[str] = field(default_factory=set)
    calls: Counter[str] = field(default_factory=Counter)
    load_balancer_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    machine: Machine = field(init=False)
    last_operations: dict[str, str] = field(default_factory=dict)  # resource -> operation, by full names
    operation_tasks: dict[str, asyncio.Task[Any]] = field(default_factory=dict)
    unfinished: set[str] = field(default_factory=set)  # work of the sandbox before this one, not taken up yet
    noted: Callable[[], None] = lambda: None  # called when something beside store and logbook has changed
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.machine = Machine(self.settings, self.pace)
        self.faults = Faults(self.settings.seed, self.clock)
        self.faults.noted = lambda: self.noted()
        right = self.clock
        self.clock = lambda: right() + self.faults.skew()
        self.store.clock = lambda: self.clock()

    @property
    def iam_policies(self) -> Policies:
        return Policies(self.store)

    @cached_property
    def keeper(self) -> Keeper:
        """Cloud Scheduler's clock."""
        from signoff_sandbox.world.scheduler_keeper import Keeper  # which needs a cloud itself

        return Keeper(self)

    def work(self) -> set[str]:
        """Full names of the operations and executions that are being carried out."""
        return {*self.operation_tasks, *self.machine.executions, *self.unfinished}

    def now(self) -> Timestamp:
        """The time as a protobuf timestamp."""
        stamp = Timestamp()
        stamp.FromDatetime(self.clock())
        return stamp

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` beside the requests; it is cancelled when the sandbox closes."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """Cancel everything that `spawn` started, wait for it, and end every process."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.machine.close()


#: The contract of every method: a request of its raw protobuf class in, its response out, or ApiError raised.
Handler = Callable[[Cloud, Any], Awaitable[Any]]
