"""Workloads of one operation that one command of the team deploys: it runs once for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from signoff.actions.plan import Deploy, Item
from signoff.actions.plan_error import PlanError
from signoff.actions.site import Site
from signoff.actions.ways.builds import CommandBuild
from signoff.model.facts import Unknown
from signoff.model.subject import Commit
from signoff.model.text import Text, text
from signoff.views.words import command


def together(items: Sequence[Item], item: Item) -> tuple[Deploy, ...]:
    """What the command of `item` deploys, itself included; empty where no command does."""
    if not isinstance(item, Deploy) or not isinstance(item.build, CommandBuild):
        return ()
    return tuple(one for one in items if isinstance(one, Deploy) and one.build == item.build)


def shared(items: Sequence[Item], item: Deploy) -> list[Text]:
    """What a plan says of a command that is not for this workload alone."""
    names = [one.workload for one in together(items, item)]
    if len(names) < 2:
        return []
    return [text("  it runs once for {}; each of them is proven for itself", ", ".join(names))]


async def at_one_commit(site: Site, items: Sequence[Deploy]) -> tuple[Deploy, ...]:
    """Where workloads share a command, all of them at the newest of their commits: it holds what each one wants.

    At an older one the command would bring an older state of the others. Raises PlanError where none holds the others.
    """
    wanted: dict[tuple[str, ...], list[Deploy]] = defaultdict(list)
    for item in items:
        if isinstance(item.build, CommandBuild):
            wanted[item.build.argv].append(item)
    newest = {argv: await _newest(site, argv, sharing) for argv, sharing in wanted.items()}
    return tuple(
        replace(item, build=replace(item.build, commit=newest[item.build.argv]))
        if isinstance(item.build, CommandBuild)
        else item
        for item in items
    )


async def _newest(site: Site, argv: Sequence[str], sharing: Sequence[Deploy]) -> Commit:
    commits = list(dict.fromkeys(item.build.commit for item in sharing if item.build is not None))
    newest = commits[0]
    for commit in commits[1:]:
        answer = await site.systems.git.history().merge_base(newest, commit)
        if isinstance(answer, Unknown):
            what = f"which of {newest[:12]} and {commit[:12]} holds the other is not known ({answer.why})"
            raise PlanError(what, fix="signoff doctor")
        if answer.value not in {newest, commit}:
            names = ", ".join(item.workload for item in sharing)
            what = f"{command(argv)} deploys {names}, and neither {newest[:12]} nor {commit[:12]} holds the other"
            raise PlanError(what, fix="push a commit that touches what both are built of, or deploy one at a time")
        newest = commit if answer.value == newest else newest
    return newest
