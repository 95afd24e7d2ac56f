"""Plan and carry out deploys of the service web, in whichever way it is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import yaml

from signoff.actions.approval import answered
from signoff.actions.deploy import DeployResult, carry_out
from signoff.actions.plan import Plan, Request
from signoff.actions.planning import make
from signoff.actions.site import Site
from signoff.model.facts import Known
from signoff.model.subject import BuildMethod, Commit, WorkloadName
from signoff.systems.google.deployed import BuildName
from signoff.views.words import sentence
from support.samples import NOW
from support.world import World

WEB = Request("production", (WorkloadName("web"),))


def built_by(site: Site, build: BuildMethod, commit: str, **fields: Any) -> Site:
    """The site at a commit, with the service web built in that way."""
    workloads = tuple(
        replace(one, build=build, **fields) if one.name == "web" else one for one in site.subject.workloads
    )
    return replace(site, subject=replace(site.subject, commit=Commit(commit), workloads=workloads))


async def plan_of(site: Site) -> tuple[Plan, str]:
    """The plan, and what a person reads of it."""
    plan = await make(site, WEB)
    return plan, "\n".join(map(sentence, plan.lines))


class Told(list[str]):
    """A progress that does something at each message."""

    def __init__(self, then: Callable[[str], None]) -> None:
        super().__init__()
        self._then = then

    def append(self, message: str) -> None:
        super().append(message)
        self._then(message)


async def deploy(site: Site, told: list[str] | None = None) -> DeployResult:
    """Plan, yes, and the whole operation; `told` takes its progress."""
    plan, _ = await plan_of(site)
    told = [] if told is None else told
    return await carry_out(
        site, plan.id, plan.request, answered(plan, "test", NOW), lambda done, total, message: told.append(message)
    )


def said(done: DeployResult) -> str:
    return sentence(done.says)


def builds_of(world: World, commit: str) -> list[dict[str, Any]]:
    """All builds of a commit that the sandbox has on record."""
    return [
        build
        for build in world.sandbox.state()["builds"]
        if commit in str(build.get("source")) or f"commit-{commit}" in build.get("tags", [])
    ]


def image_now(world: World) -> str:
    """The image of the service web."""
    return str(world.service()["template"]["containers"][0]["image"])


async def build_finished(site: Site, world: World, commit: str, *, wait: bool = True) -> BuildName:
    """Somebody else builds cloudbuild.web.yaml of the commit; its name, once it is done where `wait`."""
    config = yaml.safe_load((world.clone / "cloudbuild.web.yaml").read_text(encoding="utf-8"))
    started = await site.writers.builds.start("demo", config, (str(world.remote), commit), substitutions={}, tags=())
    assert isinstance(started, Known)
    while wait:
        state = await site.writers.builds.state(started.value)
        assert isinstance(state, Known)
        if not state.value.running:
            assert state.value.done
            break
    return started.value
