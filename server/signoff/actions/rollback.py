"""Plan a roll-back: which revision a service goes back to. By traffic alone, so it takes seconds."""

from __future__ import annotations

from dataclasses import replace

from signoff.actions.on_its_way import on_its_way
from signoff.actions.plan import Plan, PlanError, Request, RollBack, before_of, make_plan
from signoff.actions.planning import resources_of, workload_of
from signoff.actions.shown import lines_of
from signoff.actions.site import Site
from signoff.ledger.folds import proven_revisions
from signoff.model.subject import Workload, WorkloadName
from signoff.systems.google.deployed import Deployed


async def plan_roll_back(site: Site, request: Request) -> Plan:
    """Back to the named revision, else to the newest that the ledger proved good and that does not serve now.

    Raises PlanError where there is none, or where the workload is no service of ours.
    """
    if not request.workloads:
        raise PlanError("no workload is named to roll back", fix="name the service: signoff rollback NAME")
    if request.revision is not None and len(request.workloads) != 1:
        raise PlanError("a revision belongs to one service", fix="name exactly one workload with --to")
    items, lines = [], []
    for name in request.workloads:
        workload = workload_of(site, name)
        item = await _item(site, workload, request)
        items.append(item)
        lines += [*lines_of(item, workload, site.subject.target), *on_its_way(site, item)]
    return make_plan(replace(request), site.subject.commit, tuple(items), tuple(lines))


async def _item(site: Site, workload: Workload, request: Request) -> RollBack:
    if workload.kind != "service":
        fix = "deploy the earlier commit, or its image by digest: signoff deploy NAME --image PATH@sha256:DIGEST"
        raise PlanError(f"{workload.name} is a {workload.kind}: it has no traffic to send back", fix=fix)
    if workload.deploy in {"terraform", "other"}:
        where = f"workloads.{workload.name} in signoff.toml"
        raise PlanError(f"{workload.name} is deployed by {workload.deploy}", where=where, fix="roll it back there")
    resources = await resources_of(site, workload)
    revisions = tuple(_revision(site, workload.name, resource, request) for resource in resources)
    return RollBack(workload.name, workload.kind, resources, tuple(map(before_of, resources)), revisions)


def _revision(site: Site, name: WorkloadName, resource: Deployed, request: Request) -> str:
    if request.revision is not None:
        return request.revision
    serving = {revision for revision, _ in resource.serving}
    known = proven_revisions(site.ledger, request.target, resource.resource)
    found = next((proven.revision for proven in known if proven.revision not in serving), None)
    if found is None:
        look = f"gcloud run revisions list --service={resource.resource.rpartition('/')[2]}"
        fix = f"choose one yourself: signoff rollback {name} --to REVISION ({look})"
        what = f"no earlier revision of {name} was proven good in this repository's ledger"
        raise PlanError(what, where=resource.resource, fix=fix)
    return found
