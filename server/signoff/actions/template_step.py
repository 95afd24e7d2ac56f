"""Going back from a job's new template: what it named before is put back, where nobody else has written since."""

from __future__ import annotations

from datetime import datetime

from signoff.actions.plan import Before, Deploy
from signoff.actions.revision_step import deployed, wait_settled
from signoff.actions.run_step import CLOCKS
from signoff.actions.site import Site
from signoff.actions.steps import StepFailed, Undo, known
from signoff.ledger import folds
from signoff.model.facts import Unknown
from signoff.model.text import Text, listed, text
from signoff.systems.google.deployed import Conflict
from signoff.systems.google.edit import short
from signoff.systems.google.writer import Writers
from signoff.views.words import command


def template_back(site: Site, item: Deploy, operation: str) -> Undo:
    """The template of every resource as it was before the operation; executions that began meanwhile are named."""

    async def undo(writers: Writers) -> Text:
        began = folds.operation(site.ledger, operation)
        since = began.began.at if began is not None else site.now()
        says, failed = [], False
        for before in item.before:
            try:
                says.append(await _back(writers, before, operation, since))
            except StepFailed as failure:
                failed = True
                says.append(text("{}; its template named {} before", failure.says, before.image))
        if failed:
            raise StepFailed(listed(says), changed=None)
        return listed(says)

    return undo


async def _back(writers: Writers, before: Before, operation: str, since: datetime) -> Text:
    name = short(before.resource)
    now = await deployed(writers, "job", before.resource)
    if now.image == before.image:
        return text("the template of {} names {} as before", name, before.image)
    ran = await _ran(writers, before.resource, now.image, since)
    kept = text("the template of {} names {}; {}", name, now.image, ran)
    if now.operation != operation:
        raise StepFailed(text("{}; this operation did not write it, so it was left as it is", kept), changed=True)
    if "@sha256:" not in before.image:
        # A tag is resolved when the job is written: what it names by now may be the image that failed.
        why = "{}; a tag can name another image by now, so it was not put back (choose one: {})"
        raise StepFailed(text(why, kept, command(_update(before.resource))), changed=True)
    try:
        await _written(writers, before, operation)
    except StepFailed as failure:
        if await _image(writers, before, failure) != before.image:
            raise StepFailed(text("{}; {}", failure.says, kept), changed=None) from failure
    return text("the template of {} names {} again; {}", name, before.image, ran)


async def _written(writers: Writers, before: Before, operation: str) -> None:
    name = short(before.resource)
    answer = await writers.put_back(before.resource, before.image, before.labels, before.own_labels, operation)
    written = known(answer, f"putting the template of {name} back", wrote=True)
    if isinstance(written, Conflict):
        raise StepFailed(text("{} was changed by somebody else twice meanwhile", name))
    await wait_settled(writers, "job", before.resource, written.generation, lambda *_: None)


async def _image(writers: Writers, before: Before, failure: StepFailed) -> str:
    """What it names after all: the answer to a write may have been lost. Raises `failure`, where that is not known."""
    try:
        return (await deployed(writers, "job", before.resource)).image
    except StepFailed as unread:
        raise StepFailed(text("{}; {}", failure.says, unread.says), changed=None) from unread


async def _ran(writers: Writers, job: str, image: str, since: datetime) -> Text:
    """Whether an execution began with the new image meanwhile, for instance by a schedule."""
    answer = await writers.jobs.executions(job, since - CLOCKS)
    if isinstance(answer, Unknown):
        return text("whether an execution ran with the new one is not known ({})", answer.why)
    found = [execution for execution in answer.value if execution.image == image]
    if not found:
        return text("no execution ran with the new one")
    says = [f"{short(one.name)} {'ran' if one.completed else 'runs'} with the new one" for one in found]
    return text("{}", ", ".join(says))


def _update(job: str) -> tuple[str, ...]:
    _, project, _, region, _, name = job.split("/")
    return ("gcloud", "run", "jobs", "update", name, "--image=IMAGE", f"--region={region}", f"--project={project}")
