"""A job is run after a yes, on what was released, and judged by its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from signoff.actions.approval import answered
from signoff.actions.deploy import DeployResult, carry_out
from signoff.actions.plan import Plan, Request
from signoff.actions.plan_error import PlanError
from signoff.actions.planning import make
from signoff.actions.refusal import Refused
from signoff.actions.site import Site
from signoff.commands.context import Context
from signoff.commands.deploy import carry_out as carry_it_out
from signoff.commands.deploy import known_plan, plan_run
from signoff.model.facts import Known
from signoff.model.judgement import Link, Status
from signoff.model.subject import Commit, WorkloadName
from signoff.systems.google.edit import short
from signoff.views.deploy import plan_text, result
from support.samples import NOW
from support.world import JOB, World, a_world

from .conftest import Chain
from .test_deploy import silent

RUN = Request("production", (WorkloadName("extractor"),), action="run")
DEPLOY = replace(RUN, action="deploy")
LOGS_AN_ERROR = """
import traceback
try:
    {}["school"]
except KeyError:
    traceback.print_exc()
"""
WORKS, FAILS, GOES_ON = "print('42 rows')\n", "raise SystemExit(3)\n", "import time\ntime.sleep(600)\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch, a_world(tmp_path_factory.mktemp("job"), "extractor") as made:
        for name, value in made.environment.items():
            patch.setenv(name, value)
        yield made


async def carried_out(site: Site, plan: Plan) -> DeployResult:
    return await carry_out(site, plan.id, plan.request, answered(plan, "test", NOW), silent)


def executions(world: World) -> dict[str, dict[str, Any]]:
    return {short(entry["name"]): entry for entry in world.sandbox.state().get("executions", [])}


async def released(world: World, site: Site, chain: Chain, code: str) -> Site:
    """The job's template names an image of this code; nothing has run it."""
    word = f"# {len(world.sandbox.state()['builds'])}\n"  # the same code again is another commit
    chain.commit = Commit(world.commit("extractor/main.py", word + code))
    site = replace(site, subject=replace(site.subject, commit=chain.commit))
    done = await carried_out(site, await make(site, DEPLOY))
    assert done.outcome == "deployed", result(done)[0]
    return site


def image(world: World) -> str:
    job = next(entry for entry in world.sandbox.state()["jobs"] if entry["name"] == JOB)
    return str(job["template"]["template"]["containers"][0]["image"])


def was_cancelled(execution: dict[str, Any]) -> bool:
    """https://cloud.google.com/run/docs/reference/rest/v2/Condition#ExecutionReason."""
    reasons = {condition.get("executionReason") for condition in execution["conditions"]}
    return "completionTime" in execution and "CANCELLED" in reasons


async def test_it_runs_what_was_released_and_waits_for_its_end(world: World, site: Site, chain: Chain) -> None:
    site = await released(world, site, chain, WORKS)
    before = executions(world)
    plan = await make(site, RUN)
    assert f"run it once with {image(world)}" in plan_text(plan)
    done = await carried_out(site, plan)
    assert done.outcome == "ran", result(done)[0]
    (made,) = executions(world).keys() - before.keys()
    assert executions(world)[made]["template"]["containers"][0]["image"] == image(world)
    assert f"{made} succeeded: 1 of 1 tasks" in result(done)[0]


async def test_a_run_that_fails_is_told_with_its_exit_codes(world: World, site: Site, chain: Chain) -> None:
    site = await released(world, site, chain, FAILS)
    done = await carried_out(site, await make(site, RUN))
    assert done.outcome == "failed"
    assert result(done)[0].startswith("FAILED: run of extractor failed")
    assert "task 0 exit code 3 after" in result(done)[0]


async def test_an_error_that_comes_late_in_the_log_of_a_run_that_ended_well_is_waited_for(
    world: World, site: Site, chain: Chain
) -> None:
    toml = (world.clone / "signoff.toml").read_text("utf-8")
    world.commit("signoff.toml", toml.replace("lag_seconds = 1 ", "lag_seconds = 4 "))
    await released(world, site, chain, LOGS_AN_ERROR)
    world.sandbox.fault("sandbox.Logging/*", latencySeconds=2)
    told: list[str] = []
    context = Context.open(world.clone)
    try:
        plan = await plan_run(context, ["extractor"])
        yes = answered(plan, "test", NOW)
        done = await carry_it_out(context, plan.id, yes, lambda done, total, message: told.append(message))
    finally:
        world.sandbox.clear_faults()
        world.commit("signoff.toml", toml)
        await context.close()
    assert done.outcome == "failed", result(done)[0]
    assert "prove of extractor failed: healthy of extractor failed" in result(done)[0]
    assert "KeyError" in result(done)[0]
    assert any("entries of its log may still be on their way" in message for message in told)


@pytest.mark.parametrize(
    ("status", "outcome", "word"),
    [(Status.WAITING, "waiting", "NOT PROVEN yet"), (Status.UNKNOWN, "unproven", "NOT PROVEN to have run well")],
)
async def test_a_run_whose_log_is_not_judged_is_not_called_done(
    world: World, site: Site, chain: Chain, status: Status, outcome: str, word: str
) -> None:
    site = await released(world, site, chain, WORKS)
    chain.says[Link.HEALTHY] = status
    done = await carried_out(site, await make(site, RUN))
    assert done.outcome == outcome
    says = "extractor ran and ended well, but its log is not proven to be without errors: because"
    assert result(done)[0].startswith(f"{word}: {says}")


async def test_a_run_that_can_be_watched_no_longer_goes_on_and_that_is_said(
    world: World, site: Site, chain: Chain
) -> None:
    site = await released(world, site, chain, GOES_ON)
    plan = await make(site, RUN)
    before = executions(world)
    world.sandbox.fault("google.cloud.run.v2.Executions/GetExecution", code="PERMISSION_DENIED")
    done = await carried_out(site, plan)
    world.sandbox.clear_faults()
    (begun,) = executions(world).keys() - before.keys()
    assert done.outcome == "failed"
    assert f"watching {begun} failed: denied" in result(done)[0]
    assert f"it goes on; see: gcloud run jobs executions describe {begun}" in result(done)[0]
    assert "completionTime" not in executions(world)[begun]
    assert f"on its way: {begun} runs with that image since" in plan_text(await make(site, RUN))
    assert isinstance(await site.writers.jobs.cancel(executions(world)[begun]["name"]), Known)


async def test_an_execution_of_an_older_image_is_shown_and_cancelled_before_the_run(
    world: World, site: Site, chain: Chain
) -> None:
    site = await released(world, site, chain, WORKS)
    wanted = image(world)
    site = await released(world, site, chain, GOES_ON)
    old = str((await site.writers.jobs.run(JOB)).value)  # type: ignore[union-attr]
    # Somebody changes the template alone, as gcloud run jobs update does.
    written = await site.writers.set_image("job", JOB, wanted, commit=None, operation="other", replacing=image(world))
    assert isinstance(written, Known)
    plan = await make(site, RUN)
    assert f"cancel execution {short(old)}, which runs an older image" in plan_text(plan)
    done = await carried_out(site, plan)
    assert done.outcome == "ran", result(done)[0]
    assert was_cancelled(executions(world)[short(old)])
    assert [(step.name, step.status) for step in done.steps] == [
        (name, "done") for name in ("preflight", "cancel", "run", "prove")
    ]


async def test_a_deploy_cancels_what_still_runs_the_old_image(world: World, site: Site, chain: Chain) -> None:
    site = await released(world, site, chain, GOES_ON)
    old = str((await site.writers.jobs.run(JOB)).value)  # type: ignore[union-attr]
    await released(world, site, chain, WORKS)
    assert was_cancelled(executions(world)[short(old)])


async def test_a_void_plan_to_run_a_job_names_the_command_that_makes_it_again(
    world: World, site: Site, chain: Chain
) -> None:
    await released(world, site, chain, WORKS)
    context = Context.open(world.clone)
    try:
        plan = await plan_run(context, ["extractor"])
        job = next(entry for entry in world.sandbox.state()["jobs"] if entry["name"] == JOB)
        world.sandbox.plant({"jobs": [job | {"labels": {"team": "reports"}, "etag": '"changed"'}]})
        with pytest.raises(PlanError, match=f"{plan.id} is void: the target or the commit changed") as void:
            await known_plan(context, plan.id)
    finally:
        await context.close()
    assert void.value.fix == "signoff job run extractor shows the plan as it would be now"


async def test_an_old_template_is_not_run(world: World, site: Site, chain: Chain) -> None:
    chain.says[Link.RELEASED] = Status.FAIL
    with pytest.raises(Refused, match="it would run the old code"):
        await make(site, RUN)


async def test_a_service_is_not_run(world: World, site: Site) -> None:
    with pytest.raises(PlanError, match="web is a service, which is not run"):
        await make(site, replace(RUN, workloads=(WorkloadName("web"),)))
