"""Operations that end at an exact point: their process is killed there (SIGKILL), they are cancelled, a call fails.

A point is a moment of a step: when its beginning was recorded, when its n-th write was taken and its answer is there,
when its act was done and nothing says so yet.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from signoff.actions.approval import answered
from signoff.actions.deploy import DeployResult, carry_out
from signoff.actions.plan import Plan, Request
from signoff.actions.planning import make
from signoff.actions.refusal import Busy
from signoff.actions.site import Site
from signoff.commands.context import Context
from signoff.commands.deploy import _site
from signoff.ledger.events import Event, StepTaken
from signoff.ledger.store import E
from signoff.systems.google.writer import Writers
from signoff.views.words import sentence
from support.samples import NOW

SECONDS = 60


@dataclass(frozen=True)
class Point:
    """`moment`: `before` the act, after its `write` (the first of the step), `after` the act."""

    step: str
    moment: str
    workload: str = "web"


class Watched:
    """A ledger and writers that call `there` when the operation comes to a point; each point once."""

    def __init__(self, site: Site, there: Callable[[Point], None]) -> None:
        self._ledger, self._there = site.ledger, there
        self._step: dict[str, str] = {}
        self.site = replace(site, ledger=self, writers=_Writers(site.writers, self.written))

    def append(self, *events: Event) -> None:
        for event in events:
            if isinstance(event, StepTaken) and event.outcome == "done":
                self._there(Point(event.step, "after", event.workload))
        self._ledger.append(*events)
        for event in events:
            if isinstance(event, StepTaken) and event.outcome == "began":
                self._step[event.workload] = event.step
                self._there(Point(event.step, "before", event.workload))

    def written(self) -> None:
        """A write was taken; with one workload it is clear in which step."""
        for workload, step in self._step.items():
            self._there(Point(step, "write", workload))

    def read(self, kind: type[E]) -> Iterator[E]:
        return self._ledger.read(kind)

    def all(self, since: Any = None) -> Any:
        return self._ledger.all(since)


class _Writers(Writers):
    """The product's own, which say when a write was taken."""

    def __init__(self, writers: Writers, written: Callable[[], None]) -> None:
        super().__init__(writers.reading, writers.google)
        self._written = written

    async def _merged(self, *arguments: Any) -> Any:
        answer = await super()._merged(*arguments)
        self._written()
        return answer


async def carried_out(site: Site, plan: Plan, told: Callable[[str], object] = lambda _: None) -> DeployResult:
    """With a yes; `told` takes its progress."""
    return await carry_out(
        site, plan.id, plan.request, answered(plan, "test", NOW), lambda done, total, message: told(message) and None
    )


def forked() -> multiprocessing.context.ForkServerContext:
    """Makes processes quickly: what they import is imported once, in a process that has no threads."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["support.dying", "signoff.chain", "google.cloud.run_v2", "signoff.systems.google"])
    return context


def killed(tree: Path, environment: Mapping[str, str], request: Request, plan_id: str, point: Point) -> int:
    """Carry the plan out in a process of its own that is killed at the point; its exit code (-9 where it was)."""
    process = forked().Process(target=_die, args=(tree, dict(environment), request, plan_id, point))
    process.start()
    process.join(SECONDS)
    if process.is_alive():
        process.kill()
        process.join()
        raise AssertionError("it did not end")
    assert process.exitcode is not None
    return process.exitcode


def _die(tree: Path, environment: Mapping[str, str], request: Request, plan_id: str, point: Point) -> None:
    os.environ.update(environment)

    def there(reached: Point) -> None:
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    async def work(_context: Context, site: Site) -> None:
        plan = await make(site, request)
        assert plan.id == plan_id
        await carried_out(Watched(site, there).site, plan)

    asyncio.run(with_site(tree, work))


def one_of_many(tree: Path, environment: Mapping[str, str], request: Request, together: Any, answers: Any) -> None:
    """Plan, wait for the others, carry out; puts the outcome and what it says into `answers`."""
    os.environ.update(environment)

    async def work(_context: Context, site: Site) -> tuple[str, str]:
        plan = await make(site, request)
        together.wait(SECONDS)
        try:
            done = await carried_out(site, plan)
        except Busy as busy:
            return "busy", busy.what
        return done.outcome, sentence(done.says)

    answers.put(asyncio.run(with_site(tree, work)))


async def with_site(tree: Path, work: Callable[[Context, Site], Awaitable[Any]]) -> Any:
    """Do something with the product's own context and site of a repository: its chain, its ledger, its writers."""
    context = Context.open(tree)
    try:
        return await work(context, await _site(context))
    finally:
        await context.close()
