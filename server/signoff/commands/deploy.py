"""Plan a deploy, and carry out a plan that a person said yes to."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar

from signoff.check import Progress
from signoff.commands.context import Context
from signoff.commands.run import run, subject_of
from signoff.ledger import folds
from signoff.ledger.events import PlanMade
from signoff.model.errors import SignoffError
from signoff.model.facts import Known, Unknown
from signoff.model.judgement import Link
from signoff.model.report import Report
from signoff.model.subject import Candidate, Commit, Workload, WorkloadName
from signoff.survey import Survey
from signoff.views.words import command
from signoff.walk import Overview

if TYPE_CHECKING:
    from signoff.actions.approval import Approval
    from signoff.actions.deploy import DeployResult
    from signoff.actions.plan import Plan, Request
    from signoff.actions.site import Site
    from signoff.actions.watching import Watched
    from signoff.reading.definitions import Definition

T = TypeVar("T")


async def plan_deploy(context: Context, workloads: Sequence[str], image: str | None = None) -> Plan:
    """The plan, kept in the ledger. No workloads: those that this session touched and the target does not run.

    `image`: instead of building, for one workload, by digest. Changes nothing. Raises Refused (with the report that
    shows why) and PlanError.
    """
    from signoff.actions.plan import Request
    from signoff.actions.plan_error import PlanError

    if image is not None and len(workloads) != 1:
        raise PlanError("an image belongs to one workload", fix="name exactly one workload with the image")
    names = tuple(WorkloadName(name) for name in dict.fromkeys(workloads))
    return await _planned(context, Request(context.target.name, names, image=image))


async def plan_roll_back(context: Context, workloads: Sequence[str], revision: str | None = None) -> Plan:
    """The plan of sending traffic back, kept in the ledger: to `revision`, else to the last one that was proven good.

    Changes nothing. Raises PlanError.
    """
    from signoff.actions.plan import Request

    names = tuple(WorkloadName(name) for name in dict.fromkeys(workloads))
    return await _planned(context, Request(context.target.name, names, action="roll-back", revision=revision))


async def plan_run(context: Context, jobs: Sequence[str]) -> Plan:
    """The plan of running jobs, kept in the ledger; none named: this session's that have not run since their release.

    Changes nothing. Raises Refused (with the report that shows why) and PlanError.
    """
    from signoff.actions.plan import Request

    names = tuple(WorkloadName(name) for name in dict.fromkeys(jobs))
    return await _planned(context, Request(context.target.name, names, action="run"))


async def _planned(context: Context, request: Request) -> Plan:
    from signoff.actions.planning import make

    plan = await make(await _site(context), request)
    made = PlanMade(context.now(), plan.id, plan.request.target, asdict(plan.request))

    def keep() -> None:  # once: a question that is asked and answered makes the same plan twice
        if folds.plan(context.ledger, plan.id) is None:
            context.ledger.append(made)

    await asyncio.to_thread(keep)
    return plan


async def watch(
    context: Context, names: Sequence[WorkloadName], progress: Progress, seconds: float | None = None
) -> Watched:
    """Watch what a pipeline deploys until the chain proves it, it failed, or `seconds` are over. Changes nothing.

    Raises Refused where a pipeline has no commit to deploy yet.
    """
    from signoff.actions.watching import WATCH_SECONDS
    from signoff.actions.watching import watch as watch_it

    return await watch_it(await _site(context), names, progress, WATCH_SECONDS if seconds is None else seconds)


async def known_plan(context: Context, plan_id: str) -> Plan:
    """The plan of that id, made again from the world as it is. Raises PlanError when it is unknown, used or void."""
    from signoff.actions.plan_error import PlanError
    from signoff.actions.planning import make

    request = await _request(context, plan_id)
    plan = await make(await _site(context), request)
    if plan.id != plan_id:
        again = command(_asked(request))
        used = await asyncio.to_thread(folds.operation_of, context.ledger, plan_id)
        if used is not None:
            what = f"{plan_id} was carried out already, as {used}"
            raise PlanError(what, fix=f"signoff deploy --status {used} shows how it stands; {again} makes a new plan")
        what = f"{plan_id} is void: the target or the commit changed after it was made"
        raise PlanError(what, fix=f"{again} shows the plan as it would be now")
    return plan


def _asked(request: Request) -> Sequence[str]:
    """What a person types to ask for the same."""
    match request.action:
        case "roll-back":
            return [
                "signoff",
                "rollback",
                *request.workloads,
                *(["--to", request.revision] if request.revision else []),
            ]
        case "run":
            return ["signoff", "job", "run", *request.workloads]
    return ["signoff", "deploy", *request.workloads, *(["--image", request.image] if request.image else [])]


async def carry_out(context: Context, plan_id: str, approval: Approval, progress: Progress) -> DeployResult:
    """Carry out a plan that was approved; a changed world makes it void, and nothing is done.

    Raises PlanError when it is unknown or not what was approved.
    """
    from signoff.actions.deploy import carry_out as carry_it_out

    request = await _request(context, plan_id)
    return await carry_it_out(await _site(context), plan_id, request, approval, progress)


async def _request(context: Context, plan_id: str) -> Request:
    from signoff.actions.plan import request_from_data
    from signoff.actions.plan_error import PlanError

    kept = await asyncio.to_thread(folds.plan, context.ledger, plan_id)
    if kept is None:
        raise PlanError(f"there is no plan {plan_id}", fix="signoff deploy shows a plan with its id")
    if kept.target != context.target.name:
        raise PlanError(f"{plan_id} is a plan for {kept.target}", fix=f"choose it with --target {kept.target}")
    return request_from_data(kept.content)


async def _site(context: Context) -> Site:
    from signoff.actions.site import Site, writers_of
    from signoff.chain import CHECKS
    from signoff.ledger.place import holds_path
    from signoff.systems.git.remote import absolute

    able = {check.link for check in CHECKS}

    async def prove(
        workloads: Collection[WorkloadName],
        links: Collection[Link] | None,
        candidates: Mapping[WorkloadName, Candidate] = {},
        *,
        overview: bool = True,
    ) -> Report:
        judged = None if links is None else tuple(link for link in Link if link in links and link in able)
        seen = None if overview else _nothing
        return await run(context, judged, list(workloads) or None, candidates=candidates, overviews=seen)

    async def file_at(commit: Commit, path: str) -> bytes | None:
        return _told(await context.systems.git.history().file_at(commit, path), f"{path} at {commit[:12]}")

    async def remote() -> str:
        name = context.config.source.remote
        url = _told(await context.systems.git.url(name), f"the address of {name}")
        if url is None:
            raise SignoffError(f"there is no remote {name!r}", where="source in signoff.toml", fix="git remote add")
        return absolute(url, context.root)

    async def defined_in(workload: Workload) -> Sequence[Definition]:
        from signoff.drafting.whereabouts import defined_in as search

        return await asyncio.to_thread(search, context.root, workload.deploy, workload.kind, workload.resource)

    return Site(
        subject=await subject_of(context),
        systems=context.systems,
        writers=writers_of(context.systems),
        prove=prove,
        ledger=context.ledger,
        file_at=file_at,
        remote=remote,
        defined_in=defined_in,
        now=context.now,
        holds=holds_path(context.root, context.environment),
        warm=context.systems.warm,
    )


async def _nothing(_survey: Survey) -> Mapping[WorkloadName, Overview]:
    return {}


def _told(answer: Known[T] | Unknown, what: str) -> T:
    if isinstance(answer, Unknown):
        raise SignoffError(f"git does not say {what} ({answer.why})", fix="signoff doctor")
    return answer.value
