"""The facts of `built`: where a build failed, with the line of its log that says why."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from signoff.gather.standing import standing
from signoff.model.builds import Build
from signoff.model.facts import Unknown
from signoff.model.lineage import Standing
from signoff.model.quoted import Quoted
from signoff.model.subject import Workload
from signoff.survey import Survey

LOG_SECONDS = 5.0
"""A log explains and proves nothing: what takes longer is left to the command that shows it."""


async def with_failing_line(survey: Survey, workload: Workload) -> Standing | Unknown:
    """As `standing`. The log is read where a failed build is the finding alone, and once for all its workloads."""
    facts = await standing(survey, workload)
    if isinstance(facts, Unknown) or facts.good or facts.trace is None or facts.trace.failure is None:
        return facts
    return replace(facts, failing_line=await survey.get(_failing_line, facts.trace.failure))


async def _failing_line(survey: Survey, build: Build) -> Quoted | None:
    """None where the log does not say, or could not be read in time."""
    from signoff.reading.build_log import failing_line  # most builds end well

    try:
        async with asyncio.timeout(LOG_SECONDS):
            lines = await survey.systems.builds.log(survey.subject.target.project, build, LOG_SECONDS)
    except TimeoutError:
        return None
    return None if isinstance(lines, Unknown) else failing_line(lines.value, build.failed_step)
