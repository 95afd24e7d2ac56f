"""The step `build`: a Cloud Build configuration on the git source at the commit; its image by digest."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from signoff.actions.buildconfig import read_build_config, trigger_values
from signoff.actions.plan import Build, Deploy
from signoff.actions.site import Site
from signoff.actions.steps import Act, Made, StepFailed, known
from signoff.check import Progress
from signoff.model.text import text
from signoff.systems.google.deployed import BuildState, path_of
from signoff.systems.google.writer import Writers

BUILD_SECONDS = 3600.0


def build(site: Site, item: Deploy, planned: Build) -> Act:
    """Builds the planned commit, and hands on the image of this workload."""

    async def act(writers: Writers, made: Made, progress: Progress) -> Made:
        raw = await site.file_at(planned.commit, planned.config)
        if raw is None:
            raise StepFailed(text("{} does not exist at {}", planned.config, planned.commit[:12]))
        config = read_build_config(raw, planned.config)
        started = await writers.builds.start(
            site.subject.target.project,
            config,
            remote=planned.remote,
            commit=planned.commit,
            substitutions=trigger_values(config, planned.commit, site.subject.target.branch),
        )
        number = known(started, "starting the build", wrote=True)
        progress(0, None, f"{number} started")
        ended = await _watched(site, writers, number, progress)
        if not ended.done:
            look = f"gcloud builds log {number} --project={site.subject.target.project}"
            raise StepFailed(text("build {} ended as {} ({}); see: {}", number, ended.status, ended.detail, look))
        image = _image_for(item, ended)
        return replace(made, build=number, image=image, says=text("build {} made {}", number, image))

    return act


async def _watched(site: Site, writers: Writers, number: str, progress: Progress) -> BuildState:
    """The build's end. When this is cancelled, so is the build: nobody would use its image."""
    project = site.subject.target.project
    try:
        ended = await writers.builds.ended(project, number, BUILD_SECONDS, lambda passed: progress(0, None, passed))
    except asyncio.CancelledError:
        await writers.builds.cancel(project, number)
        raise
    state = known(ended, f"watching build {number}")
    if state is None:
        raise StepFailed(text("build {} did not end within {} s", number, int(BUILD_SECONDS)))
    return state


def _image_for(item: Deploy, built: BuildState) -> str:
    """The image of this workload by digest: the one at the path that it has now, else the only one."""
    wanted = {path_of(resource.image) for resource in item.resources}
    found = [image for image in built.images if image.path in wanted]
    if not found and len(built.images) == 1:
        found = list(built.images)
    if not found:
        names = ", ".join(image.path for image in built.images) or "none (its configuration has no `images:`)"
        raise StepFailed(text("build {} pushed no image for {}; pushed: {}", built.id, item.workload, names))
    return f"{found[0].path}@{found[0].digest}"
