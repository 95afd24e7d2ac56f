"""Back to the last revision that was proven good, by traffic alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from signoff.actions.deploy import DeployResult
from signoff.actions.plan import Request
from signoff.actions.plan_error import PlanError
from signoff.actions.planning import make
from signoff.actions.site import Site
from signoff.commands.context import Context
from signoff.commands.deploy import known_plan, plan_roll_back
from signoff.ledger.events import RevisionProven
from signoff.model.subject import WorkloadName
from signoff.views.deploy import plan_text, result
from support.samples import NOW
from support.world import SERVICE, World

from .conftest import Chain
from .test_deploy import at_head, deploy
from .test_traffic import serving

BACK = Request("production", (WorkloadName("web"),), action="roll-back")


def proven(site: Site, *revisions: str) -> None:
    """They were seen to serve in good health, one after the other."""
    for number, revision in enumerate(revisions):
        at = NOW + timedelta(minutes=number)
        site.ledger.append(RevisionProven(at, "production", SERVICE, revision, "image", None))


async def deployed(world: World, site: Site, chain: Chain, word: str) -> str:
    """A new revision serves; its name."""
    commit = world.commit("shared/mapper.py", f"def mapped(row):\n    return {word!r}\n")
    done = await deploy(at_head(site, chain, commit))
    assert done.outcome == "deployed", result(done)[0]
    return newest(world)


def newest(world: World) -> str:
    return str(world.service()["latestReadyRevision"].rpartition("/")[2])


async def roll_back(site: Site, request: Request = BACK) -> DeployResult:
    return await deploy(site, await make(site, request))


async def test_all_traffic_goes_back_to_the_last_proven_revision(world: World, site: Site, chain: Chain) -> None:
    old = newest(world)
    new = await deployed(world, site, chain, "bad")
    proven(site, "web-00000-older", old, new)
    builds, before = len(world.sandbox.state()["builds"]), world.service()["template"]
    done = await roll_back(site)
    assert done.outcome == "rolled-back", result(done)[0]
    assert f"web: {old} serves" in result(done)[0]
    assert serving(world) == [(old, 100)]
    assert len(world.sandbox.state()["builds"]) == builds
    assert world.service()["template"] == before


async def test_rolling_back_once_more_never_goes_forward_to_what_was_left(
    world: World, site: Site, chain: Chain
) -> None:
    old = newest(world)
    left = await deployed(world, site, chain, "left")
    proven(site, old, left)
    await roll_back(site)
    proven(site, old)
    with pytest.raises(PlanError, match="no earlier revision of web"):
        await make(site, BACK)
    assert serving(world) == [(old, 100)]


async def test_what_is_half_moved_goes_back_wholly(world: World, site: Site, chain: Chain) -> None:
    old = newest(world)
    new = await deployed(world, site, chain, "half")
    kind = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
    world.change(traffic=[{"type": kind, "revision": name, "percent": 50} for name in (old, new)])
    proven(site, "web-00000-older", old)
    done = await roll_back(site)
    assert done.outcome == "rolled-back", result(done)[0]
    assert serving(world) == [(old, 100)]


async def test_a_person_may_name_the_revision(world: World, site: Site, chain: Chain) -> None:
    old = newest(world)
    await deployed(world, site, chain, "named")
    plan = await make(site, replace(BACK, revision=old))
    assert f"all of it to {old}" in plan_text(plan)
    done = await deploy(site, plan)
    assert done.outcome == "rolled-back", result(done)[0]
    assert serving(world) == [(old, 100)]


async def test_a_revision_that_does_not_exist_is_refused_before_anybody_is_asked(world: World, site: Site) -> None:
    before = world.service()["traffic"]
    with pytest.raises(PlanError, match="web has no revision web-00999-zzz that is ready") as refused:
        await make(site, replace(BACK, revision="web-00999-zzz"))
    assert "gcloud run revisions list --service=web --region=us-central1 --project=demo" in refused.value.fix
    assert world.service()["traffic"] == before


async def test_a_proven_revision_that_was_deleted_since_is_passed_over(world: World, site: Site, chain: Chain) -> None:
    old = newest(world)
    await deployed(world, site, chain, "later")
    proven(site, old, "web-00999-gone")
    assert f"all of it to {old}" in plan_text(await make(site, BACK))


async def test_whether_a_revision_is_there_can_not_be_read_is_no_plan(world: World, site: Site) -> None:
    world.sandbox.fault("google.cloud.run.v2.Revisions/GetRevision", code="PERMISSION_DENIED")
    with pytest.raises(PlanError, match=r"whether web-00001-abc is ready is not known \(denied\)"):
        await make(site, replace(BACK, revision="web-00001-abc"))


async def test_without_a_proven_revision_it_says_how_to_choose_one(world: World, site: Site) -> None:
    [(now, _)] = serving(world)
    proven(site, now)
    with pytest.raises(PlanError, match="no earlier revision of web that is still there was proven good") as refused:
        await make(site, BACK)
    assert "signoff rollback web --to REVISION" in refused.value.fix


async def test_a_job_has_no_traffic_to_send_back(site: Site) -> None:
    with pytest.raises(PlanError, match="extractor is a job"):
        await make(site, replace(BACK, workloads=(WorkloadName("extractor"),)))


async def test_the_next_deploy_is_followed_again(world: World, site: Site, chain: Chain) -> None:
    old = newest(world)
    await deployed(world, site, chain, "first")
    proven(site, old)
    await roll_back(site)
    new = await deployed(world, site, chain, "second")
    assert serving(world) == [(new, 100)]
    assert "revision" not in world.service()["traffic"][0]


async def test_a_roll_back_that_fails_is_called_one_and_says_the_remedy(world: World, site: Site, chain: Chain) -> None:
    old = newest(world)
    new = await deployed(world, site, chain, "stays")
    proven(site, old)
    plan = await make(site, BACK)
    world.sandbox.fault("google.cloud.run.v2.Services/UpdateService", code="UNAUTHENTICATED")
    says = result(await deploy(site, plan))[0]
    world.sandbox.clear_faults()
    assert says.startswith("NOT rolled back: preflight of web failed: claiming web failed: expired")
    assert "; log in again: gcloud auth application-default login" in says
    assert serving(world) == [(new, 100)]


async def test_a_roll_back_of_a_world_that_changed_says_that_nothing_was_done(
    world: World, site: Site, chain: Chain
) -> None:
    old = newest(world)
    await deployed(world, site, chain, "changed")
    proven(site, old)
    plan = await make(site, BACK)
    world.change(labels={"team": "reports"}, etag='"changed"')
    assert result(await deploy(site, plan))[0].startswith("NOT rolled back, nothing was changed: ")


async def test_a_void_plan_to_roll_back_names_the_command_that_makes_it_again(
    world: World, site: Site, chain: Chain
) -> None:
    old = newest(world)
    await deployed(world, site, chain, "void")
    context = Context.open(world.clone)
    try:
        plan = await plan_roll_back(context, ["web"], old)
        world.change(labels={"team": "reports"}, etag='"changed"')
        with pytest.raises(PlanError, match=f"{plan.id} is void: the target or the commit changed") as void:
            await known_plan(context, plan.id)
    finally:
        await context.close()
    assert void.value.fix == f"signoff rollback web --to {old} shows the plan as it would be now"
