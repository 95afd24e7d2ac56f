"""Way to build: somebody else builds the image; the one of the commit is found, by digest."""

from __future__ import annotations

from signoff.actions.plan_error import PlanError, Unread
from signoff.actions.site import Site
from signoff.actions.steps import NotMade, StepFailed
from signoff.actions.ways import held
from signoff.actions.ways.builds import ImageBuild
from signoff.actions.ways.watch import watched
from signoff.actions.ways.work import Built, Work
from signoff.model.builds import Build
from signoff.model.facts import Unknown
from signoff.model.images import short
from signoff.model.lineage import Lineage
from signoff.model.subject import Commit, ExistingImage, Workload
from signoff.model.text import text
from signoff.systems.google.deployed import BuildName
from signoff.systems.google.registry import repository_of

_SHORT = 7
"""Characters of a commit that a tag has at least (Cloud Build's SHORT_SHA)."""


async def plan(site: Site, workload: Workload, build: ExistingImage, commit: Commit) -> ImageBuild:
    """Raises PlanError where there is no image of the commit, or where only a tag says so and that is not accepted."""
    trace = await held.trace_of(site, workload)
    if isinstance(trace, Unknown):
        raise Unread(f"the builds of {workload.name} are not known", trace, where=build.image)
    known = _build(held.done(trace, commit), build.image) or held.running(trace)
    if known is not None:
        return ImageBuild(build.image, known.commit or commit, build=known.id)
    tagged = await _tagged(site, build.image, commit)
    if tagged is None:
        fix = "wait until whoever builds it is done, or name one with --image PATH@sha256:DIGEST"
        raise PlanError(f"nobody has built {workload.name} of commit {commit[:12]} yet", where=build.image, fix=fix)
    if not workload.accept_labels:
        what = f"only a tag says that {short(tagged)} is built from {commit[:12]}"
        fix = f"build it with Cloud Build, or set accept_labels = true for {workload.name}"
        raise PlanError(what, where=build.image, fix=fix)
    return ImageBuild(build.image, commit, image=f"{build.image}@{tagged}")


async def make(work: Work, planned: ImageBuild) -> Built:
    """The image by digest; a build that still runs is waited for, and never cancelled: it is somebody else's."""
    if planned.image is not None:
        return Built(planned.image, stated=True)
    trace = await held.trace_of(work.site, work.workload)
    if isinstance(trace, Unknown):
        raise StepFailed(text("the builds of {} are not known: {} ({})", planned.path, trace.why, trace.detail))
    found = held.done(trace, planned.commit)
    made = _build(found, planned.path)
    project = work.site.subject.target.project
    if found is not None and made is not None:
        return Built(f"{planned.path}@{found.digest}", BuildName(project, made.location, made.id))
    under_way = held.running(trace)
    if under_way is None:
        raise NotMade(text("build {} did not make an image of {}", planned.build or "", planned.path))
    work.tell(f"waiting for build {under_way.id}")
    return await watched(work, BuildName(project, under_way.location, under_way.id), own=False)


def _build(found: Lineage | None, path: str) -> Build | None:
    """The build that pushed it, where that was to the path."""
    if found is None or found.build is None or path not in found.build.paths:
        return None
    return found.build


async def _tagged(site: Site, path: str, commit: Commit) -> str | None:
    """The digest of the image that has a tag with the commit in it, in full or shortened (`sha-1234567`)."""
    repository = repository_of(path)
    if repository is None:
        return None
    listed = await site.systems.registry.images(repository)
    if isinstance(listed, Unknown):
        raise Unread(f"the images of {path} could not be listed", listed, where=path)
    for image in listed.value.items:
        if image.path == path and any(_names(tag, commit) for tag in image.tags):
            return image.digest
    return None


def _names(tag: str, commit: Commit) -> bool:
    last = tag.rpartition("-")[2]
    return len(last) >= _SHORT and commit.startswith(last)
