"""Rehearse builds: before the chain is walked, since a build takes longer than any look at what there is."""

from __future__ import annotations

from dataclasses import replace

from signoff.check import Progress
from signoff.commands.context import Context
from signoff.model.buildable import Rehearsed
from signoff.model.errors import SignoffError
from signoff.model.quoted import Quoted
from signoff.model.subject import Subject, Workload
from signoff.model.text import text
from signoff.survey import Survey


async def rehearse(context: Context, subject: Subject, progress: Progress | None = None, *, asked: bool) -> None:
    """Each workload's build, one after the other; what came of it is kept for the check that judges it.

    `asked`: all of the subject's that say how, failed ones once more; else those that say `always`. Raises SignoffError
    where none says how.
    """
    chosen = [one for one in subject.workloads if one.rehearsal is not None and (asked or one.rehearsal.always)]
    if asked and not chosen:
        name = subject.workloads[0].name
        what = "signoff.toml does not say with which command a build is rehearsed"
        fix = f'add [workloads.{name}.rehearsal] with command = ["npm", "run", "build"], and install where it needs it'
        raise SignoffError(what, where=str(context.config.path), fix=fix)
    for workload in chosen:
        await _one(context, replace(subject, workloads=(workload,)), workload, progress, again=asked)


async def _one(
    context: Context, subject: Subject, workload: Workload, progress: Progress | None, *, again: bool
) -> None:
    from signoff.gather.rehearsing import rehearse as rehearsed
    from signoff.views.words import sentence

    if workload.rehearsal is None:
        raise AssertionError("only workloads with a rehearsal are chosen")
    said = 0

    def told(line: Quoted) -> None:
        nonlocal said
        said += 1
        if progress is not None:
            progress(said, None, sentence(text("{}: {}", workload.name, line)))

    async with Survey(subject, context.systems, context.now()) as survey:
        done = await rehearsed(survey, workload, workload.rehearsal, told, again=again)
    context.systems.unrehearsed.pop(workload.name, None)
    if not isinstance(done, Rehearsed):
        context.systems.unrehearsed[workload.name] = done
