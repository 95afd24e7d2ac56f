"""Which steps an item of a plan takes, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from signoff.actions.build_step import build
from signoff.actions.claim import Claims
from signoff.actions.judge_step import watched
from signoff.actions.plan import Deploy, Item, RollBack, Run
from signoff.actions.proof_step import Proofs, proof
from signoff.actions.revision_step import revision
from signoff.actions.rollback_step import to_revisions
from signoff.actions.run_step import cancelled, goes_on, ran
from signoff.actions.site import Site
from signoff.actions.steps import Act, Made, Step, Undo
from signoff.actions.template_step import template_back
from signoff.actions.together import together
from signoff.actions.traffic_step import back, traffic
from signoff.actions.ways.alone import moved, released
from signoff.actions.ways.builds import CommandBuild, may_deploy
from signoff.check import Progress
from signoff.model.judgement import Link
from signoff.model.text import Text, text
from signoff.systems.google.writer import Writers

REACHED = frozenset({Link.REACHABLE})
BETWEEN = frozenset({Link.REACHABLE, Link.HEALTHY})
RAN = frozenset({Link.BUILT, Link.RELEASED, Link.SERVING})


def steps_of(
    site: Site, items: Sequence[Item], item: Item, operation: str, claims: Claims, proofs: Proofs
) -> Sequence[Step]:
    """The steps of one of `items`. All begin with the claim, and end with the chain's own word, kept in `proofs`."""
    sharing = together(items, item)
    first = Step("preflight", item.workload, frozenset(), _claimed(site, item, sharing, claims))
    match item:
        case RollBack():
            steps, links = _of_roll_back(item, operation), BETWEEN
        case Run():
            steps, links = _of_run(site, item, operation), RAN | {Link.HEALTHY}
        case Deploy(kind="job"):
            steps, links = _of_job(site, item, operation, sharing), RAN
        case Deploy():
            steps, links = _of_service(site, item, operation, sharing), RAN | BETWEEN
    return [first, *steps, Step("prove", item.workload, links, proof(site, item, links, proofs))]


def _of_service(site: Site, item: Deploy, operation: str, sharing: tuple[Deploy, ...]) -> list[Step]:
    name = item.workload
    steps = [
        *_build(site, item, operation, sharing),
        Step(
            "revision", name, frozenset({Link.RELEASED}), _release(site, item, operation), _back(site, item, operation)
        ),
        Step("smoke", name, REACHED, watched(site, item, REACHED, 0)),
    ]
    for percent in item.traffic:
        steps.append(Step(f"traffic {percent}", name, frozenset({Link.SERVING}), moved(item, traffic(item, percent))))
        if percent < 100:
            steps.append(Step(f"watch {percent}", name, BETWEEN, watched(site, item, BETWEEN, item.hold)))
    return steps


def _of_job(site: Site, item: Deploy, operation: str, sharing: tuple[Deploy, ...]) -> list[Step]:
    name = item.workload
    back_from_it = _back(site, item, operation)
    template = Step("template", name, frozenset({Link.RELEASED}), _release(site, item, operation), back_from_it)
    return [*_build(site, item, operation, sharing), template, *_stale(item)]


def _of_run(site: Site, item: Run, operation: str) -> list[Step]:
    begun: list[str] = []
    act = ran(site, item, operation, begun)
    return [*_stale(item), Step("run", item.workload, frozenset({Link.SERVING}), act, leaves=lambda: goes_on(begun))]


def _stale(item: Deploy | Run) -> list[Step]:
    return [Step("cancel", item.workload, frozenset(), cancelled(item.stale))] if item.stale else []


def _of_roll_back(item: RollBack, operation: str) -> list[Step]:
    return [Step("traffic", item.workload, frozenset({Link.SERVING}), to_revisions(item), back(item, operation))]


def _build(site: Site, item: Deploy, operation: str, sharing: tuple[Deploy, ...]) -> list[Step]:
    """A command may have deployed when it fails, and is undone like a deploy."""
    if item.build is None:
        return []
    act = build(site, item, item.build, operation, sharing)
    undo = _back_from(site, item, item.build, operation) if isinstance(item.build, CommandBuild) else None
    return [Step("build", item.workload, frozenset({Link.BUILT}), act, undo)]


def _back_from(site: Site, item: Deploy, command: CommandBuild, operation: str) -> Undo:
    """Not before the command has ended: it may be at work for another workload, and would move traffic again."""
    undo = _undo(site, item, operation)

    async def ended(writers: Writers) -> Text:
        async with site.building[command].lock:
            return await undo(writers)

    return ended


def _release(site: Site, item: Deploy, operation: str) -> Act:
    commit = item.build.commit if item.build else None
    warm = site.warm if item.kind == "service" else _nothing
    return (released if may_deploy(item.build) else revision)(item, operation, commit, warm)


async def _nothing() -> None:
    """Of a job there is no smoke."""


def _back(site: Site, item: Deploy, operation: str) -> Undo | None:
    """Once is enough: going back from a command is going back from all that follows it."""
    return None if isinstance(item.build, CommandBuild) else _undo(site, item, operation)


def _undo(site: Site, item: Deploy, operation: str) -> Undo:
    return back(item, operation) if item.kind == "service" else template_back(site, item, operation)


def _claimed(site: Site, item: Item, sharing: tuple[Deploy, ...], claims: Claims) -> Act:
    """What one command deploys is claimed as a whole, before the first of them runs it."""

    async def act(writers: Writers, made: Made, progress: Progress) -> Made:
        del progress
        if not sharing:
            await claims.take(writers, item)
            return replace(made, says=text("nobody else deploys it"))
        shared = site.building[sharing[0].build]
        async with shared.lock:
            for one in sharing:
                if one.workload not in shared.claimed:
                    await claims.take(writers, one)
                    shared.claimed.add(one.workload)
        return replace(made, says=text("nobody else deploys it"))

    return act
