"""What a plain walk sees serve in good health is kept once, for a roll-back to go to."""

from __future__ import annotations

from dataclasses import replace

from signoff.commands.context import Context
from signoff.commands.proven import newly_proven
from signoff.commands.run import run, subject_of
from signoff.ledger import folds
from signoff.model.judgement import Link, Status
from signoff.model.report import Report
from signoff.survey import Survey
from support.samples import link_report
from support.world import SERVICE, World


async def kept(context: Context, status: Status) -> None:
    """A walk whose link `healthy` came out so; a young sandbox has too few requests for a verdict of its own."""
    async with Survey(await subject_of(context, ["web"]), context.systems, context.now()) as survey:
        report: Report = await run(context, [Link.SERVING], ["web"])
        [web] = report.workloads
        assert web.links[Link.SERVING].status is Status.PASS
        judged = replace(web, links={**web.links, Link.HEALTHY: link_report(status)})
        context.ledger.append(*await newly_proven(context, survey, replace(report, workloads=(judged,))))


async def test_it_is_kept_once_and_only_in_good_health(world: World) -> None:
    context = Context.open(world.clone)
    [status] = world.service()["trafficStatuses"]
    try:
        await kept(context, Status.WAITING)
        assert folds.proven_revisions(context.ledger, "production", SERVICE) == ()
        await kept(context, Status.PASS)
        await kept(context, Status.PASS)
    finally:
        await context.close()
    [proven] = folds.proven_revisions(context.ledger, "production", SERVICE)
    assert proven.revision == status.get("revision", world.service()["latestReadyRevision"]).rpartition("/")[2]
    assert "@sha256:" in proven.image
