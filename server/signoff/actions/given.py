"""Plan the deploy of an image that was built before, from whatever it was: the chain says afterwards from what."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from signoff.actions.deploying import deploy_of
from signoff.actions.earlier import died, goes_on_with
from signoff.actions.environment import environment
from signoff.actions.on_its_way import on_its_way
from signoff.actions.plan import Plan, Request, make_plan
from signoff.actions.resources import must_be_ours, workload_of
from signoff.actions.shown import goes_on, kept, left_behind, lines_of, order
from signoff.actions.site import Site
from signoff.actions.ways.proof import known_of
from signoff.model.judgement import Link
from signoff.model.text import Text


async def plan_given(site: Site, request: Request, *, held: bool = False) -> Plan:
    """The plan of bringing `request.image` to its one workload. Raises PlanError as `planning.make` does.

    `held`: a person has read it, and it is compared with the world once more. What walks say of image and working tree
    is for the person's eyes and no part of the plan's id, so it is not asked a second time.
    """
    known, left = ([], []) if held else await _told(site, request)
    workload = workload_of(site, request.workloads[0])
    must_be_ours(workload, request)
    dead = died(site, request.target, request.workloads, held=held)
    item = await deploy_of(site, request, workload, dead)
    resumes = goes_on_with(dead, site, request)
    lines = goes_on(resumes) if resumes else []
    lines += [*lines_of(item, workload, site.subject.target), *await environment(site, item, workload), *kept(item)]
    lines += order(workload, [workload], ())
    lines += [*known, *on_its_way(site, item), *left]
    operation = resumes.began.operation if resumes else None
    return make_plan(request, site.subject.commit, (item,), tuple(lines), operation)


async def _told(site: Site, request: Request) -> tuple[Sequence[Text], Sequence[Text]]:
    """Of which commit the image is, and what is left behind in the working tree: two looks, side by side."""
    known = asyncio.ensure_future(_known(site, request))
    try:
        report = await site.prove(request.workloads, (Link.COMMITTED,), overview=False)
        return await known, left_behind(report, request.workloads)
    finally:
        known.cancel()
        await asyncio.gather(known, return_exceptions=True)


async def _known(site: Site, request: Request) -> Sequence[Text]:
    """Nothing of what the walk or the plan refuses anyway."""
    workload = next((one for one in site.subject.workloads if one.name == request.workloads[0]), None)
    if workload is None or request.image is None or "@sha256:" not in request.image:
        return []
    return [await known_of(site, workload, request.image)]
