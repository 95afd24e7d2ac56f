"""A job's deploy that fails: what its template named before is put back, or else it is said what it names now."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from signoff.actions.plan import Request
from signoff.actions.planning import make
from signoff.actions.site import Site
from signoff.ledger import folds
from signoff.model.judgement import Link, Status
from signoff.model.subject import BuildCommand, Commit, WorkloadName
from signoff.systems.google.edit import short
from signoff.views.deploy import result
from support.dying import Point, Watched, carried_out
from support.world import JOB, World, a_world

from .conftest import Chain

DEPLOY = Request("production", (WorkloadName("extractor"),))
UPDATE = "google.cloud.run.v2.Jobs/UpdateJob"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    options = ("--reconcile-seconds", "0")
    with (
        pytest.MonkeyPatch.context() as patch,
        a_world(tmp_path_factory.mktemp("job"), "extractor", options=options) as made,
    ):
        for name, value in made.environment.items():
            patch.setenv(name, value)
        yield made


def job(world: World) -> dict[str, Any]:
    found = next(entry for entry in world.sandbox.state()["jobs"] if entry["name"] == JOB)
    return dict(found)


def image(world: World) -> str:
    return str(job(world)["template"]["template"]["containers"][0]["image"])


def written(world: World, **container: Any) -> dict[str, Any]:
    """Somebody else writes the container of the job's template, over the wire."""
    now = job(world)
    now["template"]["template"]["containers"][0] |= container
    answer = world.sandbox.request("PATCH", f"/v2/{JOB}", now)
    assert answer.status_code == 200, answer.text
    return job(world)


def changed(world: World, site: Site, chain: Chain) -> Site:
    """A change of the job is pushed; in the end its template is found not to be what is wanted."""
    code = (world.clone / "extractor/main.py").read_text("utf-8")
    chain.commit = Commit(world.commit("extractor/main.py", f"{code}\n# {len(code)}\n"))
    chain.says[Link.RELEASED] = Status.FAIL
    return replace(site, subject=replace(site.subject, commit=chain.commit))


async def test_the_template_is_as_it_was_and_what_others_set_stays(world: World, site: Site, chain: Chain) -> None:
    before = written(world, env=[{"name": "MODE", "value": "live"}])
    site = changed(world, site, chain)
    done = await carried_out(site, await make(site, DEPLOY))
    assert done.outcome == "failed"
    assert job(world)["template"] == before["template"]
    assert job(world).get("labels") == before.get("labels")
    [undone] = [step for step in done.steps if step.status == "undone"]
    assert undone.name == "template"
    named = before["template"]["template"]["containers"][0]["image"]
    assert f"the template of extractor names {named} again; no execution ran with the new one" in result(done)[0]


async def test_what_somebody_set_meanwhile_survives_and_an_execution_of_the_new_image_is_named(
    world: World, site: Site, chain: Chain
) -> None:
    before = image(world)
    site = changed(world, site, chain)
    ran: list[str] = []

    def there(reached: Point) -> None:
        if reached == Point("template", "after", "extractor"):
            assert image(world) != before
            written(world, env=[{"name": "LATER", "value": "set"}])
            answer = world.sandbox.request("POST", f"/v2/{JOB}:run", {})
            ran.append(short(answer.json()["metadata"]["name"]))

    done = await carried_out(Watched(site, there).site, await make(site, DEPLOY))
    assert done.outcome == "failed"
    assert image(world) == before
    assert job(world)["template"]["template"]["containers"][0]["env"] == [{"name": "LATER", "value": "set"}]
    said = result(done)[0]
    assert f"the template of extractor names {before} again; {ran[0]} r" in said
    assert "with the new one" in said


async def test_what_somebody_else_deployed_since_is_left_and_said(world: World, site: Site, chain: Chain) -> None:
    before = image(world)
    site = changed(world, site, chain)

    def there(reached: Point) -> None:
        if reached == Point("template", "after", "extractor"):
            now = job(world)
            now["template"]["labels"] = {}
            answer = world.sandbox.request("PATCH", f"/v2/{JOB}", now)
            assert answer.status_code == 200

    done = await carried_out(Watched(site, there).site, await make(site, DEPLOY))
    now = image(world)
    assert now != before
    assert done.outcome == "failed"
    said = result(done)[0]
    assert f"the template of extractor names {now}; no execution ran with the new one; this operation did not" in said
    assert f"its template named {before} before" in said


async def test_a_tag_is_not_put_back_since_it_may_name_the_new_image(world: World, site: Site, chain: Chain) -> None:
    tagged = "us-central1-docker.pkg.dev/demo/app/extractor:latest"
    written(world, image=tagged)
    site = changed(world, site, chain)
    done = await carried_out(site, await make(site, DEPLOY))
    assert done.outcome == "failed"
    assert "@sha256:" in image(world)
    said = result(done)[0]
    assert f"the template of extractor names {image(world)}; no execution ran with the new one; a tag can name" in said
    assert "gcloud run jobs update extractor --image=IMAGE --region=us-central1 --project=demo" in said
    assert f"its template named {tagged} before" in said


async def test_where_putting_it_back_is_refused_what_it_names_is_said(world: World, site: Site, chain: Chain) -> None:
    before = image(world)
    site = changed(world, site, chain)

    def there(reached: Point) -> None:
        if reached == Point("prove", "before", "extractor"):
            world.sandbox.fault(UPDATE, code="PERMISSION_DENIED")

    done = await carried_out(Watched(site, there).site, await make(site, DEPLOY))
    world.sandbox.clear_faults()
    assert image(world) != before
    said = result(done)[0]
    assert "putting the template of extractor back failed: denied" in said
    assert "; signoff doctor says which permission is missing" in said
    assert f"the template of extractor names {image(world)}; no execution ran" in said
    assert f"its template named {before} before" in said


async def test_where_the_answer_is_lost_it_is_put_back_all_the_same(world: World, site: Site, chain: Chain) -> None:
    before = image(world)
    site = changed(world, site, chain)

    def there(reached: Point) -> None:
        if reached == Point("prove", "before", "extractor"):
            world.sandbox.fault(UPDATE, dropAfter=True, times=1)

    done = await carried_out(Watched(site, there).site, await make(site, DEPLOY))
    world.sandbox.clear_faults()
    assert image(world) == before
    assert f"the template of extractor names {before} again" in result(done)[0]


async def test_what_a_command_wrote_is_left_and_said(world: World, site: Site, chain: Chain) -> None:
    before = image(world)
    site = changed(world, site, chain)
    script = (
        "import deploy, sys; deploy.deploy_job('extractor', deploy.build('extractor')); sys.exit('ERROR: too late')"
    )
    way = BuildCommand((sys.executable, "-c", script))
    workloads = tuple(replace(one, build=way) for one in site.subject.workloads)
    site = replace(site, subject=replace(site.subject, workloads=workloads))
    done = await carried_out(site, await make(site, DEPLOY))
    assert image(world) != before
    said = result(done)[0]
    assert "ended with exit code 1: “ERROR: too late”" in said
    assert f"the template of extractor names {image(world)}; extractor-" in said
    assert f"this operation did not write it, so it was left as it is; its template named {before} before" in said


async def test_a_cancelled_run_says_that_its_execution_goes_on(world: World, site: Site, chain: Chain) -> None:
    chain.says.clear()
    code = "import time\ntime.sleep(600)\n"
    chain.commit = Commit(world.commit("extractor/main.py", code))
    site = replace(site, subject=replace(site.subject, commit=chain.commit))
    assert (await carried_out(site, await make(site, DEPLOY))).outcome == "deployed"
    runs = asyncio.Event()
    plan = await make(site, replace(DEPLOY, action="run"))
    running = asyncio.create_task(carried_out(site, plan, lambda line: " runs" in line and runs.set()))
    await asyncio.wait_for(runs.wait(), 30)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    operation = folds.last_operation(site.ledger, "production")
    assert operation is not None
    assert operation.ended is not None
    begun = max((one for one in world.sandbox.state()["executions"]), key=lambda one: one["createTime"])
    assert "completionTime" not in begun
    name = short(begun["name"])
    assert f"{name} goes on; see: gcloud run jobs executions describe {name}" in str(operation.ended.says)
    await site.writers.jobs.cancel(begun["name"])
