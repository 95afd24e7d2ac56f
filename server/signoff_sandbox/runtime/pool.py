"""The instances of one revision: as many as requests need, within its limits, and none that nobody needs.

https://cloud.google.com/run/docs/about-instance-autoscaling
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from signoff_sandbox.runtime.instances import Instance, ended, watch_life
from signoff_sandbox.runtime.pace import Pace

SCALING = (
    "AUTOSCALING - Instance started due to configured scaling factors (e.g. CPU utilization, request throughput, etc.) "
    "or no existing capacity for current traffic."
)
ROLLOUT = (
    "DEPLOYMENT_ROLLOUT - Instance started due to traffic shifting between revisions due to deployment, traffic split "
    "adjustment, or deployment health check."
)
WARM = "MIN_INSTANCES - Instance started to keep the configured minimum number of instances."
#: Between two attempts to bring back an instance that the minimum asks for.
RETRY_SECONDS = 10.0
SHORTEST_SECONDS = 0.05


class NoInstance(Exception):
    """All instances are busy, there may be no more, and the request has waited long enough."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`concurrency` requests an instance; at least `minimum` and at most `maximum` instances."""

    concurrency: int = 80
    minimum: int = 0
    maximum: int = 100


class Pool:
    """`launch` starts an instance for a reason, and raises StartFailed. Durations are seconds.

    `pending`: how long a request waits for an instance; `idle`: how long one without requests is kept.
    """

    def __init__(
        self,
        launch: Callable[[str], Awaitable[Instance]],
        pace: Pace,
        *,
        pending: float,
        idle: float,
        grace: float,
    ) -> None:
        self.limits = Limits()
        self._launch = launch
        self._pace = pace
        self._pending, self._idle, self._grace = pending, idle, grace
        self._instances: list[Instance] = []
        self._starting = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ends: set[asyncio.Task[None]] = set()
        self._reaper: asyncio.Task[None] | None = None

    @property
    def running(self) -> int:
        """How many instances live and take requests."""
        return sum(1 for instance in self._instances if instance.takes)

    @property
    def empty(self) -> bool:
        """Whether nothing is left of it: no instance, none on its way, none that goes away, nobody who waits."""
        return not (self._instances or self._starting or self._tasks or self._ends or self._waiting)

    async def take(self) -> Instance:
        """An instance for one request; give it back with `release`. Raises NoInstance, StartFailed."""
        free = self._free()
        if free is None:
            free = await self._wait()
        free.busy += 1
        return free

    def release(self, instance: Instance) -> None:
        """The request is over."""
        instance.busy -= 1
        instance.idle_since = self._pace.time()
        if instance.draining and not instance.busy:
            self._end(instance)
        self._wake()

    async def fill(self, reason: str, least: int = 1) -> None:
        """Start instances until the minimum, or `least`, is there. Raises StartFailed."""
        wanted = max(least, self.limits.minimum) - self.running - self._starting
        if wanted > 0:
            results = await asyncio.gather(*(self._one_more(reason) for _ in range(wanted)), return_exceptions=True)
            for result in results:
                if isinstance(result, BaseException):
                    raise result

    def resize(self, limits: Limits) -> None:
        """Let other limits hold from now on: what is missing starts, what is too much ends once it is idle."""
        self.limits = limits
        if limits.minimum > self.running + self._starting:
            self._spawn(self._refill())

    def drain(self) -> None:
        """End every instance as soon as its last request is over; a new request would start a new one."""
        self.limits = replace(self.limits, minimum=0)
        for instance in list(self._instances):
            instance.draining = True
            if not instance.busy:
                self._end(instance)

    async def discard(self, instance: Instance, seconds: float) -> None:
        """Take out an instance that broke off, if it ends within a moment; else a connection did, not the instance."""
        if instance.main is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(instance.main.wait(), seconds)
        if not instance.alive:
            self._end(instance)

    async def close(self) -> None:
        """End everything at once; whoever waits is refused."""
        self._answer(NoInstance())
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for instance in list(self._instances):
            self._end(instance)
        await asyncio.gather(*self._ends, return_exceptions=True)

    def _free(self) -> Instance | None:
        """The busiest instance that has room, so that the others can become idle."""
        fit = [one for one in self._instances if one.takes and one.busy < self.limits.concurrency]
        return max(fit, key=lambda one: one.busy, default=None)

    async def _wait(self) -> Instance:
        """Wait for room, and start an instance where there may be one more."""
        until = self._pace.time() + self._pending
        while True:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            self._scale_out()
            try:
                await self._before(turn, until)
            except asyncio.CancelledError:
                self._wake()  # the place may have been kept for this one
                raise
            finally:
                self._waiting.remove(turn)
            free = self._free()
            if free is not None:
                return free

    async def _before(self, turn: asyncio.Future[None], until: float) -> None:
        """Wait for the turn. While an instance starts, a request waits however long that takes."""
        while not turn.done():
            left = until - self._pace.time()
            if left <= 0 and not self._starting:
                raise NoInstance
            timer = asyncio.create_task(self._pace.sleep(left)) if left > 0 else None
            try:
                await asyncio.wait([turn, *filter(None, [timer])], return_when=asyncio.FIRST_COMPLETED)
            finally:
                if timer is not None:
                    timer.cancel()
        turn.result()

    def _scale_out(self) -> None:
        """Start as many instances as those who wait need and the limits allow."""
        needed = math.ceil(len(self._waiting) / self.limits.concurrency) - self._starting
        room = self.limits.maximum - self.running - self._starting
        for _ in range(min(needed, room)):
            self._spawn(self._one_more(SCALING, told=True))

    def _one_more(self, reason: str, *, told: bool = False) -> Coroutine[Any, Any, None]:
        """Start an instance. Raises what its start raises, unless whoever waits is `told` and nobody else asks."""
        self._starting += 1  # now: whoever comes before the start has begun must not start another
        return self._grow(reason, told)

    async def _grow(self, reason: str, told: bool) -> None:
        try:
            instance = await self._launch(reason)
        except Exception as error:
            self._starting -= 1
            if not self._starting and not self.running:  # nobody else will come: it is theirs who wait
                self._answer(error)
            self._wake(everybody=not self._starting)
            if not told:
                raise
            return
        except BaseException:
            self._starting -= 1
            raise
        self._starting -= 1
        instance.idle_since = self._pace.time()
        self._instances.append(instance)
        self._spawn(self._watch(instance))
        if self._reaper is None:
            self._reaper = self._spawn(self._reap())
        self._wake(everybody=not self._starting)

    async def _refill(self) -> None:
        """Bring back what the minimum asks for; an instance that cannot start is tried again later."""
        while self.running + self._starting < self.limits.minimum:
            try:
                await self._one_more(WARM)
            except Exception:  # it is in the log of the revision
                await self._pace.sleep(RETRY_SECONDS)

    def _wake(self, *, everybody: bool = False) -> None:
        """Let those who wait look again: one for each place that is free, or everybody."""
        room = sum(self.limits.concurrency - one.busy for one in self._instances if one.takes)
        for turn in [turn for turn in self._waiting if not turn.done()][: None if everybody else room]:
            turn.set_result(None)

    def _answer(self, error: Exception) -> None:
        """Let all who wait fail."""
        for turn in self._waiting:
            if not turn.done():
                turn.set_exception(error)

    async def _watch(self, instance: Instance) -> None:
        """Notice the end of an instance, or bring it about where its liveness probe fails."""
        if instance.main is None:
            return
        ending = asyncio.create_task(instance.main.wait())
        living = asyncio.create_task(watch_life(instance, self._pace))
        try:
            await asyncio.wait([ending, living], return_when=asyncio.FIRST_COMPLETED)
            if instance.draining:
                return
            if ending.done():
                instance.plan.say(ended(ending.result()), "WARNING")
        finally:
            for task in (ending, living):
                task.cancel()
            await asyncio.gather(ending, living, return_exceptions=True)
        self._end(instance)
        await self._refill()

    def _end(self, instance: Instance) -> None:
        instance.draining = True
        if instance not in self._instances:
            return
        self._instances.remove(instance)
        stopping = asyncio.create_task(instance.stop(self._grace))
        self._ends.add(stopping)
        stopping.add_done_callback(self._ends.discard)
        if not self._instances and self._reaper is not None:
            self._reaper.cancel()
            self._reaper = None
        self._wake(everybody=True)  # there may be one more instance now

    async def _reap(self) -> None:
        """End instances that had no request for long, but for the minimum. Lives as long as there are any."""
        while True:
            now = self._pace.time()
            left = {one: self._idle - (now - one.idle_since) for one in self._instances if not one.busy}
            due = [one for one in left if left[one] <= 0]
            for one in due[: max(0, self.running - self.limits.minimum)]:
                self._end(one)
            ahead = [seconds for seconds in left.values() if seconds > 0]
            await self._pace.sleep(max(min(ahead, default=self._idle), SHORTEST_SECONDS))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
