"""What an operation could not send back is not what the next one goes back to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from signoff.actions.planning import make
from signoff.actions.site import Site
from signoff.ledger.events import OperationBegan, OperationEnded, StepTaken
from signoff.ledger.folds import Operation
from signoff.views.deploy import plan_text, result
from support.samples import NOW
from support.world import World

from .conftest import Chain
from .test_deploy import WEB, at_head, deploy
from .test_traffic import Watching, deploy_stepwise, serving, stepwise

REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"


async def half_moved(world: World, site: Site, chain: Chain) -> tuple[str, str]:
    """A deploy fails at 50 % and may not send traffic back; what served before, and the revision that failed."""
    [(old, _)] = serving(world)

    def refuse(share: int) -> None:
        if share == 50:
            world.sandbox.fault("google.cloud.run.v2.Services/UpdateService", code="PERMISSION_DENIED")

    done = await deploy_stepwise(world, site, Watching(world, chain, ill_at=50, then=refuse), "half")
    world.sandbox.clear_faults()
    assert done.outcome == "failed"
    (new,) = dict(serving(world)).keys() - {old}
    assert dict(serving(world)) == {old: 50, new: 50}
    return old, new


async def test_the_next_deploy_goes_back_to_what_served_before_the_one_that_could_not(
    world: World, site: Site, chain: Chain
) -> None:
    old, new = await half_moved(world, site, chain)
    ill = Watching(world, chain, ill_at=10)
    site = at_head(site, chain, world.commit("shared/mapper.py", "def mapped(row):\n    return 'next'\n"))
    site = replace(stepwise(site, 10, 100), prove=ill)
    plan = await make(site, WEB)
    assert f"to undo: send traffic back to {old} 100 %" in plan_text(plan)
    assert "note: an earlier operation left it at " in plan_text(plan)
    done = await deploy(site, plan)
    assert done.outcome == "failed"
    assert f"{old} 100 % serves again" in result(done)[0]
    assert serving(world) == [(old, 100)]
    assert new not in dict(serving(world))


@pytest.mark.parametrize("share", [100, 30])
async def test_what_somebody_moved_since_is_what_the_next_deploy_goes_back_to(
    world: World, site: Site, chain: Chain, share: int
) -> None:
    old, new = await half_moved(world, site, chain)
    shares = [{"revision": name, "percent": part} for name, part in ((new, share), (old, 100 - share)) if part]
    world.change(traffic=[{"type": REVISION, **one} for one in shares], trafficStatuses=shares)
    site = at_head(site, chain, world.commit("shared/mapper.py", "def mapped(row):\n    return 'moved'\n"))
    plan = plan_text(await make(site, WEB))
    assert "an earlier operation left it" not in plan
    assert f"{new} {share} %" in next(line for line in plan.splitlines() if "to undo" in line)


def operation(*steps: tuple[str, str]) -> Operation:
    began = OperationBegan(NOW, "op-1", "plan-1", "production", "c", "ada", {"web": []})
    taken = [StepTaken(NOW, "op-1", "production", "web", step, outcome) for step, outcome in steps]  # type: ignore[arg-type]
    return Operation(began, tuple(taken), OperationEnded(NOW, "op-1", "failed", ""))


def test_a_step_that_failed_after_it_had_ended_was_not_undone() -> None:
    failed = [("revision", "began"), ("revision", "done"), ("smoke", "began"), ("smoke", "failed")]
    assert operation(*failed, ("revision", "undone")).went_back("web")
    assert not operation(*failed, ("revision", "failed")).went_back("web")
    assert operation(*failed, ("revision", "failed")).went_back("analysis")
    assert not operation(("build", "began"), ("build", "stopped"), ("build", "failed")).went_back("web")
