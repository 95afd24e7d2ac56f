"""Make a plan: preflight, then read what stands in the target and how each workload is built. Changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from signoff.actions.claim import lock_of
from signoff.actions.environment import environment
from signoff.actions.on_its_way import on_its_way
from signoff.actions.plan import (
    Before,
    Deploy,
    Plan,
    Request,
    before_from_data,
    before_of,
    make_plan,
    request_from_data,
)
from signoff.actions.plan_error import PlanError, Unread
from signoff.actions.refusal import Busy, Refused, whoever
from signoff.actions.shown import goes_on, kept, left_behind, lines_of, order
from signoff.actions.site import Site
from signoff.actions.theirs import not_ours, theirs_of
from signoff.actions.together import at_one_commit, shared
from signoff.actions.ways.found import find
from signoff.actions.ways.way import plan_way
from signoff.actions.ways.work import paths_of
from signoff.ledger.folds import Operation, last_operation
from signoff.ledger.hold import is_held
from signoff.model.facts import Unknown
from signoff.model.judgement import Link, Status
from signoff.model.report import Report, WorkloadReport
from signoff.model.subject import Commit, Workload, WorkloadName
from signoff.model.text import Text
from signoff.systems.google.deployed import Deployed
from signoff.systems.google.edit import EditedKind

PROVEN_BEFORE = (Link.PUSHED, Link.MERGED)
"""What has to be proven before anything is built: session 9 was a green build of a commit without the fix."""
NOT_DISPROVEN = (Link.BUILDABLE, Link.SCHEMA)
"""What must not be known to be wrong; a database that can not be asked from here is no reason to hold a deploy."""
PREFLIGHT = (*PROVEN_BEFORE, *NOT_DISPROVEN)
DEPLOYED = (Link.BUILT, Link.RELEASED, Link.SERVING)

_GOOD = frozenset({Status.PASS, Status.SKIPPED})


async def make(site: Site, request: Request, *, held: bool = False) -> Plan:
    """The plan of what was asked for, from the world as it is. Changes nothing.

    `held`: this process holds the workloads' locks already. Raises Refused with the report that shows why not, and
    PlanError where something can not be read, is not ours, or is being deployed by somebody else (Busy).
    """
    if request.action == "roll-back":
        from signoff.actions.rollback import plan_roll_back

        return await plan_roll_back(site, request, held=held)
    if request.action == "run":
        from signoff.actions.running import plan_run

        return await plan_run(site, request, held=held)
    return await plan_deploy(site, request, held=held)


async def plan_deploy(site: Site, request: Request, *, held: bool = False) -> Plan:
    """The plan of bringing `request.workloads` (none named: what this session touched and is stale) to the target."""
    if request.image is not None:
        from signoff.actions.given import plan_given

        return await plan_given(site, request, held=held)
    report = await site.prove(request.workloads, (Link.COMMITTED, *PREFLIGHT, *DEPLOYED))
    names = request.workloads or _unfinished(site, request) or _stale(report)
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


def died(site: Site, target: str, names: Collection[WorkloadName], *, held: bool) -> Mapping[WorkloadName, Operation]:
    """Operations that were begun on these workloads and never ended. Raises Busy where one is still at it."""
    found = {}
    for name in names:
        last = last_operation(site.ledger, target, name)
        if last is None or last.ended is not None:
            continue
        if not held and is_held(site.holds, lock_of(target, name)):
            raise Busy(name, f"{whoever(last.began.by, last.began.at)} ({last.began.operation})")
        found[name] = last
    return found


def goes_on_with(dead: Mapping[WorkloadName, Operation], site: Site, wanted: Request) -> Operation | None:
    """The one that was asked for the same, of this commit: only then what it did is what is wanted now."""
    for operation in dead.values():
        began = operation.began
        if began.commit == site.subject.commit and began.asked and request_from_data(began.asked) == wanted:
            return operation
    return None


def _unfinished(site: Site, request: Request) -> tuple[WorkloadName, ...]:
    """What the last operation on this commit was at when it died: the same command goes on with it."""
    last = last_operation(site.ledger, request.target)
    if last is None or last.ended is not None or last.began.commit != site.subject.commit or not last.began.asked:
        return ()
    asked = request_from_data(last.began.asked)
    return asked.workloads if replace(asked, workloads=()) == request else ()


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


def workload_of(site: Site, name: WorkloadName) -> Workload:
    """Raises PlanError where it is not configured."""
    found = next((workload for workload in site.subject.workloads if workload.name == name), None)
    if found is None:
        known = ", ".join(workload.name for workload in site.subject.workloads)
        raise PlanError(f"there is no workload {name!r}", where="signoff.toml", fix=f"use one of: {known}")
    return found


def must_be_ours(workload: Workload, request: Request) -> None:
    """Only what signoff deploys, in a way that it can: it never races a pipeline."""
    where = f"workloads.{workload.name} in signoff.toml"
    if workload.deploy != "signoff":
        fix = "make the change there; check_drift then proves it"
        raise PlanError(f"{workload.name} is deployed by {workload.deploy}, not by signoff", where=where, fix=fix)
    if workload.kind == "worker-pool":
        fix = "deploy it with gcloud; check_drift then proves it"
        raise PlanError(f"{workload.name} is a worker pool, which signoff does not deploy yet", where=where, fix=fix)
    if request.image is not None and "@sha256:" not in request.image:
        fix = "name it as PATH@sha256:DIGEST; a tag can move between the yes and the deploy"
        raise PlanError("the image is not named by digest", where="image", fix=fix)


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
        before_all(resources, died.get(workload.name)),
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


def before_all(resources: Sequence[Deployed], died: Operation | None) -> tuple[Before, ...]:
    """As they stand; but what an operation that died had begun to move is not what users are meant to go back to."""
    now = tuple(before_of(resource) for resource in resources)
    if died is None:
        return now
    kept = {before.resource: before for before in before_from_data(_kept(died, resources))}
    return tuple(kept.get(before.resource, before) for before in now)


def _kept(died: Operation, resources: Sequence[Deployed]) -> list[Mapping[str, Any]]:
    """What it wrote down of these resources."""
    wanted = {resource.resource for resource in resources}
    return [entry for entries in died.began.before.values() for entry in entries if entry["resource"] in wanted]


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
    from signoff.actions.running import stale_of

    return tuple([name for resource in resources for name in await stale_of(site, resource, request.image)])


async def resources_of(site: Site, workload: Workload) -> tuple[Deployed, ...]:
    """The workload as it stands in each region. Raises PlanError where it can not be read or does not exist."""
    regions = site.subject.target.regions
    return tuple(await asyncio.gather(*(_resource(site, workload, region) for region in regions)))


async def _resource(site: Site, workload: Workload, region: str) -> Deployed:
    kind: EditedKind = "job" if workload.kind == "job" else "service"  # worker pools were refused before
    resource = f"projects/{site.subject.target.project}/locations/{region}/{kind}s/{workload.resource}"
    answer = await site.writers.deployed(kind, resource)
    if isinstance(answer, Unknown):
        raise Unread(f"{workload.name} could not be read", answer, where=resource)
    if answer.value is None:
        fix = "create it once with gcloud, with its service account, secrets and environment"
        raise PlanError(f"{workload.name} does not exist in {region}", where=resource, fix=fix)
    return answer.value
