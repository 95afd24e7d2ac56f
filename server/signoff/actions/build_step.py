"""The step `build`: the image of the commit by digest, made in the workload's way, and proven to be of the commit."""

from __future__ import annotations

from dataclasses import replace

from signoff.actions.plan import Deploy
from signoff.actions.site import Site
from signoff.actions.steps import Act, Made, NotMade, StepFailed
from signoff.actions.ways.alone import deployed_alone
from signoff.actions.ways.builds import CommandBuild, Way, may_deploy
from signoff.actions.ways.found import Found, find
from signoff.actions.ways.proof import proven
from signoff.actions.ways.watch import watched
from signoff.actions.ways.way import make
from signoff.actions.ways.work import Built, Work
from signoff.check import Progress
from signoff.model.facts import Unknown
from signoff.model.text import text
from signoff.systems.google.writer import Writers


def build(site: Site, item: Deploy, planned: Way, operation: str, sharing: tuple[Deploy, ...] = ()) -> Act:
    """A build of the planned commit that runs or is done is used; else the way makes one. Then its commit is proven.

    `sharing`: what a command deploys together with the item, which is one of them.
    """

    async def act(writers: Writers, made: Made, progress: Progress) -> Made:
        work = Work(site, item, operation, writers, progress, sharing)
        built, how = await _once(work, planned)
        if may_deploy(planned) and not built.alone:
            built = await deployed_alone(work) or built
        says = await proven(work, built, planned.commit)
        number = built.build.id if built.build else None
        return replace(
            made, build=number, image=built.image, alone=built.alone, says=text("{} {}; {}", how, built.image, says)
        )

    return act


async def _once(work: Work, planned: Way) -> tuple[Built, str]:
    """Another workload of this operation may be made by the very same build: it begins once, and fails once."""
    shared = work.site.building[planned]
    async with shared.lock:
        if shared.failed is not None:
            what = "command that deploys" if isinstance(planned, CommandBuild) else "build that makes"
            raise StepFailed(text("the {} {} as well has failed, and is not begun a second time", what, shared.failed))
        try:
            return await _built(work, planned)
        except NotMade:
            raise
        except StepFailed:
            if not isinstance(planned, CommandBuild):  # which says by itself when it failed: the rest is each one's own
                shared.failed = work.item.workload
            raise


async def _built(work: Work, planned: Way) -> tuple[Built, str]:
    found = await find(work.site, work.workload, work.paths, planned)
    if isinstance(found, Unknown):
        raise StepFailed(text("whether it is being built already is not known: {} ({})", found.why, found.detail))
    if found is not None:
        return await _used(work, found)
    try:
        built = await make(work, planned)
    except StepFailed as failure:
        if failure.changed is not None:
            raise
        # The answer to its beginning never came; it may have begun all the same.
        found = await find(work.site, work.workload, work.paths, planned)
        if not isinstance(found, Found):
            raise
        return await _used(work, found)
    return built, f"build {built.build.id} made" if built.build else "there is"


async def _used(work: Work, found: Found) -> tuple[Built, str]:
    work.tell(f"build {found.name.id} of this commit is used")
    built = await watched(work, found.name, own=work.operation in found.tags)
    return built, f"build {found.name.id} of this commit was there: it made"
