"""The last step of a workload: the chain is walked again, and what it saw serve in good health is kept."""

from __future__ import annotations

from dataclasses import replace

from signoff.actions.plan import Deploy, Item
from signoff.actions.revision_step import deployed
from signoff.actions.site import Site
from signoff.actions.steps import Act, Made
from signoff.actions.traffic_step import judged
from signoff.check import Progress
from signoff.ledger.events import RevisionProven
from signoff.model.judgement import Link, Status
from signoff.systems.google.writer import Writers

GOOD = frozenset({Link.SERVING, Link.HEALTHY})


def proof(site: Site, item: Item, links: frozenset[Link]) -> Act:
    """Fails where a link fails; what is unknown or waits is said, and the verdict afterwards speaks of it."""

    async def act(writers: Writers, made: Made, progress: Progress) -> Made:
        del progress
        report = await site.prove([item.workload], links)
        says = judged(report, item.workload, links)
        found = next((w.links for w in report.workloads if w.name == item.workload), {})
        if item.kind == "service" and all(link in found and found[link].status is Status.PASS for link in GOOD):
            commit = item.build.commit if isinstance(item, Deploy) and item.build else None
            for before in item.before:
                now = await deployed(writers, "service", before.resource)
                for revision, percent in now.serving:
                    if percent == 100:
                        event = RevisionProven(
                            site.now(), site.subject.target.name, before.resource, revision, now.image, commit
                        )
                        site.ledger.append(event)
        return replace(made, says=says)

    return act
