"""Carry a plan out: build, update by digest, wait, move traffic, and let the chain say whether it is deployed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from signoff.actions.approval import Approval
from signoff.actions.deploy_steps import steps_of
from signoff.actions.plan import Item, Plan, PlanError, Request
from signoff.actions.planning import DEPLOYED, plan_deploy
from signoff.actions.site import Site
from signoff.actions.steps import Made, Step, StepFailed, StepReport
from signoff.check import Progress
from signoff.ledger.events import PlanApproved, StepTaken
from signoff.model.judgement import Status
from signoff.model.report import Report
from signoff.model.subject import WorkloadName
from signoff.model.text import Text, text
from signoff.views.words import sentence

Outcome = Literal["deployed", "waiting", "unproven", "failed", "void"]
"""`deployed`: the chain proves it. `waiting`: all but the next run of a job, which proves the rest. `unproven`: every
step went well, and the chain does not prove it."""


@dataclass(frozen=True, slots=True)
class DeployResult:
    """`plan`: what was carried out; for `void` the plan as it would be now. `report`: the walk afterwards."""

    outcome: Outcome
    says: Text
    plan: Plan
    steps: tuple[StepReport, ...] = ()
    report: Report | None = None


async def carry_out(site: Site, plan_id: str, request: Request, approval: Approval, progress: Progress) -> DeployResult:
    """Carry out what was approved, if the world is still the one that the plan was made from.

    Raises PlanError when the approval is for another plan. Cancelling stops at a safe point: a write under way is
    finished, a build that was started is cancelled, and the ledger says what was done.
    """
    if approval.plan != plan_id:
        raise PlanError(f"the yes was given to {approval.plan}, not to {plan_id}", fix="ask for approval of this plan")
    plan = await plan_deploy(site, request)
    if plan.id != plan_id:
        return DeployResult("void", text("the target or the commit changed after {} was made", plan_id), plan)
    site.ledger.append(PlanApproved(site.now(), plan.id, approval.way, approval.by))
    steps = await _Operation(site, plan, progress).run()
    names = [item.workload for item in plan.items]
    report = await site.prove(names, None)
    outcome, says = _outcome(steps, report, names)
    return DeployResult(outcome, says, plan, tuple(steps), report)


class _Operation:
    """One run of one plan's steps."""

    def __init__(self, site: Site, plan: Plan, progress: Progress) -> None:
        self.site = site
        self.plan = plan
        self.progress = progress
        self.reports: list[StepReport] = []
        self._steps = {item.workload: steps_of(site, item) for item in plan.items}
        self._total = sum(map(len, self._steps.values()))

    async def run(self) -> list[StepReport]:
        """Workload after workload, in the order of `after`; what depends on a failed one is not started."""
        failed: set[WorkloadName] = set()
        for item in self._in_order():
            workload = next(w for w in self.site.subject.workloads if w.name == item.workload)
            cause = next((name for name in workload.after if name in failed), None)
            if cause is not None:
                self._not_started(self._steps[item.workload], text("{} failed before it", cause))
                failed.add(item.workload)
            elif not await self._workload(self._steps[item.workload]):
                failed.add(item.workload)
        return self.reports

    def _in_order(self) -> Sequence[Item]:
        from graphlib import TopologicalSorter

        items = {item.workload: item for item in self.plan.items}
        after = {workload.name: workload.after for workload in self.site.subject.workloads}
        order = TopologicalSorter({name: [n for n in after[name] if n in items] for name in items}).static_order()
        return [items[name] for name in order]

    async def _workload(self, steps: Sequence[Step]) -> bool:
        made = Made()
        for number, step in enumerate(steps):
            self._record(step, "began")
            try:
                made = await step.act(self.site.writers, made, self._told(step))
            except StepFailed as failure:
                self._record(step, "failed", failure.says)
                self.reports.append(StepReport(step.name, step.workload, "failed", failure.says))
                self._not_started(steps[number + 1 :], text("{} failed", step.name))
                return False
            except asyncio.CancelledError:
                self._record(step, "failed", text("stopped: it was cancelled while it ran"))
                raise
            says = _done(step, made)
            self._record(step, "done", says)
            self.reports.append(StepReport(step.name, step.workload, "done", says))
            self._told(step)(0, None, "done")
        return True

    def _told(self, step: Step) -> Progress:
        def tell(done: int, total: int | None, message: str) -> None:
            del done, total
            self.progress(len(self.reports), self._total, f"{step.workload}: {step.name} {message}")

        return tell

    def _not_started(self, steps: Sequence[Step], why: Text) -> None:
        self.reports += [StepReport(step.name, step.workload, "not started", why) for step in steps]

    def _record(self, step: Step, outcome: Literal["began", "done", "failed"], says: Text | None = None) -> None:
        said = sentence(says) if says else ""
        target = self.plan.request.target
        self.site.ledger.append(
            StepTaken(self.site.now(), self.plan.id, target, step.workload, step.name, outcome, said)
        )


def _done(step: Step, made: Made) -> Text:
    if step.name == "build":
        return text("build {} made {}", made.build or "", made.image or "")
    revisions = ", ".join(revision for _, revision in made.revisions if revision)
    return text("{}", revisions or made.image or "")


def _outcome(steps: Sequence[StepReport], report: Report, names: Sequence[WorkloadName]) -> tuple[Outcome, Text]:
    """Only the chain calls it deployed; a job's `serving` waits for its next run, which a deploy does not start."""
    bad = next((step for step in steps if step.status == "failed"), None)
    if bad is not None:
        return "failed", text("{} of {} failed: {}", bad.name, bad.workload, bad.says)
    links = {w.name: w.links for w in report.workloads}
    to_run: list[WorkloadName] = []
    for name in names:
        for link in DEPLOYED:
            judged = links.get(name, {}).get(link)
            if judged is not None and judged.waits_on == "runs":
                to_run.append(name)
            elif judged is None or judged.status not in {Status.PASS, Status.SKIPPED}:
                status = judged.status.value if judged else "not judged"
                return "unproven", text("every step was done, but {} of {} is {}", link.value, name, status)
    if to_run:
        return "waiting", text("every step was done; the next run of {} has to use it", ", ".join(to_run))
    return "deployed", text("{}: built, released and serving, proven on a fresh look", ", ".join(names))
