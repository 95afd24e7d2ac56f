"""What is on its way already: the changes of others in a target, and the builds of a commit."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from signoff.actions.claim import read_claim
from signoff.actions.plan import Item
from signoff.actions.site import Site
from signoff.ledger import folds
from signoff.model.builds import Build
from signoff.model.facts import Unknown
from signoff.model.subject import Commit, Target
from signoff.model.text import Text, text
from signoff.systems.google.deployed import Deployed, path_of
from signoff.systems.google.edit import short
from signoff.views.words import command, moment

NEWEST = 100
"""Builds of a location that are looked at. One page: what still runs is among the newest."""


def on_its_way(site: Site, item: Item) -> list[Text]:
    """One line for each change of others: who, and since when. Said before the yes, and bound to the plan by what it
    does to the resources. An operation that this ledger knows is told of by the plan that goes on with it.
    """
    return [line for resource in item.resources for line in _of_resource(site, resource)]


async def builds_of(site: Site, commits: Collection[Commit]) -> tuple[Build, ...] | Unknown:
    """Builds that say they are of one of the commits, newest first: of the target's regions and of `global`."""
    target = site.subject.target
    places = dict.fromkeys([*target.regions, "global"])
    pages = await asyncio.gather(*(site.systems.builds.page(target.project, place, NEWEST) for place in places))
    found: list[Build] = []
    for page in pages:
        if isinstance(page, Unknown):
            return page
        found += [build for build in page.value.items if (build.commit or build.stated) in commits]
    return tuple(sorted(found, key=lambda build: build.created, reverse=True))


def may_make(build: Build, images: Collection[str]) -> bool:
    """Whether the build may make the image: its paths say so, or it does not say what it pushes."""
    return not build.paths or not build.paths.isdisjoint(path_of(image) for image in images)


def log_of(build: Build, target: Target) -> str:
    """The command that shows its log."""
    return command(["gcloud", "builds", "log", build.id, f"--region={build.location}", f"--project={target.project}"])


def said(build: Build) -> Text:
    """`build 1234abcd of 1234567 is WORKING since 2026-01-01T00:00:00Z`."""
    commit = build.commit or build.stated
    return text(
        "build {} of {} is {} since {}", build.id[:8], commit[:7] if commit else "an unknown commit", build.status,
        moment(build.created),
    )  # fmt: skip


def _of_resource(site: Site, resource: Deployed) -> list[Text]:
    lines = []
    claim = read_claim(resource.claim)
    if claim is not None and folds.operation(site.ledger, claim.operation) is None:
        over = ", whose time is over" if claim.until <= site.now() else f", until {moment(claim.until)} at the latest"
        lines.append(
            text(
                "  on its way: {} by {} holds {} since {}{}", claim.operation, claim.by, short(resource.resource),
                moment(claim.since), over,
            )
        )  # fmt: skip
    if not resource.settled:
        what = resource.created or short(resource.resource)
        lines.append(text("  on its way: Cloud Run works on {}, changed at {}", what, resource.changed))
    return lines
