"""The last step of a workload: the chain is walked again. (The walk itself keeps which revisions it saw to be good.)"""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from dataclasses import replace
from datetime import datetime, timedelta

from signoff.actions.judge_step import judged
from signoff.actions.plan import Item, Run
from signoff.actions.site import Site
from signoff.actions.steps import Act, Made
from signoff.check import Progress
from signoff.model.judgement import Link
from signoff.model.report import Report
from signoff.model.subject import WorkloadName
from signoff.systems.google.writer import Writers

Proofs = MutableMapping[WorkloadName, Report]
"""The whole walk that ended each workload's steps well."""

LOG_PATIENCE = timedelta(seconds=60)
"""How long a run waits at most for the entries of its log that may still come; they come within 30 s by default."""


def proof(site: Site, item: Item, links: frozenset[Link], proofs: Proofs) -> Act:
    """Fails where one of `links` fails; what is unknown or waits is said, and the verdict afterwards speaks of it.

    The log of a job's run is a part of how it ended, so its last entries are waited for.
    """

    async def act(writers: Writers, made: Made, progress: Progress) -> Made:
        del writers
        end = site.now() + LOG_PATIENCE
        while True:
            report = await site.prove([item.workload], None)
            says = judged(report, item.workload, links)
            proofs[item.workload] = report
            now, until = site.now(), _log_is_whole_at(report, item)
            if until is None or until > end or now >= end:
                return replace(made, says=says)
            left = max(0.0, (until - now).total_seconds())  # the walk itself may have taken longer
            progress(0, None, f"waits {left:.0f} s: entries of its log may still be on their way")
            await asyncio.sleep(left)

    return act


def _log_is_whole_at(report: Report, item: Item) -> datetime | None:
    """When the log of a run can be judged; None where it is judged already, or nobody knows when it can be."""
    links = next((w.links for w in report.workloads if w.name == item.workload), {})
    healthy = links.get(Link.HEALTHY)
    waits = isinstance(item, Run) and healthy is not None and healthy.waits_on == "time"
    return healthy.ask_again_at if waits and healthy else None
