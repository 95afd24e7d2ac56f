"""The last step of a workload: the chain is walked again. (The walk itself keeps which revisions it saw to be good.)"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import replace

from signoff.actions.judge_step import judged
from signoff.actions.plan import Item
from signoff.actions.site import Site
from signoff.actions.steps import Act, Made
from signoff.check import Progress
from signoff.model.judgement import Link
from signoff.model.report import Report
from signoff.model.subject import WorkloadName
from signoff.systems.google.writer import Writers

Proofs = MutableMapping[WorkloadName, Report]
"""The whole walk that ended each workload's steps well."""


def proof(site: Site, item: Item, links: frozenset[Link], proofs: Proofs) -> Act:
    """Fails where one of `links` fails; what is unknown or waits is said, and the verdict afterwards speaks of it."""

    async def act(writers: Writers, made: Made, progress: Progress) -> Made:
        del writers, progress
        report = await site.prove([item.workload], None)
        says = judged(report, item.workload, links)
        proofs[item.workload] = report
        return replace(made, says=says)

    return act
