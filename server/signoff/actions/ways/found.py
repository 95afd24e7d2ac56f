"""Look first: a build of the commit that runs or has ended well is used, and no second one is started."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from signoff.actions.site import Site
from signoff.actions.ways.builds import CommandBuild, ImageBuild, TriggerBuild, Way
from signoff.actions.ways.held import done, running, trace_of
from signoff.actions.ways.work import commit_tag, workload_tag
from signoff.model.builds import UNDER_WAY, Build
from signoff.model.facts import Unknown
from signoff.model.subject import Commit, Workload, WorkloadName
from signoff.model.text import Text, text
from signoff.systems.google.deployed import BuildName
from signoff.views.words import command, moment

RECENT = 100
"""So many builds of each location are looked at, newest first."""


@dataclass(frozen=True, slots=True)
class Found:
    """A build of the commit. `tags`: say which operation of signoff started it, where one did."""

    name: BuildName
    running: bool
    tags: tuple[str, ...]
    created: datetime

    def line(self) -> Text:
        """As a plan says it."""
        how = "is running already" if self.running else "is done already"
        used = text("  build {} of this commit {}: it is used, and no other one is started", self.name.id, how)
        return text("{} (since {}; log: {})", used, moment(self.created), command(self.name.log))


async def find(site: Site, workload: Workload, paths: Collection[str], way: Way) -> Found | Unknown | None:
    """The build of this commit for this workload: the newest that ended well, else the newest that runs; None: none.

    `paths`: of the workload's images; builds of the trigger that builds it count as well. What a command builds may
    be an upload without a commit on record: there the chain's own comparison of files finds it. An image that
    somebody else builds is looked for by its own way.
    """
    match way:
        case ImageBuild():
            return None
        case CommandBuild():
            return await _by_content(site, workload, way)
        case TriggerBuild():
            return await _by_record(site, workload.name, paths, way.commit, way.trigger.id)
    return await _by_record(site, workload.name, paths, way.commit, None)


async def _by_content(site: Site, workload: Workload, way: CommandBuild) -> Found | Unknown | None:
    trace = await trace_of(site, workload)
    if isinstance(trace, Unknown):
        return trace
    proven = done(trace, way.commit)
    build = (proven.build if proven is not None and proven.commit == way.commit else None) or running(trace)
    if build is None:
        return None
    return _found(site, build)


async def _by_record(
    site: Site, workload: WorkloadName, paths: Collection[str], commit: Commit, trigger: str | None
) -> Found | Unknown | None:
    target = site.subject.target
    places = list(dict.fromkeys([*target.regions, "global"]))
    pages = await asyncio.gather(*(site.systems.builds.page(target.project, place, RECENT) for place in places))
    builds: list[Build] = []
    for page in pages:
        if isinstance(page, Unknown):
            return page
        builds += page.value.items
    builds = [one for one in builds if _of(one, commit) and _for(one, workload, paths, trigger)]
    builds.sort(key=lambda one: (one.status == "SUCCESS", one.created), reverse=True)
    return _found(site, builds[0]) if builds else None


def _found(site: Site, build: Build) -> Found:
    name = BuildName(site.subject.target.project, build.location, build.id)
    return Found(name, build.status in UNDER_WAY, build.tags, build.created)


def _of(build: Build, commit: Commit) -> bool:
    """Whether it builds the commit, as Cloud Build says, or for an upload as we said when we started it."""
    return build.commit == commit or (build.commit is None and commit_tag(commit) in build.tags)


def _for(build: Build, workload: WorkloadName, paths: Collection[str], trigger: str | None) -> bool:
    if build.status not in {*UNDER_WAY, "SUCCESS"}:
        return False
    if build.status == "SUCCESS" and not build.images:
        return False
    mine = workload_tag(workload) in build.tags or (trigger is not None and build.trigger == trigger)
    return mine or bool(build.paths & set(paths))
