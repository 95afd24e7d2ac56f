"""A way that may deploy by itself: then signoff writes no template, and observes and proves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from signoff.actions.claim import kind_of
from signoff.actions.plan import Deploy
from signoff.actions.revision_step import Warm, deployed, revision, tagged, wait_settled
from signoff.actions.steps import Act, Made, StepFailed
from signoff.actions.ways.work import Built, Work
from signoff.check import Progress
from signoff.gather.placements import placements
from signoff.gather.trace import traces
from signoff.model.facts import Unknown
from signoff.model.lineage import Placement
from signoff.model.run import Job, Template
from signoff.model.subject import Commit
from signoff.model.text import text
from signoff.survey import Survey
from signoff.systems.google.deployed import Deployed
from signoff.systems.google.edit import short
from signoff.systems.google.writer import Writers


async def changed(work: Work) -> bool:
    """Whether a resource has another image or traffic than before the operation."""
    now = await _now(work.writers, work.item)
    return [(one.image, one.serving) for one in now] != [(one.image, one.serving) for one in work.item.before]


async def deployed_alone(work: Work) -> Built | None:
    """The image that the target runs everywhere by now, where that is proven to hold the commit (or stated, by a label
    of the revision, where that is accepted); None otherwise.

    None too where this operation itself wrote it, before it was interrupted: then its own steps go on.
    """
    now = await _now(work.writers, work.item)
    if not await changed(work) or any(one.operation == work.operation for one in now):
        return None
    image, stated = "", False
    async with Survey(work.site.subject, work.site.systems, work.site.now()) as survey:
        placed = (await survey.get(placements))[work.item.workload]
        if isinstance(placed, Unknown):
            raise _not_known(placed)
        trace = (await survey.get(traces))[work.item.workload]
        if isinstance(trace, Unknown):
            raise _not_known(trace)
        for placement in placed:
            template = _template(placement)
            found = trace.lineages.get(template.main.image.digest or "") if template is not None else None
            if template is None or found is None or not found.holds(work.workload.accept_labels):
                return None
            image = f"{template.main.image.path}@{template.main.image.digest}"
            stated = stated or found.strength == "stated"
    return Built(image, alone=True, stated=stated)


def _not_known(answer: Unknown) -> StepFailed:
    return StepFailed(text("what the target runs is not known: {} ({})", answer.why, answer.detail), changed=True)


def _template(placement: Placement) -> Template | None:
    if isinstance(placement.resource, Job):
        return placement.resource.template
    return placement.newest.template if placement.newest is not None else None


def released(item: Deploy, operation: str, commit: Commit | None, warm: Warm) -> Act:
    """The step `revision` or `template`: what was deployed already is waited for, and is under its tag where it was
    left without traffic; else signoff writes, as ever.

    What the way wrote meanwhile, under this operation's claim, is nobody else's deploy.
    """

    async def act(writers: Writers, made: Made, progress: Progress) -> Made:
        now = await _now(writers, item)
        if not made.alone:
            return await revision(replace(item, resources=tuple(now)), operation, commit, warm)(writers, made, progress)
        revisions, urls = [], []
        for one, before in zip(now, item.before, strict=True):
            settled = await wait_settled(writers, kind_of(item), one.resource, one.generation, progress)
            if settled.state == "failed":
                what = settled.revision or short(one.resource)
                raise StepFailed(text("{} is not ready: {}", what, settled.message), changed=True)
            revisions.append((one.resource, settled.revision))
            waits = item.kind == "service" and one.serving == before.serving  # its traffic is given by the next steps
            urls.append(await tagged(writers, before, settled.revision, progress) if waits else "")
        names = ", ".join(name for _, name in revisions if name) or "the template"
        says = text("{} was deployed by the command or trigger itself", names)
        return replace(made, revisions=tuple(revisions), urls=tuple(urls), says=says)

    return act


def moved(item: Deploy, act: Act) -> Act:
    """The steps `traffic`: what has all of it already is left as it is."""

    async def either(writers: Writers, made: Made, progress: Progress) -> Made:
        if made.alone:
            now = {one.resource: one.serving for one in await _now(writers, item)}
            if all(now[resource] == ((name, 100),) for resource, name in made.revisions):
                names = ", ".join(name for _, name in made.revisions)
                return replace(made, says=text("{} has all of the traffic already", names))
        return await act(writers, made, progress)

    return either


async def _now(writers: Writers, item: Deploy) -> Sequence[Deployed]:
    return [await deployed(writers, kind_of(item), one.resource) for one in item.resources]
