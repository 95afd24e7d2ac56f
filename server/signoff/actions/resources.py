"""A workload as it is configured, and as it stands in the target."""

from __future__ import annotations

import asyncio

from signoff.actions.plan import Request
from signoff.actions.plan_error import PlanError, Unread
from signoff.actions.site import Site
from signoff.model.facts import Unknown
from signoff.model.subject import Workload, WorkloadName
from signoff.systems.google.deployed import Deployed
from signoff.systems.google.edit import EditedKind


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
