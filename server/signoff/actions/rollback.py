"""Plan a roll-back: which revision a service goes back to. By traffic alone, so it takes seconds."""

from __future__ import annotations

from signoff.actions.earlier import before_all, died, goes_on_with
from signoff.actions.on_its_way import on_its_way
from signoff.actions.plan import Before, Plan, Request, RollBack, make_plan
from signoff.actions.plan_error import PlanError, Unread
from signoff.actions.resources import resources_of, workload_of
from signoff.actions.shown import goes_on, lines_of
from signoff.actions.site import Site
from signoff.ledger.folds import Operation, proven_revisions
from signoff.model.facts import Unknown
from signoff.model.run import Revision
from signoff.model.subject import Workload, WorkloadName


async def plan_roll_back(site: Site, request: Request, *, held: bool = False) -> Plan:
    """Back to the named revision, else to the newest proven good (by the ledger) that is older than what serves.

    Raises PlanError where there is none, or where the workload is no service of ours.
    """
    if not request.workloads:
        raise PlanError("no workload is named to roll back", fix="name the service: signoff rollback NAME")
    if request.revision is not None and len(request.workloads) != 1:
        raise PlanError("a revision belongs to one service", fix="name exactly one workload with --to")
    dead = died(site, request.target, request.workloads, held=held)
    resumes = goes_on_with(dead, site, request)
    items: list[RollBack] = []
    lines = goes_on(resumes) if resumes else []
    for name in request.workloads:
        workload = workload_of(site, name)
        item = await _item(site, workload, request, resumes)
        items.append(item)
        lines += [*lines_of(item, workload, site.subject.target), *on_its_way(site, item)]
    operation = resumes.began.operation if resumes else None
    return make_plan(request, site.subject.commit, tuple(items), tuple(lines), operation)


async def _item(site: Site, workload: Workload, request: Request, resumes: Operation | None) -> RollBack:
    if workload.kind != "service":
        fix = "deploy the earlier commit, or its image by digest: signoff deploy NAME --image PATH@sha256:DIGEST"
        raise PlanError(f"{workload.name} is a {workload.kind}: it has no traffic to send back", fix=fix)
    if workload.deploy in {"terraform", "other"}:
        where = f"workloads.{workload.name} in signoff.toml"
        raise PlanError(f"{workload.name} is deployed by {workload.deploy}", where=where, fix="roll it back there")
    resources = await resources_of(site, workload)
    before = before_all(resources, resumes)
    revisions = tuple([await _revision(site, workload.name, each, request) for each in before])
    return RollBack(workload.name, workload.kind, resources, before, revisions)


async def _revision(site: Site, name: WorkloadName, before: Before, request: Request) -> str:
    """Of a roll-back that died half-way the same as then: what it moved already does not count as what served."""
    look = _list(before.resource)
    if request.revision is not None:
        if await _fit(site, before.resource, request.revision) is None:
            what = f"{name} has no revision {request.revision} that is ready"
            raise PlanError(what, where=before.resource, fix=f"choose one of: {look}")
        return request.revision
    serves = [await _fit(site, before.resource, revision) for revision, _ in before.serving]
    newest = max((one.created for one in serves if one is not None), default=None)
    for proven in proven_revisions(site.ledger, request.target, before.resource):
        found = await _fit(site, before.resource, proven.revision)
        # Never forward: what is newer than what serves has been left already.
        if found is not None and (newest is None or found.created < newest):
            return proven.revision
    fix = f"choose one yourself: signoff rollback {name} --to REVISION ({look})"
    what = f"no earlier revision of {name} that is still there was proven good in this repository's ledger"
    raise PlanError(what, where=before.resource, fix=fix)


async def _fit(site: Site, service: str, revision: str) -> Revision | None:
    """The revision, where it exists and never failed: traffic that goes to another is taken, and lost.

    Raises PlanError where that can not be read.
    """
    _, project, _, region, _, name = service.split("/")
    answer = await site.systems.run.revision(project, region, name, revision)
    if isinstance(answer, Unknown):
        raise Unread(f"whether {revision} is ready is not known", answer, where=service)
    found = answer.value
    return None if found is None or (found.ready is not None and found.ready.state == "failed") else found


def _list(service: str) -> str:
    _, project, _, region, _, name = service.split("/")
    return f"gcloud run revisions list --service={name} --region={region} --project={project}"
