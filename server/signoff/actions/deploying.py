"""Plan a deploy: preflight, then read what stands in the target and how each workload is built. Changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from signoff.actions.earlier import before_deploy, died, goes_on_with, unfinished
from signoff.actions.environment import environment
from signoff.actions.on_its_way import on_its_way
from signoff.actions.plan import (
    Deploy,
    Plan,
    Request,
    make_plan,
)
from signoff.actions.plan_error import PlanError, Unread
from signoff.actions.refusal import Refused
from signoff.actions.resources import must_be_ours, resources_of, workload_of
from signoff.actions.running import stale_of
from signoff.actions.shown import goes_on, kept, left_behind, lines_of, order
from signoff.actions.site import Site
from signoff.actions.theirs import not_ours, theirs_of
from signoff.actions.together import at_one_commit, shared
from signoff.actions.ways.found import find
from signoff.actions.ways.way import plan_way
from signoff.actions.ways.work import paths_of
from signoff.ledger.folds import Operation
from signoff.model.facts import Unknown
from signoff.model.judgement import Link, Status
from signoff.model.report import Report, WorkloadReport
from signoff.model.subject import Commit, Workload, WorkloadName
from signoff.model.text import Text
from signoff.systems.google.deployed import Deployed

PROVEN_BEFORE = (Link.PUSHED, Link.MERGED)
"""What has to be proven before anything is built: session 9 was a green build of a commit without the fix."""
NOT_DISPROVEN = (Link.BUILDABLE, Link.SCHEMA)
"""What must not be known to be wrong; a database that can not be asked from here is no reason to hold a deploy."""
PREFLIGHT = (*PROVEN_BEFORE, *NOT_DISPROVEN)
DEPLOYED = (Link.BUILT, Link.RELEASED, Link.SERVING)

_GOOD = frozenset({Status.PASS, Status.SKIPPED})


async def plan_deploy(site: Site, request: Request, *, held: bool = False) -> Plan:
    """The plan of bringing `request.workloads` (none named: what this session touched and is stale) to the target."""
    report = await site.prove(request.workloads, (Link.COMMITTED, *PREFLIGHT, *DEPLOYED))
    names = request.workloads or unfinished(site, request) or _stale(report)
    asked = [workload_of(site, name) for name in names]
    chosen = [workload for workload in asked if workload.deploy == "signoff"]
    theirs = await theirs_of(site, report, asked)
    if not chosen:
        raise not_ours(report, theirs)
    for workload in chosen:
        must_be_ours(workload, request)
    names = tuple(workload.name for workload in chosen)
    _preflight(report, names)
    wanted = replace(request, workloads=tuple(workload.name for workload in asked))
    dead = died(site, request.target, names, held=held)
    items = await at_one_commit(
        site, await asyncio.gather(*(_item(site, request, report, workload, dead) for workload in chosen))
    )
    resumes = goes_on_with(dead, site, wanted)
    lines = goes_on(resumes) if resumes else []
    there = await asyncio.gather(*(_there(site, item, workload) for item, workload in zip(items, chosen, strict=True)))
    for item, workload, known in zip(items, chosen, there, strict=True):
        lines += [*lines_of(item, workload, site.subject.target), *shared(items, item)]
        lines += [*await environment(site, item, workload), *kept(item)]
        lines += [*order(workload, asked, theirs), *known]
        lines += on_its_way(site, item)
    lines += [one.says for one in theirs]
    lines += left_behind(report, names)
    operation = resumes.began.operation if resumes else None
    return make_plan(wanted, site.subject.commit, items, tuple(lines), operation, theirs)


def _stale(report: Report) -> tuple[WorkloadName, ...]:
    """What this session touched and the target does not have; a job that only has to run gains nothing by a deploy."""
    touched = {
        workload.name: [workload.links[link] for link in DEPLOYED if link in workload.links]
        for workload in report.workloads
        if workload.touched
    }
    stale = tuple(
        name
        for name, links in touched.items()
        if any(link.status not in _GOOD and link.waits_on != "runs" for link in links)
    )
    if not stale:
        to_run = [name for name, links in touched.items() if any(link.waits_on == "runs" for link in links)]
        what = "nothing to deploy: what this session touched already runs in the target"
        if to_run:
            what = f"nothing to deploy: {', '.join(to_run)} has it already and has not run since"
        fix = f"signoff job run {' '.join(to_run)}" if to_run else "name a workload to deploy it all the same"
        raise Refused(what, report, fix=fix, nothing_to_do=True)
    return stale


def _preflight(report: Report, names: Collection[WorkloadName]) -> None:
    """Raises Refused, which names every workload that is in the way."""
    held: list[str] = []
    for workload in report.workloads:
        status = {link: told.status for link, told in workload.links.items() if link in PREFLIGHT}
        bad = [link for link in PROVEN_BEFORE if status.get(link, Status.PASS) not in _GOOD]
        bad += [link for link in NOT_DISPROVEN if status.get(link) is Status.FAIL]
        if workload.name in names and bad:
            held.append(f"{workload.name} is not deployed: {' and '.join(bad)} has not passed")
    if held:
        raise Refused("; ".join(held), report, fix="do what the findings say, then ask again")


async def _item(
    site: Site, request: Request, report: Report, workload: Workload, died: Mapping[WorkloadName, Operation]
) -> Deploy:
    item = await deploy_of(site, request, workload, died)
    return replace(item, build=await plan_way(site, workload, _commit_to_build(report, workload.name)))


async def deploy_of(site: Site, request: Request, workload: Workload, died: Mapping[WorkloadName, Operation]) -> Deploy:
    """Where it is deployed to, as it stands there. Raises PlanError where that can not be read or does not exist."""
    resources = await resources_of(site, workload)
    return Deploy(
        workload.name,
        workload.kind,
        resources,
        await before_deploy(site, workload.name, resources, died.get(workload.name)),
        image=request.image,
        traffic=workload.traffic,
        hold=workload.hold,
        stale=await _in_the_way(site, resources, request) if workload.kind == "job" else (),
    )


async def _there(site: Site, item: Deploy, workload: Workload) -> list[Text]:
    """What of it exists already. It is no part of the plan's id: a build that ends meanwhile makes no other plan."""
    if item.build is None:
        return []
    found = await find(site, workload, paths_of(item), item.build)
    if isinstance(found, Unknown):
        raise Unread(f"whether {item.workload} is being built already is not known", found)
    return [found.line()] if found else []


def _commit_to_build(report: Report, name: WorkloadName) -> Commit:
    """The newest pushed commit that touches the workload: what the chain asks of the target, and on the remote.

    HEAD would not do: commits after it that touch only other things may be unpushed. Raises PlanError where the walk
    could not tell the commit.
    """
    found: WorkloadReport | None = next((w for w in report.workloads if w.name == name), None)
    if found is None or found.wanted is None:
        what = f"which commit of {name} is to be built is not known: git told none that touches its inputs"
        where = f"workloads.{name}.inputs in signoff.toml"
        raise PlanError(what, where=where, fix="ask again; where it stays so, name inputs that are committed")
    return found.wanted


async def _in_the_way(site: Site, resources: Sequence[Deployed], request: Request) -> tuple[str, ...]:
    """Executions that run now: what is built next is another image than theirs."""
    return tuple([name for resource in resources for name in await stale_of(site, resource, request.image)])
