"""Watch what a pipeline deploys: look until the chain proves it, its build failed, or the time is over. Writes nothing.

The chain on fresh surveys alone says `deployed`. Builds of the commit in Cloud Build say what is on its way; of a
pipeline elsewhere nothing can be seen from here but what it leaves behind: images, revisions, and labels, which state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from signoff.actions.on_its_way import builds_of, log_of, may_make, said
from signoff.actions.refusal import Refused
from signoff.actions.resources import workload_of
from signoff.actions.site import Site
from signoff.actions.theirs import BEFORE, GOOD, RUN, stands
from signoff.check import Progress
from signoff.checks import built, released
from signoff.model.builds import UNDER_WAY, Build
from signoff.model.facts import Unknown
from signoff.model.judgement import Link, Status
from signoff.model.report import LinkReport, Report, WorkloadReport
from signoff.model.subject import Workload, WorkloadName
from signoff.model.text import Text, text
from signoff.systems.google.edit import EditedKind
from signoff.views.words import moment, sentence

WATCH_SECONDS = 600.0
_PAUSES = (1.0, 2.0, 3.0, 5.0, 10.0)
"""Seconds between looks; the last one repeats. A look is a few lists, however many workloads there are."""

Outcome = Literal["deployed", "waiting", "unproven", "failed"]
"""`unproven`: the target does not answer, or the pipeline did its part and only a label states what it deployed."""

_WORST: tuple[Outcome, ...] = ("failed", "unproven", "waiting", "deployed")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """How one workload stands. `ended`: looking again changes nothing. `build`: the newest one of the commit."""

    workload: WorkloadName
    outcome: Outcome
    ended: bool
    says: Text
    build: Build | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """`outcome`: the worst of the workloads. `report`: the last walk; `since`: when watching began."""

    outcome: Outcome
    pipelines: tuple[Pipeline, ...]
    report: Report
    since: datetime


async def watch(
    site: Site, names: Sequence[WorkloadName], progress: Progress, seconds: float = WATCH_SECONDS
) -> Watched:
    """Look until each of the workloads has come out, or `seconds` have passed.

    Raises Refused where a pipeline has no commit to deploy yet (not pushed, not merged), and PlanError for an unknown
    workload.
    """
    workloads = [workload_of(site, name) for name in names]
    places = {workload.name: await _place(site, workload) for workload in workloads}
    loop = asyncio.get_running_loop()
    since, end = site.now(), loop.time() + seconds
    turn = 0
    while True:
        report = await site.prove(names, (*BEFORE, *RUN))
        _has_its_commit(report)
        pipelines = await _looked(site, workloads, report, since, places)
        left = end - loop.time()
        if left <= 0 or all(pipeline.ended for pipeline in pipelines):
            worst = min((pipeline.outcome for pipeline in pipelines), key=_WORST.index)
            return Watched(worst, tuple(pipelines), report, since)
        done = sum(pipeline.ended for pipeline in pipelines)
        under_way = next(pipeline for pipeline in pipelines if not pipeline.ended)
        progress(done, len(pipelines), sentence(under_way.says))
        await asyncio.sleep(min(_PAUSES[min(turn, len(_PAUSES) - 1)], left))
        turn += 1


def _has_its_commit(report: Report) -> None:
    for workload in report.workloads:
        bad = next(
            (link for link in BEFORE if link in workload.links and workload.links[link].status not in GOOD), None
        )
        if bad is not None:
            what = f"{workload.name} is deployed by ci, which gets no commit before it has {bad.value} passed"
            raise Refused(what, report, fix="do what its findings say; then ci begins, and can be watched")


async def _place(site: Site, workload: Workload) -> str:
    """The line of the pipeline that deploys it, as ` (ci.yml:12 deploys it)`; empty where no file says so."""
    found = await site.defined_in(workload)
    return f" ({found[0].at} deploys it)" if found else ""


async def _looked(
    site: Site, workloads: Sequence[Workload], report: Report, since: datetime, places: Mapping[WorkloadName, str]
) -> list[Pipeline]:
    reports = {workload.name: workload for workload in report.workloads}
    commits = {site.subject.commit, *(one.wanted for one in report.workloads if one.wanted is not None)}
    builds = await builds_of(site, commits)
    return [
        await _pipeline(site, workload, reports[workload.name], builds, (since, places[workload.name]))
        for workload in workloads
    ]


async def _pipeline(
    site: Site,
    workload: Workload,
    found: WorkloadReport,
    builds: tuple[Build, ...] | Unknown,
    watched: tuple[datetime, str],
) -> Pipeline:
    """`watched`: since when, and the place where its pipeline is written."""
    name, links, target = workload.name, found.links, site.subject.target
    bad = [link for link in RUN if links[link].status not in GOOD]
    if not bad:
        return Pipeline(name, "deployed", True, text("{}: built, released and serving, proven on a fresh look", name))
    if all(links[link].waits_on == "runs" for link in bad):
        return Pipeline(name, "waiting", True, text("{} is deployed; its next run has to use it", name))
    how = stands(bad[0], links[bad[0]])
    images = await _images(site, workload)
    build = None if isinstance(builds, Unknown) else _deciding(builds, images)
    if build is not None and build.status in UNDER_WAY:
        says = text("{} waits on ci: {}; log: {}", name, said(build), log_of(build, target))
        return Pipeline(name, "waiting", False, says, build)
    if build is not None and build.status != "SUCCESS":
        says = text(
            "{} is not deployed by ci: {} ({}); see: {}", name, said(build), build.detail, log_of(build, target)
        )
        return Pipeline(name, "failed", True, says, build)
    if _never_ready(links, images):
        return Pipeline(name, "failed", True, text("{} is not deployed by ci: {}", name, how), build)
    if _only_stated(links):
        return Pipeline(name, "unproven", True, text("{} is not proven: {}", name, how), build)
    if isinstance(builds, Unknown):
        seen = text("builds can not be seen ({})", builds.why)
    elif build is not None:
        seen = text("{}, and it is not deployed yet", said(build))
    else:
        seen = text("no build of {} is in Cloud Build", (found.wanted or site.subject.commit)[:7])
    since, place = watched
    says = text("{} waits on ci{} since {}: {}; {}", name, place, moment(since), seen, how)
    silent = all(links[link].status is Status.UNKNOWN and not links[link].findings for link in bad)
    return Pipeline(name, "unproven" if silent else "waiting", False, says, build)


async def _images(site: Site, workload: Workload) -> list[str]:
    """What it runs in each region; nothing where it does not exist yet, or is not read: then any build may make it."""
    if workload.kind == "worker-pool":
        return []
    kind: EditedKind = "job" if workload.kind == "job" else "service"
    target = site.subject.target
    names = [f"projects/{target.project}/locations/{r}/{kind}s/{workload.resource}" for r in target.regions]
    answers = await asyncio.gather(*(site.writers.deployed(kind, name) for name in names))
    return [one.value.image for one in answers if not isinstance(one, Unknown) and one.value is not None]


def _deciding(builds: Sequence[Build], images: Sequence[str]) -> Build | None:
    """The commit's newest build that says it pushes the image. Of builds that do not say what they push, one that
    failed decides only where no other one is under way or came out well: it may have been the tests.
    """
    possible = [build for build in builds if not images or may_make(build, images)]
    saying = [build for build in possible if build.paths]
    hopeful = [build for build in possible if build.status in {*UNDER_WAY, "SUCCESS"}]
    return next(iter(saying or hopeful or possible), None)


def _never_ready(links: Mapping[Link, LinkReport], images: Sequence[str]) -> bool:
    """Whether the revision that did not become ready has the image that holds the change, and is not an older one."""
    if not any(finding.code == released.NEVER_READY for finding in links[Link.RELEASED].findings):
        return False
    made = {evidence.value for evidence in links[Link.BUILT].evidence if evidence.field == "results.images.digest"}
    return links[Link.BUILT].status in GOOD and any(image.partition("@")[2] in made for image in images)


def _only_stated(links: Mapping[Link, LinkReport]) -> bool:
    """Whether all that is missing is a proof of what the label says: looking again does not bring it."""
    stated = any(finding.code == built.STATED for finding in links[Link.BUILT].findings)
    going = {Status.FAIL, Status.WAITING}
    return stated and not any(links[link].status in going for link in RUN)
