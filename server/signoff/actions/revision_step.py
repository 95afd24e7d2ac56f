"""The step `revision`: a new one by digest, without traffic, reached by its tag; of a job a new template."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from signoff.actions.claim import kind_of
from signoff.actions.plan import Before, Deploy
from signoff.actions.steps import Act, Made, StepFailed, known
from signoff.check import Progress
from signoff.model.run import DEPLOY_TAG as TAG
from signoff.model.subject import Commit
from signoff.model.text import text
from signoff.systems.google.deployed import Conflict, Deployed, Settled
from signoff.systems.google.edit import EditedKind, short
from signoff.systems.google.writer import Writers

READY_SECONDS = 600.0
"""A start-up probe of Cloud Run may take 4 minutes; the rest is for pulling the image and retries."""

Warm = Callable[[], Awaitable[None]]
"""Gets ready what comes next, while Cloud Run is waited for."""


def revision(item: Deploy, operation: str, commit: Commit | None, warm: Warm) -> Act:
    """Writes the template and the tag of every resource, and waits until the revision is ready."""

    async def act(writers: Writers, made: Made, progress: Progress) -> Made:
        image = made.image or item.image
        if image is None:
            raise TypeError("a plan's item has a build or an image")
        kind = kind_of(item)
        revisions, urls = [], []
        for planned, before in zip(item.resources, item.before, strict=True):
            template = _Template(image, commit, operation, planned.image)
            made_there = await _made(writers, kind, before, template, progress, warm)
            revisions.append((before.resource, made_there))
            if kind == "service":
                urls.append(await tagged(writers, before, made_there, progress))
        names = ", ".join(name for _, name in revisions if name)
        says = text("{} is ready and gets no traffic yet", names) if names else text("the template names {}", image)
        return replace(made, image=image, revisions=tuple(revisions), urls=tuple(urls), says=says)

    return act


@dataclass(frozen=True, slots=True)
class _Template:
    """What is written. `replacing`: the image that the plan saw there."""

    image: str
    commit: Commit | None
    operation: str
    replacing: str


async def _made(
    writers: Writers, kind: EditedKind, before: Before, template: _Template, progress: Progress, warm: Warm
) -> str:
    """The new revision (short), ready; of a job "". What this operation has written already is not written again."""
    now = await deployed(writers, kind, before.resource)
    generation = now.generation
    if now.operation != template.operation:
        answer = await writers.set_image(
            kind,
            before.resource,
            template.image,
            commit=template.commit,
            operation=template.operation,
            replacing=template.replacing,
            holding=before.serving,
            tag=TAG,
        )
        written = known(answer, f"updating {short(before.resource)}", wrote=True)
        if isinstance(written, Conflict):
            raise _lost_race(before, written)
        generation = written.generation
    warming = asyncio.ensure_future(warm())
    try:
        settled = await wait_settled(writers, kind, before.resource, generation, progress)
    finally:
        await asyncio.gather(warming, return_exceptions=True)
    if settled.state == "failed":
        what = settled.revision or short(before.resource)
        raise StepFailed(
            text("{} is not ready: {}; what served before still does", what, settled.message), changed=True
        )
    return settled.revision


async def tagged(writers: Writers, before: Before, made: str, progress: Progress) -> str:
    """The URL that reaches the revision while the others keep the traffic; "" where it serves already.

    The tag came with the revision, but where nothing served before, or somebody took it away since.
    """
    now = await deployed(writers, "service", before.resource)
    if now.serving == ((made, 100),):
        return ""
    if not any(tag.name == TAG and tag.revision == made and tag.url for tag in now.tags):
        await shared(writers, before.resource, before.serving, (TAG, made), progress)
        now = await deployed(writers, "service", before.resource)
    return next((tag.url for tag in now.tags if tag.name == TAG and tag.revision == made), "")


async def deployed(writers: Writers, kind: EditedKind, resource: str) -> Deployed:
    """The resource as it stands. Raises StepFailed where it can not be read, or is gone."""
    found = known(await writers.deployed(kind, resource), f"reading {short(resource)}")
    if found is None:
        raise StepFailed(text("{} does not exist any more", short(resource)), changed=None)
    return found


async def shared(
    writers: Writers,
    resource: str,
    shares: tuple[tuple[str, int], ...],
    tag: tuple[str, str] | None,
    progress: Progress,
) -> None:
    """Write the traffic of a service and wait until Cloud Run has dealt with it. Raises StepFailed."""
    answer = await writers.set_traffic(resource, shares, tag)
    written = known(answer, f"moving the traffic of {short(resource)}", wrote=True)
    if isinstance(written, Conflict):
        raise StepFailed(text("{} was changed by somebody else twice; its traffic was not moved", short(resource)))
    await wait_settled(writers, "service", resource, written.generation, progress)


async def wait_settled(
    writers: Writers, kind: EditedKind, resource: str, generation: int, progress: Progress
) -> Settled:
    """How the generation came out. Raises StepFailed where it takes too long, or somebody else wrote after it."""
    name = short(resource)
    told: Callable[[str], None] = lambda passed: progress(0, None, passed)  # noqa: E731 - a name for its type
    settled = known(await writers.settled(kind, resource, generation, READY_SECONDS, told), f"watching {name}")
    if settled is None:
        raise StepFailed(text("{} was updated and is not ready after {} s", name, int(READY_SECONDS)), changed=True)
    if settled.state == "replaced":
        raise StepFailed(text("{} was changed again by somebody else before it was ready", name), changed=True)
    return settled


def _lost_race(before: Before, conflict: Conflict) -> StepFailed:
    name = short(before.resource)
    if conflict.there is not None:
        return StepFailed(text("somebody else deployed {} meanwhile: it names {}", name, conflict.there))
    return StepFailed(text("{} was changed by somebody else twice while it was written; nothing was written", name))
