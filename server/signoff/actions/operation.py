"""Carry a plan's steps out: workloads side by side in the order of `after`, each step recorded, failures undone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Literal

from signoff.actions.claim import Claims
from signoff.actions.plan import Deploy, Item
from signoff.actions.site import Site
from signoff.actions.steps import Made, Occupied, Outdated, Step, StepFailed, StepReport, StepStatus
from signoff.check import Progress
from signoff.ledger.events import StepTaken
from signoff.model.errors import SignoffError
from signoff.model.subject import WorkloadName
from signoff.model.text import Text, text
from signoff.systems.google.waiting import unbroken
from signoff.views.words import sentence

Steps = Mapping[WorkloadName, Sequence[Step]]


class Operation:
    """One run of the steps of one plan. `reports` grow while it runs, also when it is cancelled."""

    def __init__(self, site: Site, operation_id: str, target: str, claims: Claims, progress: Progress) -> None:
        self.site = site
        self.id = operation_id
        self.reports: list[StepReport] = []
        self._target = target
        self._claims = claims
        self._progress = progress
        self._total = 0

    async def run(self, items: Sequence[Item], steps: Steps) -> None:
        """What depends on a failed workload is not started; what is independent of it goes on."""
        self._total = sum(map(len, steps.values()))
        ends: dict[WorkloadName, asyncio.Task[bool]] = {}
        async with self._claims.kept(self.site.writers, items), asyncio.TaskGroup() as group:
            for item in self._in_order(items):
                before = {name: ends[name] for name in self._after(item) if name in ends}
                ends[item.workload] = group.create_task(self._workload(item, steps[item.workload], before))

    def _after(self, item: Item) -> Sequence[WorkloadName]:
        return next(w.after for w in self.site.subject.workloads if w.name == item.workload)

    def _in_order(self, items: Sequence[Item]) -> Sequence[Item]:
        from graphlib import TopologicalSorter

        named = {item.workload: item for item in items}
        after = {name: [other for other in self._after(item) if other in named] for name, item in named.items()}
        return [named[name] for name in TopologicalSorter(after).static_order()]

    async def _workload(
        self, item: Item, steps: Sequence[Step], before: Mapping[WorkloadName, asyncio.Task[bool]]
    ) -> bool:
        started = False
        try:
            for name, end in before.items():
                if not await end:
                    self._not_started(steps, text("{} failed before it", name))
                    return False
            started = True
            return await self._steps(steps)
        finally:
            if started or await unbroken(self._changed_all_the_same(item, steps)):
                trouble = await unbroken(self._claims.give_back(self.site.writers, item))
                if trouble is not None:
                    self._progress(len(self.reports), self._total, sentence(trouble))

    async def _changed_all_the_same(self, item: Item, steps: Sequence[Step]) -> bool:
        """Whether a command of another workload, which deploys this one too, was let at it; what it did is undone."""
        if not isinstance(item, Deploy) or item.build is None:
            return False
        shared = self.site.building[item.build]
        if shared.begun:
            await self._undo(steps)
        return item.workload in shared.claimed

    async def _steps(self, steps: Sequence[Step]) -> bool:
        made = Made()
        for number, step in enumerate(steps):
            begun, left = steps[: number + 1], steps[number + 1 :]
            try:
                self._record(step, "began")
                made = await step.act(self.site.writers, made, self._told(step))
                self._report(step, "done", made.says or text(""))
                self._told(step)(0, None, "done")
            except StepFailed as failure:
                end = StepReport(step.name, step.workload, _status(failure), failure.says)
                await unbroken(self._end(end, begun, left))
                return False
            except BaseException as stop:  # cancelled, or a bug of ours: either way users get what they had before
                why = "it was cancelled" if isinstance(stop, asyncio.CancelledError) else f"it broke with {stop!r}"
                if isinstance(stop, SignoffError):
                    why = f"it broke ({stop.what})"
                goes_on = step.leaves()
                says = text("{} while it ran{}", why, f"; {goes_on}" if goes_on else "")
                end = StepReport(step.name, step.workload, "stopped", says)
                await unbroken(self._end(end, begun, left))
                raise
        return True

    async def _end(self, end: StepReport, begun: Sequence[Step], left: Sequence[Step]) -> None:
        """Say how the step ended, and undo: also where the ledger can not be written."""
        try:
            self._report(begun[-1], end.status, end.says)
        finally:
            how = "was stopped" if end.status == "stopped" else "failed"
            self._not_started(left, text("{} {}", end.name, how))
            await self._undo(begun)

    async def _undo(self, begun: Sequence[Step]) -> None:
        """From the last to the first; what can not be undone is said, and the rest is undone all the same."""
        for step in reversed(begun):
            if step.undo is None:
                continue
            try:
                says = await step.undo(self.site.writers)
            except StepFailed as failure:
                self._report(step, "failed", text("going back from it: {}", failure.says))
            else:
                self._report(step, "undone", says)

    def _told(self, step: Step) -> Progress:
        def tell(done: int, total: int | None, message: str) -> None:
            del done, total
            ended = sum(report.status == "done" for report in self.reports)
            self._progress(ended, self._total, f"{step.workload}: {step.name} {message}")

        return tell

    def _not_started(self, steps: Sequence[Step], why: Text) -> None:
        self.reports += [StepReport(step.name, step.workload, "not started", why) for step in steps]

    def _report(self, step: Step, outcome: StepStatus, says: Text) -> None:
        self.reports.append(StepReport(step.name, step.workload, outcome, says))
        self._record(step, outcome, says)

    def _record(self, step: Step, outcome: StepStatus | Literal["began"], says: Text | None = None) -> None:
        said = sentence(says) if says else ""
        self.site.ledger.append(
            StepTaken(self.site.now(), self.id, self._target, step.workload, step.name, outcome, said)
        )


def _status(failure: StepFailed) -> StepStatus:
    if isinstance(failure, Occupied):
        return "busy"
    return "void" if isinstance(failure, Outdated) else "failed"
