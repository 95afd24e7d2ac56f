"""Which steps an item of a plan takes, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from signoff.actions.build_step import build
from signoff.actions.claim import Claims
from signoff.actions.plan import Deploy, Item, RollBack, Run
from signoff.actions.proof_step import Proofs, proof
from signoff.actions.revision_step import revision
from signoff.actions.rollback_step import to_revisions
from signoff.actions.run_step import cancelled, ran
from signoff.actions.site import Site
from signoff.actions.steps import Act, Made, Step, Undo
from signoff.actions.traffic_step import back, traffic, watched
from signoff.actions.ways.alone import moved, released
from signoff.actions.ways.command import CommandBuild
from signoff.actions.ways.way import may_deploy
from signoff.check import Progress
from signoff.model.judgement import Link
from signoff.model.text import text
from signoff.systems.google.writer import Writers

REACHED = frozenset({Link.REACHABLE})
BETWEEN = frozenset({Link.REACHABLE, Link.HEALTHY})
RAN = frozenset({Link.BUILT, Link.RELEASED, Link.SERVING})


def steps_of(site: Site, item: Item, operation: str, claims: Claims, proofs: Proofs) -> Sequence[Step]:
    """All begin with the claim, and end with the chain's own word, which is kept in `proofs`."""
    first = Step("preflight", item.workload, frozenset(), _claimed(item, claims))
    match item:
        case RollBack():
            steps, links = _of_roll_back(item, operation), BETWEEN
        case Run():
            steps, links = _of_run(site, item, operation), RAN | {Link.HEALTHY}
        case Deploy(kind="job"):
            steps, links = _of_job(site, item, operation), RAN
        case Deploy():
            steps, links = _of_service(site, item, operation), RAN | BETWEEN
    return [first, *steps, Step("prove", item.workload, links, proof(site, item, links, proofs))]


def _of_service(site: Site, item: Deploy, operation: str) -> list[Step]:
    name = item.workload
    steps = [
        *_build(site, item, operation),
        Step("revision", name, frozenset({Link.RELEASED}), _release(site, item, operation), _back(item, operation)),
        Step("smoke", name, REACHED, watched(site, item, REACHED, 0)),
    ]
    for percent in item.traffic:
        steps.append(Step(f"traffic {percent}", name, frozenset({Link.SERVING}), moved(item, traffic(item, percent))))
        if percent < 100:
            steps.append(Step(f"watch {percent}", name, BETWEEN, watched(site, item, BETWEEN, item.hold)))
    return steps


def _of_job(site: Site, item: Deploy, operation: str) -> list[Step]:
    name = item.workload
    template = Step("template", name, frozenset({Link.RELEASED}), _release(site, item, operation))
    return [*_build(site, item, operation), template, *_stale(item)]


def _of_run(site: Site, item: Run, operation: str) -> list[Step]:
    return [*_stale(item), Step("run", item.workload, frozenset({Link.SERVING}), ran(site, item, operation))]


def _stale(item: Deploy | Run) -> list[Step]:
    return [Step("cancel", item.workload, frozenset(), cancelled(item.stale))] if item.stale else []


def _of_roll_back(item: RollBack, operation: str) -> list[Step]:
    return [Step("traffic", item.workload, frozenset({Link.SERVING}), to_revisions(item), back(item, operation))]


def _build(site: Site, item: Deploy, operation: str) -> list[Step]:
    """A command may have deployed when it fails, and is undone like a deploy."""
    if item.build is None:
        return []
    undo = back(item, operation) if isinstance(item.build, CommandBuild) and item.kind == "service" else None
    return [Step("build", item.workload, frozenset({Link.BUILT}), build(site, item, item.build, operation), undo)]


def _release(site: Site, item: Deploy, operation: str) -> Act:
    commit = item.build.commit if item.build else None
    warm = site.warm if item.kind == "service" else _nothing
    return (released if may_deploy(item.build) else revision)(item, operation, commit, warm)


async def _nothing() -> None:
    """Of a job there is no smoke."""


def _back(item: Deploy, operation: str) -> Undo | None:
    """Once is enough: going back from a command is going back from all that follows it."""
    return None if isinstance(item.build, CommandBuild) else back(item, operation)


def _claimed(item: Item, claims: Claims) -> Act:
    async def act(writers: Writers, made: Made, progress: Progress) -> Made:
        del progress
        await claims.take(writers, item)
        return replace(made, says=text("nobody else deploys it"))

    return act
