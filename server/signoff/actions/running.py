"""Plan the run of a job: on which image it runs, and which older executions are in its way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from signoff.actions.earlier import died, goes_on_with
from signoff.actions.on_its_way import on_its_way
from signoff.actions.plan import Plan, Request, Run, before_of, make_plan
from signoff.actions.plan_error import PlanError, Unread
from signoff.actions.refusal import Refused
from signoff.actions.resources import resources_of, workload_of
from signoff.actions.shown import goes_on, lines_of
from signoff.actions.site import Site
from signoff.model.facts import Unknown
from signoff.model.judgement import Link, Status
from signoff.model.report import Report
from signoff.model.subject import Workload, WorkloadName
from signoff.systems.google.deployed import Deployed
from signoff.systems.google.edit import short

BEFORE = (Link.BUILT, Link.RELEASED)
"""A run of an old template proves nothing, so what is wrong there comes first."""


async def plan_run(site: Site, request: Request, *, held: bool = False) -> Plan:
    """The plan of running jobs; none named: what this session touched, is released, and has not run since.

    Raises Refused where a template is not the one that is wanted, and PlanError for what is no job.
    """
    report = await site.prove(request.workloads, (*BEFORE, Link.SERVING))
    names = request.workloads or _waiting(report)
    for name in names:
        workload = workload_of(site, name)
        if workload.kind != "job":
            raise PlanError(f"{name} is a {workload.kind}, which is not run", fix="name a job")
    _released(report, names)
    wanted = replace(request, workloads=tuple(names))
    dead = died(site, request.target, names, held=held)
    items = tuple(await asyncio.gather(*(_item(site, workload_of(site, name)) for name in names)))
    resumes = goes_on_with(dead, site, wanted)
    lines = goes_on(resumes) if resumes else []
    for item in items:
        lines += lines_of(item, workload_of(site, item.workload), site.subject.target)
        lines += on_its_way(site, item)
    return make_plan(wanted, site.subject.commit, items, tuple(lines), resumes.began.operation if resumes else None)


def _waiting(report: Report) -> tuple[WorkloadName, ...]:
    found = tuple(
        workload.name
        for workload in report.workloads
        if workload.touched and workload.kind == "job" and workload.links[Link.SERVING].waits_on == "runs"
    )
    if not found:
        fix = "name a job to run it all the same"
        raise Refused("nothing to run: no job of this session waits for a run", report, fix=fix, nothing_to_do=True)
    return found


def _released(report: Report, names: Sequence[WorkloadName]) -> None:
    for workload in report.workloads:
        bad = [link for link in BEFORE if link in workload.links and workload.links[link].status is Status.FAIL]
        if workload.name in names and bad:
            what = f"{workload.name} is not run: {' and '.join(bad)} failed, so it would run the old code"
            raise Refused(what, report, fix=f"signoff deploy {workload.name}")


async def _item(site: Site, workload: Workload) -> Run:
    resources = await resources_of(site, workload)
    stale = [name for resource in resources for name in await stale_of(site, resource, resource.image)]
    return Run(workload.name, workload.kind, resources, tuple(map(before_of, resources)), tuple(stale))


async def stale_of(site: Site, resource: Deployed, image: str | None) -> list[str]:
    """Executions (full names) that run now, on another image than `image`; None: on whatever image."""
    answer = await site.writers.jobs.executions(resource.resource)
    if isinstance(answer, Unknown):
        raise Unread(f"executions of {short(resource.resource)} can not be listed", answer)
    return sorted(e.name for e in answer.value if not e.completed and e.image != image)
