"""The steps of a job's run: executions of an older image are cancelled, then it runs, and is judged by its end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from signoff.actions.plan import Run
from signoff.actions.site import Site
from signoff.actions.steps import Act, Made, StepFailed, known
from signoff.check import Progress
from signoff.ledger import folds
from signoff.model.facts import Known, Unknown
from signoff.model.text import Text, listed, text
from signoff.systems.google.deployed import Deployed, Execution
from signoff.systems.google.edit import short
from signoff.systems.google.waiting import unbroken
from signoff.systems.google.writer import Writers

CANCEL_SECONDS = 120.0
RUN_SECONDS = 24 * 3600.0
"""A task may run for a day, and longer in preview (https://cloud.google.com/run/docs/configuring/task-timeout)."""

CLOCKS = timedelta(seconds=5)
"""How far the clocks of this machine and of Google may be apart when an execution is told to be of this operation."""

TOLD_TASKS = 3


def cancelled(executions: Sequence[str]) -> Act:
    """Ends executions that write with the old code, and waits for their end (incident F2)."""

    async def act(writers: Writers, made: Made, progress: Progress) -> Made:
        for execution in executions:
            name = short(execution)
            now = known(await writers.jobs.ended(execution, 0, lambda _: None), f"reading {name}")
            if now is not None:
                continue  # it has ended by itself, or an earlier attempt of this step has cancelled it
            known(await writers.jobs.cancel(execution), f"cancelling {name}", wrote=True)
            told = lambda says, name=name: progress(0, None, f"{name}: {says}")  # noqa: E731 - bound to its name
            ended = known(await writers.jobs.ended(execution, CANCEL_SECONDS, told), f"watching {name}")
            if ended is None:
                raise StepFailed(
                    text("{} was cancelled and still runs after {} s", name, int(CANCEL_SECONDS)), changed=True
                )
        return replace(made, says=text("{} ended", ", ".join(map(short, executions))))

    return act


def ran(site: Site, item: Run, operation: str, begun: list[str]) -> Act:
    """Runs the job in every region and waits. An execution that this operation has begun is not begun again.

    When this is cancelled the execution goes on: half of a job's work is no safer than all of it. `begun` takes those
    that are waited for (full names).
    """

    async def act(writers: Writers, made: Made, progress: Progress) -> Made:
        says = []
        for resource in item.resources:
            execution = await _begun(site, writers, resource, operation)
            if execution is None:
                running = asyncio.ensure_future(writers.jobs.run(resource.resource))
                running.add_done_callback(lambda done: _noted(begun, done))  # also where this is cancelled meanwhile
                execution = known(await unbroken(running), f"running {short(resource.resource)}", wrote=True)
            else:
                begun.append(execution)
            says.append(await _watched(writers, resource, execution, progress))
            begun.remove(execution)
        return replace(made, says=listed(says))

    return act


def _noted(begun: list[str], done: asyncio.Future[Known[str] | Unknown]) -> None:
    if not done.cancelled() and done.exception() is None and isinstance(answer := done.result(), Known):
        begun.append(answer.value)


def goes_on(begun: Sequence[str]) -> str:
    """What was begun and not seen to end."""
    return "; ".join(f"{short(execution)} goes on; see: {_look(execution)}" for execution in begun)


async def _watched(writers: Writers, resource: Deployed, execution: str, progress: Progress) -> Text:
    progress(0, None, f"{short(execution)} runs")
    told = lambda says: progress(0, None, f"{short(execution)}: {says}")  # noqa: E731 - as `ended` wants it
    watched = await writers.jobs.ended(execution, RUN_SECONDS, told)
    if isinstance(watched, Unknown):
        says = "watching {} failed: {} ({}); it goes on; see: {}"
        raise StepFailed(text(says, short(execution), watched.why, watched.detail, _look(execution)), changed=True)
    ended = watched.value
    if ended is None:
        raise StepFailed(text("{} still runs after {} s", short(execution), int(RUN_SECONDS)), changed=True)
    if not ended.succeeded:
        raise StepFailed(await _failure(writers, ended), changed=True)
    if ended.image != resource.image:
        raise StepFailed(text("{} ran {}, not {}", short(execution), ended.image, resource.image), changed=True)
    return text("{} succeeded: {} of {} tasks, with {}", short(execution), ended.done, ended.tasks, ended.image)


async def _begun(site: Site, writers: Writers, resource: Deployed, operation: str) -> str | None:
    """The execution that this operation began before its process died: since then nobody else was let at the job."""
    began = folds.operation(site.ledger, operation)
    if began is None or not any(step.step == "run" for step in began.steps[:-1]):
        return None
    first = next((step.at for step in began.steps if step.step == "run"), began.began.at)
    found = known(
        await writers.jobs.executions(resource.resource, first - CLOCKS), f"listing {short(resource.resource)}"
    )
    of_image = [execution for execution in found if execution.image == resource.image]
    newest = max(of_image, key=lambda execution: execution.created, default=None)
    return newest.name if newest is not None and newest.created >= first - CLOCKS else None


def _look(execution: str) -> str:
    return f"gcloud run jobs executions describe {short(execution)}"


async def _failure(writers: Writers, ended: Execution) -> Text:
    """What Cloud Run says, and how the tasks ended that did not succeed."""
    look = _look(ended.name)
    tasks = await writers.jobs.failed_tasks(ended.name)
    if isinstance(tasks, Unknown) or not tasks.value:
        return text("{} failed: {} (see: {})", short(ended.name), ended.says, look)
    said = [
        text("task {} exit code {} after {} attempts", str(task.index), str(task.exit_code), str(task.attempts))
        for task in tasks.value[:TOLD_TASKS]
    ]
    more = text(" and {} more", str(len(tasks.value) - TOLD_TASKS)) if len(tasks.value) > TOLD_TASKS else text("")
    return text("{} failed: {}: {}{} (see: {})", short(ended.name), ended.says, listed(said), more, look)
