"""The steps of deploying one workload: build, update, ready, traffic. Each ends well or fails with its cause."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from signoff.actions.buildconfig import read_build_config, trigger_values
from signoff.actions.plan import Build, Item
from signoff.actions.site import Site
from signoff.actions.steps import Made, Step, StepFailed
from signoff.check import Progress
from signoff.model.facts import Known, Unknown
from signoff.model.judgement import Link
from signoff.model.text import text
from signoff.systems.google.deployed import BuildState, Conflict, Deployed, path_of
from signoff.systems.google.edit import EditedKind, short
from signoff.systems.google.writer import Writers

T = TypeVar("T")

Act = Callable[[Writers, Made, Progress], Awaitable[Made]]

BUILD_SECONDS = 3600.0
READY_SECONDS = 600.0
"""A start-up probe of Cloud Run may take 4 minutes; the rest is for pulling the image and retries."""


def steps_of(site: Site, item: Item) -> list[Step]:
    """In their order. A job has no traffic."""
    kind: EditedKind = "job" if item.kind == "job" else "service"
    steps = []
    if item.build is not None:
        steps.append(Step("build", item.workload, frozenset({Link.BUILT}), _build(site, item, item.build)))
    steps.append(Step("update", item.workload, frozenset({Link.RELEASED}), _update(item, kind)))
    if kind == "service":
        steps.append(Step("traffic", item.workload, frozenset({Link.SERVING}), _traffic))
    return steps


def _build(site: Site, item: Item, build: Build) -> Act:
    async def act(writers: Writers, made: Made, progress: Progress) -> Made:
        raw = await site.file_at(build.commit, build.config)
        if raw is None:
            raise StepFailed(text("{} does not exist at {}", build.config, build.commit[:12]))
        config = read_build_config(raw, build.config)
        started = await writers.builds.start(
            site.subject.target.project,
            config,
            remote=build.remote,
            commit=build.commit,
            substitutions=trigger_values(config, build.commit, site.subject.target.branch),
        )
        number = _known(started, "starting the build", wrote=True)
        progress(0, None, f"{number} started")
        ended = await _watched(site, writers, number, progress)
        if not ended.done:
            look = f"gcloud builds log {number} --project={site.subject.target.project}"
            raise StepFailed(text("build {} ended as {} ({}); see: {}", number, ended.status, ended.detail, look))
        return replace(made, build=number, image=_image_for(item, ended))

    return act


async def _watched(site: Site, writers: Writers, number: str, progress: Progress) -> BuildState:
    """The build's end. When this is cancelled, so is the build: nobody would use its image."""
    project = site.subject.target.project
    try:
        ended = await writers.builds.ended(project, number, BUILD_SECONDS, lambda passed: progress(0, None, passed))
    except asyncio.CancelledError:
        await writers.builds.cancel(project, number)
        raise
    state = _known(ended, f"watching build {number}")
    if state is None:
        raise StepFailed(text("build {} did not end within {} s", number, int(BUILD_SECONDS)))
    return state


def _image_for(item: Item, build: BuildState) -> str:
    """The image of this workload by digest: the one at the path that it has now, else the only one."""
    wanted = {path_of(resource.image) for resource in item.resources}
    found = [image for image in build.images if image.path in wanted]
    if not found and len(build.images) == 1:
        found = list(build.images)
    if not found:
        names = ", ".join(image.path for image in build.images) or "none (its configuration has no `images:`)"
        raise StepFailed(text("build {} pushed no image for {}; pushed: {}", build.id, item.workload, names))
    return f"{found[0].path}@{found[0].digest}"


def _update(item: Item, kind: EditedKind) -> Act:
    async def act(writers: Writers, made: Made, progress: Progress) -> Made:
        image = made.image or item.image
        if image is None:
            raise TypeError("a plan's item has a build or an image")
        commit = item.build.commit if item.build else None
        for resource in item.resources:
            made = await _updated(writers, kind, resource, replace(made, image=image), commit, progress)
        return made

    return act


async def _updated(
    writers: Writers, kind: EditedKind, planned: Deployed, made: Made, commit: str | None, progress: Progress
) -> Made:
    answer = await writers.set_image(kind, planned.resource, made.image or "", commit=commit, replacing=planned.image)
    written = _known(answer, f"updating {short(planned.resource)}", wrote=True)
    if isinstance(written, Conflict):
        raise _lost_race(planned, written)
    settled = _known(
        await writers.settled(
            kind, planned.resource, written.generation, READY_SECONDS, lambda passed: progress(0, None, passed)
        ),
        f"watching {short(planned.resource)}",
    )
    name = short(planned.resource)
    if settled is None:
        raise StepFailed(text("{} was updated and is not ready after {} s", name, int(READY_SECONDS)), changed=True)
    if settled.state == "replaced":
        raise StepFailed(text("{} was changed again by somebody else before it was ready", name), changed=True)
    if settled.state == "failed":
        what = settled.revision or name
        raise StepFailed(
            text("{} is not ready: {}; what served before still does", what, settled.message), changed=True
        )
    return replace(made, revisions=(*made.revisions, (planned.resource, settled.revision)))


def _lost_race(planned: Deployed, conflict: Conflict) -> StepFailed:
    name = short(planned.resource)
    if conflict.image is not None:
        return StepFailed(text("somebody else deployed {} meanwhile: it names {}", name, conflict.image))
    return StepFailed(text("{} was changed by somebody else twice while it was written; nothing was written", name))


async def _traffic(writers: Writers, made: Made, progress: Progress) -> Made:
    for resource, revision in made.revisions:
        await _moved(writers, resource, revision, progress)
    return made


async def _moved(writers: Writers, resource: str, revision: str, progress: Progress) -> None:
    """All traffic to `revision`. Where the service follows the latest revision, Cloud Run has moved it already."""
    now = _known(await writers.deployed("service", resource), f"reading {short(resource)}")
    if now is not None and now.serving == ((revision, 100),):
        return
    answer = await writers.send_traffic_to_latest(resource)
    written = _known(answer, f"moving the traffic of {short(resource)}", wrote=True)
    if isinstance(written, Conflict):
        raise StepFailed(text("{} was changed by somebody else; its traffic was not moved", short(resource)))
    settled = _known(
        await writers.settled(
            "service", resource, written.generation, READY_SECONDS, lambda passed: progress(0, None, passed)
        ),
        f"watching {short(resource)}",
    )
    now = _known(await writers.deployed("service", resource), f"reading {short(resource)}")
    if settled is None or now is None or now.serving != ((revision, 100),):
        shares = ", ".join(f"{name} {percent} %" for name, percent in now.serving) if now else "unknown"
        raise StepFailed(text("traffic is not all on {} but: {}", revision, shares), changed=True)


def _known(answer: Known[T] | Unknown, what: str, *, wrote: bool = False) -> T:
    """The value; StepFailed where it is not known. After a write nobody knows whether it took effect."""
    if isinstance(answer, Unknown):
        after = "; whether it took effect is not known" if wrote and answer.why not in {"denied", "malformed"} else ""
        changed = None if after else False
        raise StepFailed(text("{} failed: {} ({}){}", what, answer.why, answer.detail, after), changed=changed)
    return answer.value
