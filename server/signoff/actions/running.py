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
from signoff.model.text import Text, text
from signoff.systems.google.deployed import Deployed, Execution
from signoff.systems.google.edit import short
from signoff.views.words import moment

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
    planned = await asyncio.gather(*(_item(site, workload_of(site, name)) for name in names))
    resumes = goes_on_with(dead, site, wanted)
    lines = goes_on(resumes) if resumes else []
    for item, beside in planned:
        lines += lines_of(item, workload_of(site, item.workload), site.subject.target)
        lines += [*on_its_way(site, item), *(beside if resumes is None else ())]
    items = tuple(item for item, _ in planned)
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


async def _item(site: Site, workload: Workload) -> tuple[Run, Sequence[Text]]:
    """With a line for each execution that runs on the same image already: this one would work beside it."""
    resources = await resources_of(site, workload)
    stale: list[str] = []
    beside: list[Text] = []
    for resource in resources:
        for one in await _running(site, resource):
            if one.image != resource.image:
                stale.append(one.name)
                continue
            says = "  on its way: {} runs with that image since {}, and goes on beside this one"
            beside.append(text(says, short(one.name), moment(one.created)))
    return Run(workload.name, workload.kind, resources, tuple(map(before_of, resources)), tuple(stale)), beside


async def stale_of(site: Site, resource: Deployed, image: str | None) -> list[str]:
    """Executions (full names) that run now, on another image than `image`; None: on whatever image."""
    return [one.name for one in await _running(site, resource) if one.image != image]


async def _running(site: Site, resource: Deployed) -> Sequence[Execution]:
    answer = await site.writers.jobs.executions(resource.resource)
    if isinstance(answer, Unknown):
        raise Unread(f"executions of {short(resource.resource)} can not be listed", answer)
    return sorted((one for one in answer.value if not one.completed), key=lambda one: one.name)
