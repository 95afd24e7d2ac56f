"""Carry out what a person said yes to, as one operation, and let the chain say what came of it."""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

from signoff.actions.approval import Approval
from signoff.actions.broke import Broke, expected_in
from signoff.actions.claim import Claim, Claims, lock_of, whoever_runs_this
from signoff.actions.deploy_steps import steps_of
from signoff.actions.deploying import DEPLOYED
from signoff.actions.operation import Operation
from signoff.actions.plan import Plan, Request, Theirs, before_as_data, request_as_data
from signoff.actions.plan_error import PlanError
from signoff.actions.planning import make
from signoff.actions.refusal import Busy, whoever
from signoff.actions.resources import workload_of
from signoff.actions.site import SharedBuild, Site
from signoff.actions.steps import StepReport
from signoff.actions.theirs import theirs_of
from signoff.check import Progress
from signoff.ledger import folds
from signoff.ledger.events import OperationBegan, OperationEnded, PlanApproved
from signoff.ledger.hold import Held, hold
from signoff.ledger.store import LedgerError
from signoff.model.judgement import Link, Status
from signoff.model.report import Report
from signoff.model.subject import WorkloadName
from signoff.model.text import Text, listed, text
from signoff.views.words import sentence

BEFORE_A_WRITE = frozenset({"preflight", "build"})
"""Steps before anything that users get is written; what a command may have written is undone, and that is said."""

Outcome = Literal["deployed", "rolled-back", "ran", "waiting", "unproven", "failed", "void", "busy"]
"""`deployed`: the chain proves it. `waiting`: all but the next run of a job, or the last entries of a run's log,
which prove the rest. `unproven`: every step went well, and the chain does not prove it. `void`, `busy`: nothing was
done, since the world is another than the plan's, or since another operation is at it."""


@dataclass(frozen=True, slots=True)
class DeployResult:
    """`plan`: what was carried out; for `void` the plan as it would be now. `report`: the walk afterwards."""

    outcome: Outcome
    says: Text
    plan: Plan
    steps: tuple[StepReport, ...] = ()
    report: Report | None = None
    operation: str | None = None


async def carry_out(site: Site, plan_id: str, request: Request, approval: Approval, progress: Progress) -> DeployResult:
    """Carry out what was approved, if the world is still the one that the plan was made from.

    `request` names its workloads, as a plan's does. Raises PlanError when the approval is for another plan, and Busy
    when another process of this machine deploys one of the workloads. Cancelling stops at a safe point: a write under
    way is finished, traffic goes back to what served before, and the ledger says what was done.
    """
    if approval.plan != plan_id:
        raise PlanError(f"the yes was given to {approval.plan}, not to {plan_id}", fix="ask for approval of this plan")
    locks = {lock_of(request.target, name): name for name in request.workloads}
    try:
        with hold(site.holds, locks, whoever(whoever_runs_this(), site.now())) as files:
            # Compared while nobody else of this machine deploys: else who was slow would do it a second time.
            plan = await make(site, request, held=True)
            if plan.id != plan_id:
                return DeployResult("void", text("the target or the commit changed after {} was made", plan_id), plan)
            own = replace(site, locks=files, building=defaultdict(SharedBuild))
            return await _operation(own, plan, approval, progress)
    except Held as held:
        raise Busy(locks[held.name], held.who) from held


async def _operation(site: Site, plan: Plan, approval: Approval, progress: Progress) -> DeployResult:
    """With the locks held: whatever the ledger knows of an operation on these workloads has ended or died."""
    operation_id = plan.resumes or f"op-{uuid.uuid4().hex[:12]}"
    began = site.now()
    by = whoever_runs_this()
    site.ledger.append(
        PlanApproved(began, plan.id, approval.way, approval.by),
        *(_superseded(site, plan) if plan.resumes is None else ()),
        OperationBegan(
            at=began,
            operation=operation_id,
            plan=plan.id,
            target=plan.request.target,
            commit=plan.commit,
            by=by,
            before={item.workload: before_as_data(item) for item in plan.items},
            asked=request_as_data(plan.request),
            worktree=str(site.subject.tree.resolve()) if site.subject.tree else "",
        ),
    )
    claims = Claims(
        Claim(operation_id, by, began, began),
        site.now,
        lambda other: folds.operation(site.ledger, other) is not None,
    )
    running = Operation(site, operation_id, plan.request.target, claims, progress)
    proofs: dict[WorkloadName, Report] = {}
    steps = {item.workload: steps_of(site, plan.items, item, operation_id, claims, proofs) for item in plan.items}
    names = [item.workload for item in plan.items]
    try:
        await running.run(plan.items, steps)
        others = [workload_of(site, one.workload) for one in plan.theirs]
        asked = [*names, *(other.name for other in others)]
        # The walk that ended the one workload's steps is the last word already.
        report = proofs[asked[0]] if asked == list(proofs)[:1] else await site.prove(asked, None)
        theirs = await theirs_of(site, report, others)
    except BaseException as stop:
        how, where = "stopped" if isinstance(stop, asyncio.CancelledError) else "broke", _where(running.reports)
        with suppress(LedgerError):  # it may be the ledger that broke: what became of the traffic is said all the same
            site.ledger.append(OperationEnded(site.now(), operation_id, how, sentence(where)))
        expected = expected_in(stop)
        if expected is None:
            raise
        raise Broke(expected, where) from stop
    outcome, says = _outcome(plan, running.reports, report, theirs)
    try:
        site.ledger.append(OperationEnded(site.now(), operation_id, outcome, sentence(says)))
    except LedgerError as error:
        raise Broke(error, says) from error
    return DeployResult(outcome, says, plan, tuple(running.reports), report, operation_id)


def _superseded(site: Site, plan: Plan) -> Collection[OperationEnded]:
    """Operations on these workloads whose process died, and that this one does not go on with."""
    found = {}
    for item in plan.items:
        last = folds.last_operation(site.ledger, plan.request.target, item.workload)
        if last is not None and last.ended is None:
            found[last.began.operation] = OperationEnded(
                site.now(), last.began.operation, "died", f"superseded by {plan.id}"
            )
    return found.values()


def _where(steps: Sequence[StepReport]) -> Text:
    """At which step of which workload it stopped, and what became of the traffic."""
    stopped = [step for step in steps if step.status in {"stopped", "failed"}]
    if stopped:
        return listed([_failure(step, steps) for step in stopped])
    last = next((step for step in reversed(steps) if step.status == "done"), None)
    return text("{} of {}: done {}", last.name, last.workload, last.says) if last else text("at its start")


def _outcome(plan: Plan, steps: Sequence[StepReport], report: Report, theirs: Sequence[Theirs]) -> tuple[Outcome, Text]:
    """Only the chain calls it deployed; a job's `serving` waits for its next run, which a deploy does not start."""
    stopped = [step for step in steps if step.status in {"failed", "busy", "void"}]
    if stopped and not any(step.status == "done" for step in steps):
        first = stopped[0]
        if first.status in {"busy", "void"}:
            return "busy" if first.status == "busy" else "void", first.says
    if stopped:
        return "failed", listed([*(_failure(step, steps) for step in stopped), *_came_out_well(plan, steps, report)])
    if plan.request.action == "roll-back":
        return "rolled-back", listed(_last_traffic(steps))
    links = {w.name: w.links for w in report.workloads}
    names = [item.workload for item in plan.items]
    to_run: list[WorkloadName] = []
    for name in names:
        for link in DEPLOYED:
            judged = links.get(name, {}).get(link)
            if judged is not None and judged.waits_on == "runs":
                to_run.append(name)
            elif judged is None or judged.status not in {Status.PASS, Status.SKIPPED}:
                status = judged.status.value if judged else "not judged"
                return "unproven", text("every step was done, but {} of {} is {}", link.value, name, status)
    left = [text("; {}", one.says) for one in theirs if not one.proven]
    if to_run:
        says = text("every step was done; the next run of {} has to use it", ", ".join(to_run))
        return "waiting", text("{}" * (1 + len(left)), says, *left)
    if plan.request.action == "run":
        for name in names:
            log = links.get(name, {}).get(Link.HEALTHY)
            if log is None or log.status not in {Status.PASS, Status.SKIPPED}:
                why = log.reason if log is not None and log.reason is not None else text("its log was not judged")
                says = text("{} ran and ended well, but its log is not proven to be without errors: {}", name, why)
                return ("waiting" if log is not None and log.status is Status.WAITING else "unproven"), says
        return "ran", text("{}: it ran with what was released, proven on a fresh look", ", ".join(names))
    says = text("{}: built, released and serving, proven on a fresh look", ", ".join(names))
    return ("waiting" if left else "deployed"), text("{}" * (1 + len(left)), says, *left)


def _came_out_well(plan: Plan, steps: Sequence[StepReport], report: Report) -> list[Text]:
    """Those of a deploy that did not fail, and that the chain proves."""
    done = {step.workload for step in steps if step.name == "prove" and step.status == "done"}
    good = {Status.PASS, Status.SKIPPED}
    proven = [
        one.name
        for one in report.workloads
        if one.name in done and all(link in one.links and one.links[link].status in good for link in DEPLOYED)
    ]
    return [text("{}: deployed and proven", name) for name in proven if plan.request.action == "deploy"]


def _failure(bad: StepReport, steps: Sequence[StepReport]) -> Text:
    """What failed, and what became of the traffic."""
    undone = next((step for step in steps if step.status == "undone" and step.workload == bad.workload), None)
    after = text("; {}", undone.says) if undone else text("")
    if bad.status == "stopped" and bad.name in BEFORE_A_WRITE and not _went_back(bad.workload, steps):
        after = text("; the target runs what it ran")
    how = "stopped" if bad.status == "stopped" else "failed"
    return text("{} of {} {}: {}{}", bad.name, bad.workload, how, bad.says, after)


def _went_back(name: WorkloadName, steps: Sequence[StepReport]) -> bool:
    """Whether something of it was undone, or could not be."""
    return any(step.workload == name and step.status in {"undone", "failed"} for step in steps)


def _last_traffic(steps: Sequence[StepReport]) -> list[Text]:
    return [text("{}: {}", step.workload, step.says) for step in steps if step.name == "traffic"]
