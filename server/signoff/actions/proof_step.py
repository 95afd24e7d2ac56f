"""The last step of a workload: the chain is walked again. (The walk itself keeps which revisions it saw to be good.)"""

from __future__ import annotations

from dataclasses import replace

from signoff.actions.plan import Item
from signoff.actions.site import Site
from signoff.actions.steps import Act, Made
from signoff.actions.traffic_step import judged
from signoff.check import Progress
from signoff.model.judgement import Link
from signoff.systems.google.writer import Writers


def proof(site: Site, item: Item, links: frozenset[Link]) -> Act:
    """Fails where a link fails; what is unknown or waits is said, and the verdict afterwards speaks of it."""

    async def act(writers: Writers, made: Made, progress: Progress) -> Made:
        del writers, progress
        report = await site.prove([item.workload], links)
        return replace(made, says=judged(report, item.workload, links))

    return act
