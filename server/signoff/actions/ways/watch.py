"""A build is watched to its end: its log streams as progress, and the first line that says why it failed is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from signoff.actions.steps import StepFailed, known
from signoff.actions.ways.work import Built, Work, image_of
from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.model.text import Text, text
from signoff.reading.build_log import failing_line
from signoff.systems.google.build_log import BuildLog
from signoff.systems.google.deployed import BuildName, BuildState
from signoff.systems.google.waiting import until
from signoff.views.words import command, sentence

BUILD_SECONDS = 3600.0
SHOWN = 20
"""Lines of a log that are told at once; the log itself has the others."""
LOOKS, LOOK_SECONDS = 4, 1.0
"""The log of a build that has ended may come in a little later: so often, and so far apart, it is looked for."""


async def watched(work: Work, name: BuildName, *, own: bool) -> Built:
    """The image of the build, once it has ended well. Raises StepFailed with the line that says why it failed.

    `own`: this operation started it; when it is cancelled, or can be watched no longer, so is the build: nobody would
    use its image, and a build that deploys by itself would do so after the operation has ended.
    """
    log = BuildLog(work.site.systems.boundary, work.site.systems.google, name)
    try:
        state = await _ended(work, name, log)
    except asyncio.CancelledError:
        if own:
            work.tell(sentence(await _cancelled(work, name)))
        raise
    except StepFailed as lost:
        left = await _cancelled(work, name) if own else text("it goes on, since this operation did not start it")
        raise StepFailed(text("{}; {}; see: {}", lost.says, left, command(name.log))) from lost
    if state.done:
        return image_of(work, state)
    raise StepFailed(
        text("build {} ended as {}{}; see: {}", name.id, state.status, await _why(log, state), command(name.log))
    )


async def _ended(work: Work, name: BuildName, log: BuildLog) -> BuildState:
    async def look() -> Known[BuildState | None] | Unknown:
        state = await work.writers.builds.state(name)
        if isinstance(state, Unknown):
            return state
        if state.value.log is not None:
            more = await log.more(state.value.log, ended=not state.value.running)
            if isinstance(more, Known):  # without its log a build is watched all the same
                _tell(work, more.value)
        return Known(None if state.value.running else state.value, state.ref)

    state = known(await until(look, BUILD_SECONDS, work.tell), f"watching build {name.id}")
    if state is None:
        raise StepFailed(text("build {} did not end within {} s", name.id, int(BUILD_SECONDS)))
    return state


async def _cancelled(work: Work, name: BuildName) -> Text:
    """Cancel the build; what came of that."""
    answer = await work.writers.builds.cancel(name)
    if isinstance(answer, Unknown):
        return text("build {} could not be cancelled ({}), so it may be under way still", name.id, answer.why)
    return text("build {} was cancelled", name.id)


def _tell(work: Work, lines: Sequence[Quoted]) -> None:
    if len(lines) > SHOWN:
        work.tell(f"… {len(lines) - SHOWN} lines of the log are not shown")
    for line in lines[-SHOWN:]:
        work.tell(sentence(text("log {}", line)))


async def _why(log: BuildLog, state: BuildState) -> Text:
    """What Cloud Build says of it, and the first line of the log that names an error."""
    said = text(" ({})", state.detail) if not state.detail.same_as("") else text("")
    if state.log is None or state.status == "CANCELLED":
        return said
    for turn in range(LOOKS):
        line = failing_line(log.lines, state.failed_step)
        if line is not None:
            where = f", step {state.failed_step}" if state.failed_step is not None else ""
            return text("{}{}: {}", said, where, line)
        if turn:
            await asyncio.sleep(LOOK_SECONDS)
        more = await log.more(state.log, ended=True)
        if isinstance(more, Unknown):
            return text("{}; its log could not be read ({})", said, more.why)
    return said
