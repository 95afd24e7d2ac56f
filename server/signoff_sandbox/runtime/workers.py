"""Instances that nobody sends requests to: as many of each revision as are wanted, started again when they end."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from signoff_sandbox.runtime.containers import NoCommand, program, unpack_image
from signoff_sandbox.runtime.instances import ContainerPlan, StartFailed
from signoff_sandbox.runtime.pace import Pace
from signoff_sandbox.runtime.process import Child, Processes

log = logging.getLogger(__name__)
#: Seconds before an instance that ended is started again: doubled each time, until it has run for a while.
FIRST_PAUSE, LONGEST_PAUSE, A_WHILE = 0.5, 30.0, 10.0

#: What an instance consists of, asked for at each start. Raises StartFailed.
Plan = Callable[[], Awaitable[Sequence[ContainerPlan]]]
#: Told how a container ended: its exit code, minus the number of the signal that ended it.
OnExit = Callable[[int], None]


class Worker:
    """One instance that is kept running; `steady` is done when its first start has proved to hold."""

    def __init__(self, plan: Plan, on_exit: OnExit) -> None:
        self.plan = plan
        self.on_exit = on_exit
        self.steady: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.task: asyncio.Task[None] | None = None


class Workers:
    """The instances by the name of their revision. An instance holds when it has run for `steady_seconds`."""

    def __init__(
        self, processes: Processes, folder: Path, pace: Pace, *, steady_seconds: float, grace_seconds: float
    ) -> None:
        self._processes = processes
        self._pace = pace
        self._folder = folder
        self.steady_seconds = steady_seconds
        self._grace_seconds = grace_seconds
        self._workers: dict[str, list[Worker]] = {}

    def names(self) -> list[str]:
        """The revisions that have instances."""
        return sorted(self._workers)

    def count(self, name: str) -> int:
        return len(self._workers.get(name, ()))

    async def scale(self, name: str, count: int, plan: Plan, on_exit: OnExit) -> None:
        """Start or stop instances of a revision until there are `count`; does not wait for those that start."""
        workers = self._workers.setdefault(name, [])
        while len(workers) < count:
            worker = Worker(plan, on_exit)
            worker.task = asyncio.create_task(self._keep(worker))
            workers.append(worker)
        surplus = workers[count:]
        del workers[count:]
        if not workers:
            del self._workers[name]
        for worker in surplus:
            if worker.task is not None:
                worker.task.cancel()
        await asyncio.gather(*(worker.task for worker in surplus if worker.task), return_exceptions=True)

    async def stop(self, name: str) -> None:
        """End all instances of a revision."""
        workers = self._workers.get(name)
        if workers:
            await self.scale(name, 0, workers[0].plan, workers[0].on_exit)

    async def steady(self, name: str) -> None:
        """Wait until every instance of the revision holds. Raises StartFailed if one of them did not."""
        await asyncio.gather(*(asyncio.shield(worker.steady) for worker in self._workers.get(name, ())))

    async def close(self) -> None:
        await asyncio.gather(*(self.stop(name) for name in self.names()))

    async def _keep(self, worker: Worker) -> None:
        """Run the instance again and again, until it is cancelled."""
        pause = FIRST_PAUSE
        try:
            while True:
                began = self._pace.time()
                try:
                    await self._run(worker)
                except (StartFailed, NoCommand) as error:
                    self._note_failure(worker, str(error))
                except Exception as bug:  # whoever waits must learn of it
                    log.exception("an instance of a worker pool")
                    self._note_failure(worker, f"sandbox bug: {type(bug).__name__}: {bug}")
                if self._pace.time() - began > A_WHILE:
                    pause = FIRST_PAUSE
                await self._pace.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        finally:
            worker.steady.cancel()

    async def _run(self, worker: Worker) -> None:
        """One life of the instance: it ends with the first of its containers."""
        plans = await worker.plan()
        self._folder.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="worker-", dir=self._folder))
        children: list[Child] = []
        try:
            for number, plan in enumerate(plans):
                children.append(await self._start(plan, folder / str(number)))
            await self._watch(worker, children)
        finally:
            await asyncio.shield(self._away(children, folder))

    async def _start(self, plan: ContainerPlan, folder: Path) -> Child:
        root = await asyncio.to_thread(unpack_image, plan.image, folder, plan.mounted)
        what = program(
            plan.image,
            root,
            command=plan.command,
            arguments=plan.arguments,
            workdir=plan.workdir,
            environment=plan.environment,
        )
        return await self._processes.start(
            what.argv, environment=what.environment, folder=what.folder, on_line=plan.on_line
        )

    async def _watch(self, worker: Worker, children: list[Child]) -> None:
        ends = [asyncio.ensure_future(child.wait()) for child in children]
        try:
            done, _ = await asyncio.wait(ends, timeout=self.steady_seconds, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                if not worker.steady.done():
                    worker.steady.set_result(None)
                done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            code = done.pop().result()
            worker.on_exit(code)
            self._note_failure(worker, f"Container called exit({code}).")
        finally:
            for end in ends:
                end.cancel()

    @staticmethod
    def _note_failure(worker: Worker, message: str) -> None:
        """Only the first start counts: what breaks down later is started again."""
        if not worker.steady.done():
            worker.steady.set_exception(StartFailed(message))
            worker.steady.exception()  # whoever scales up need not ask

    async def _away(self, children: list[Child], folder: Path) -> None:
        await asyncio.gather(*(child.stop(self._grace_seconds) for child in children))
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
