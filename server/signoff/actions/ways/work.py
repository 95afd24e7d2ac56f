"""What every way works with, and what it hands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signoff.actions.site import Site
from signoff.actions.steps import NotMade
from signoff.check import Progress
from signoff.model.builds import Build
from signoff.model.subject import Commit, Workload
from signoff.model.text import text
from signoff.systems.google.deployed import BuildName, BuildState, path_of
from signoff.systems.google.writer import Writers

if TYPE_CHECKING:
    from signoff.actions.plan import Deploy


@dataclass(frozen=True, slots=True)
class Work:
    """One workload of one operation, under way. `together`: what its command deploys, itself included."""

    site: Site
    item: Deploy
    operation: str
    writers: Writers
    progress: Progress
    together: tuple[Deploy, ...] = ()

    @property
    def workload(self) -> Workload:
        return next(one for one in self.site.subject.workloads if one.name == self.item.workload)

    @property
    def paths(self) -> frozenset[str]:
        return paths_of(self.item)

    def tell(self, what: str) -> None:
        self.progress(0, None, what)


@dataclass(frozen=True, slots=True)
class Built:
    """An image by digest, and the build that made it, where one did.

    `alone`: the way deployed it by itself, so that signoff has only to prove it. `stated`: only a tag or a
    label says of which commit it is.
    """

    image: str
    build: BuildName | None = None
    alone: bool = False
    stated: bool = False


def paths_of(item: Deploy) -> frozenset[str]:
    """The image paths that the workload has now, and the one that somebody else builds for it."""
    named = {item.build.path} if item.build is not None and item.build.way == "image" else set()
    return frozenset(path_of(resource.image) for resource in item.resources) | named


def tags(item: Deploy, commit: Commit, operation: str) -> Sequence[str]:
    """What a build of ours is marked with, so that it is found again: by whom, for what, of which commit."""
    return ("signoff", workload_tag(item.workload), commit_tag(commit), operation)


def path_in(build: Build, digest: str) -> str:
    """The path under which the build pushed the image."""
    return next(image.path for image in build.images if image.digest == digest)


def workload_tag(name: str) -> str:
    return f"signoff-{name}"


def commit_tag(commit: Commit) -> str:
    return f"commit-{commit}"


def image_of(work: Work, built: BuildState) -> Built:
    """The image of this workload by digest: the one at the path that it has now, else the only one."""
    found = [image for image in built.images if image.path in work.paths]
    if not found and len(built.images) == 1:
        found = list(built.images)
    if not found:
        names = ", ".join(image.path for image in built.images) or "none (its configuration has no `images:`)"
        raise NotMade(text("build {} pushed no image for {}; pushed: {}", built.name.id, work.item.workload, names))
    return Built(f"{found[0].path}@{found[0].digest}", built.name)
