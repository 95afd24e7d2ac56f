"""Make a plan: preflight, then read what stands in the target and how each workload is built. Changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from signoff.actions.buildconfig import read_build_config
from signoff.actions.plan import Build, Item, Plan, PlanError, Request, make_plan
from signoff.actions.refusal import Refused
from signoff.actions.site import Site
from signoff.model.facts import Unknown
from signoff.model.judgement import Link, Status
from signoff.model.report import Report, WorkloadReport
from signoff.model.subject import CloudBuildConfig, Commit, Workload, WorkloadName
from signoff.model.text import Text, text
from signoff.systems.google.deployed import Deployed
from signoff.systems.google.edit import EditedKind

PREFLIGHT = (Link.PUSHED, Link.MERGED)
"""What has to be proven before anything is built: session 9 was a green build of a commit without the fix."""
DEPLOYED = (Link.BUILT, Link.RELEASED, Link.SERVING)

_GOOD = frozenset({Status.PASS, Status.SKIPPED})


async def plan_deploy(site: Site, request: Request) -> Plan:
    """The plan of bringing `request.workloads` (none named: what this session touched and is stale) to the target.

    Raises Refused with the report that shows why not, and PlanError where something can not be read or is not ours.
    """
    links = (Link.COMMITTED, *PREFLIGHT, *DEPLOYED)
    report = await site.prove(request.workloads, links)
    names = request.workloads or _stale(report)
    chosen = [_workload(site, name) for name in names]
    for workload in chosen:
        _must_be_ours(workload, request)
    _preflight(report, names, given=request.image is not None)
    items = await asyncio.gather(*(_item(site, request, report, workload) for workload in chosen))
    lines = [line for item, workload in zip(items, chosen, strict=True) for line in _lines(site, item, workload)]
    lines += _left_behind(report, names)
    wanted = Request(request.target, tuple(names), request.image)
    return make_plan(wanted, site.subject.commit, tuple(items), tuple(lines))


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
        raise Refused(what, report, fix="name a workload to deploy it all the same", nothing_to_do=True)
    return stale


def _workload(site: Site, name: WorkloadName) -> Workload:
    found = next((workload for workload in site.subject.workloads if workload.name == name), None)
    if found is None:
        known = ", ".join(workload.name for workload in site.subject.workloads)
        raise PlanError(f"there is no workload {name!r}", where="signoff.toml", fix=f"use one of: {known}")
    return found


def _must_be_ours(workload: Workload, request: Request) -> None:
    """Only what signoff deploys, in a way that it can: it never races a pipeline."""
    where = f"workloads.{workload.name} in signoff.toml"
    if workload.deploy != "signoff":
        fix = "make the change there; check_drift then proves it"
        raise PlanError(f"{workload.name} is deployed by {workload.deploy}, not by signoff", where=where, fix=fix)
    if workload.kind == "worker-pool":
        fix = "deploy it with gcloud; check_drift then proves it"
        raise PlanError(f"{workload.name} is a worker pool, which signoff does not deploy yet", where=where, fix=fix)
    if request.image is None and not (isinstance(workload.build, CloudBuildConfig) and workload.source == "git"):
        fix = 'set build = { config = "cloudbuild.yaml" }, or name an image by digest'
        raise PlanError(f"signoff can not build {workload.name} in the way it is configured", where=where, fix=fix)
    if request.image is not None and "@sha256:" not in request.image:
        fix = "name it as PATH@sha256:DIGEST; a tag can move between the yes and the deploy"
        raise PlanError("the image is not named by digest", where="image", fix=fix)


def _preflight(report: Report, names: Collection[WorkloadName], *, given: bool) -> None:
    """A given image was built before, from whatever it was built: the chain says afterwards from what."""
    if given:
        return
    for workload in report.workloads:
        bad = [link for link in PREFLIGHT if link in workload.links and workload.links[link].status not in _GOOD]
        if workload.name in names and bad:
            what = f"{workload.name} is not deployed: {' and '.join(bad)} has not passed"
            raise Refused(what, report, fix="do what its findings say, then ask again")


async def _item(site: Site, request: Request, report: Report, workload: Workload) -> Item:
    resources = await asyncio.gather(*(_resource(site, workload, region) for region in site.subject.target.regions))
    if request.image is not None:
        return Item(workload.name, workload.kind, tuple(resources), image=request.image)
    build = workload.build
    if not isinstance(build, CloudBuildConfig):
        raise TypeError("a workload that is built was checked to have a configuration")
    commit = _commit_to_build(site, report, workload.name)
    raw, remote = await asyncio.gather(site.file_at(commit, build.config), site.remote())
    where = f"{build.config} at {commit[:12]}"
    if raw is None:
        fix = "name the file that exists there in signoff.toml"
        raise PlanError(f"the build configuration of {workload.name} does not exist", where=where, fix=fix)
    read_build_config(raw, where)
    return Item(workload.name, workload.kind, tuple(resources), build=Build(build.config, remote, commit))


def _commit_to_build(site: Site, report: Report, name: WorkloadName) -> Commit:
    """The newest pushed commit that touches the workload: what the chain asks of the target, and on the remote.

    HEAD would not do: commits after it that touch only other things may be unpushed.
    """
    found: WorkloadReport | None = next((w for w in report.workloads if w.name == name), None)
    return (found.wanted if found is not None else None) or site.subject.commit


async def _resource(site: Site, workload: Workload, region: str) -> Deployed:
    kind = edited(workload)
    resource = f"projects/{site.subject.target.project}/locations/{region}/{kind}s/{workload.resource}"
    answer = await site.writers.deployed(kind, resource)
    if isinstance(answer, Unknown):
        fix = "signoff doctor says which permission or login is missing"
        raise PlanError(f"{workload.name} could not be read ({answer.why})", where=resource, fix=fix)
    if answer.value is None:
        fix = "create it once with gcloud, with its service account, secrets and environment"
        raise PlanError(f"{workload.name} does not exist in {region}", where=resource, fix=fix)
    return answer.value


def edited(workload: Workload) -> EditedKind:
    """The kind as the writing adapter knows it; worker pools were refused before."""
    return "job" if workload.kind == "job" else "service"


def _lines(site: Site, item: Item, workload: Workload) -> list[Text]:
    """What a person is shown, one workload: what happens, what is kept, how it is undone."""
    regions = ", ".join(site.subject.target.regions)
    head = text("{}: {} {} in {} ({})", item.workload, item.kind, workload.resource, site.subject.target.name, regions)
    lines = [head]
    if item.build:
        lines.append(text("  build commit {} with {} in Cloud Build", item.build.commit[:12], item.build.config))
    for resource in item.resources:
        lines.append(text("  replace {}", resource.image))
        lines.append(text("  by {}", item.image or "the image of that build, by digest"))
        if item.kind == "service":
            lines.append(text("  traffic: all of it to the new revision; now {}", _traffic(resource)))
            lines.append(text("  to undo: send traffic back to {}", _traffic(resource)))
        if not resource.settled:
            lines.append(text("  note: another change of it is on its way right now"))
    lines.append(text("  kept: {} variables, secrets, service account, scaling, tags", item.resources[0].variables))
    return lines


def _traffic(resource: Deployed) -> str:
    shares = ", ".join(f"{revision} {percent} %" for revision, percent in resource.serving) or "nothing"
    return shares if resource.follows_latest else f"{shares} (pinned)"


def _left_behind(report: Report, names: Collection[WorkloadName]) -> list[Text]:
    """Work that is only in the working tree does not take part: said before the yes, not after."""
    return [
        text("note: {} has changes that are not committed; they are not deployed", workload.name)
        for workload in report.workloads
        if workload.name in names
        and Link.COMMITTED in workload.links
        and workload.links[Link.COMMITTED].status not in _GOOD
    ]
