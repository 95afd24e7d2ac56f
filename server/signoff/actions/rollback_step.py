"""The step of a roll-back: all traffic to revisions that were proven good, and to nothing newer."""

from __future__ import annotations

from dataclasses import replace

from signoff.actions.plan import RollBack
from signoff.actions.revision_step import deployed, shared
from signoff.actions.steps import Act, Made, StepFailed
from signoff.actions.traffic_step import shown
from signoff.check import Progress
from signoff.model.text import text
from signoff.systems.google.writer import Writers


def to_revisions(item: RollBack) -> Act:
    """By traffic alone: nothing is built, and the template stays."""

    async def act(writers: Writers, made: Made, progress: Progress) -> Made:
        for before, revision in zip(item.before, item.revisions, strict=True):
            wanted = ((revision, 100),)
            now = await deployed(writers, "service", before.resource)
            if now.serving != wanted or now.follows_latest or not now.settled:
                await shared(writers, before.resource, wanted, None, progress)
                now = await deployed(writers, "service", before.resource)
            if now.serving != wanted:
                raise StepFailed(text("traffic is not all on {} but: {}", revision, shown(now.serving)), changed=True)
        return replace(made, says=text("{} serves", ", ".join(item.revisions)))

    return act
