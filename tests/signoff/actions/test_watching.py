"""What a pipeline deploys is watched and proven, never raced: a real trigger, a real push, the chain's own word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from signoff.actions.refusal import Refused
from signoff.actions.watching import Watched
from signoff.commands.context import Context
from signoff.commands.deploy import plan_deploy, watch
from signoff.model.subject import WorkloadName
from signoff.systems.google.deployed import path_of
from signoff.views.deploy import watched
from support.world import World

IMAGE = "us-central1-docker.pkg.dev/$PROJECT_ID/app/web"
PIPELINE = f"""\
steps:
  - name: gcr.io/cloud-builders/docker
    args: [build, -t, "{IMAGE}:$COMMIT_SHA", -f, web/Dockerfile, .]
  - name: gcr.io/cloud-builders/docker
    args: [push, "{IMAGE}:$COMMIT_SHA"]
  - name: gcr.io/google.com/cloudsdktool/cloud-sdk:slim
    entrypoint: gcloud
    args: [run, services, update, web, "--image={IMAGE}:$COMMIT_SHA", --region=us-central1, --quiet]
images: ["{IMAGE}:$COMMIT_SHA"]
"""
BUILD_ONLY = PIPELINE.replace(PIPELINE[PIPELINE.index("  - name: gcr.io/google.com") : PIPELINE.index("images:")], "")
WEB = [WorkloadName("web")]
CREATE, UPDATE = "google.devtools.cloudbuild.v1.CloudBuild/CreateBuild", "google.cloud.run.v2.Services/UpdateService"


def silent(done: int, total: int | None, message: str) -> None:
    """A progress that nobody reads."""


@pytest.fixture
async def context(world: World) -> AsyncIterator[Context]:
    """web is deployed by a trigger of Cloud Build, which is there already."""
    written = (world.clone / "signoff.toml").read_text("utf-8")
    by_ci = written.replace("[workloads.web]\n", '[workloads.web]\ndeploy = "ci"\n')
    world.commit("signoff.toml", by_ci)
    world.commit("pipeline.yaml", PIPELINE)
    trigger = {
        "name": "web",
        "filename": "pipeline.yaml",
        "sourceToBuild": {"uri": str(world.remote), "ref": "refs/heads/main"},
    }
    if world.sandbox.request("GET", "/v1/projects/demo/triggers/web").status_code == 404:
        assert world.sandbox.request("POST", "/v1/projects/demo/triggers", trigger).status_code == 200
    world.sandbox.reset_calls()
    opened = Context.open(world.clone)
    yield opened
    await opened.close()


def change(world: World, name: str) -> str:
    """A change of web that is pushed; the commit."""
    return world.commit("shared/mapper.py", f"def mapped(row):\n    return {name!r}\n")


def trigger_runs(world: World) -> str:
    """The trigger builds the branch; the build's id."""
    answer = world.sandbox.request("POST", "/v1/projects/demo/triggers/web:run", {})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["metadata"]["build"]["id"])


def build(world: World, number: str) -> dict[str, Any]:
    return next(dict(one) for one in world.sandbox.state()["builds"] if one["id"] == number)


async def ended(world: World, number: str) -> None:
    async with asyncio.timeout(30):
        while build(world, number)["status"] in {"QUEUED", "WORKING", "PENDING"}:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def shown(done: Watched) -> str:
    return watched(done, ())[0]


async def test_nothing_is_planned_for_what_a_pipeline_deploys(world: World, context: Context) -> None:
    change(world, "unplanned")
    with pytest.raises(Refused, match="web is deployed by ci, and signoff only watches") as refused:
        await plan_deploy(context, ["web"])
    assert refused.value.watchable == ("web",)


async def test_a_run_of_the_pipeline_is_watched_until_the_chain_proves_it(world: World, context: Context) -> None:
    commit = change(world, "watched")
    watching = asyncio.create_task(watch(context, WEB, silent, 60))
    number = await asyncio.to_thread(trigger_runs, world)
    done = await watching
    assert done.outcome == "deployed", shown(done)
    assert shown(done).startswith("Deployed by ci\n  web: built, released and serving, proven on a fresh look")
    assert world.service()["template"]["containers"][0]["image"].endswith(f"/web:{commit}")
    assert build(world, number)["buildTriggerId"]


async def test_a_build_under_way_is_told_with_its_number_since_when_and_its_log(world: World, context: Context) -> None:
    commit = change(world, "under way")
    number = "0fa11eda-0000-4000-8000-000000000001"
    name = f"projects/demo/locations/global/builds/{number}"
    planted = {
        "name": name,
        "id": number,
        "projectId": "demo",
        "status": "WORKING",
        "createTime": "2026-01-01T10:00:00Z",
        "substitutions": {"COMMIT_SHA": commit},
        "buildTriggerId": "00000000-0000-4000-8000-000000000002",
        "steps": [{"name": "gcr.io/cloud-builders/docker"}],
    }
    world.sandbox.plant({"builds": [planted]})
    done = await watch(context, WEB, silent, 0)
    says = f"web waits on ci: build 0fa11eda of {commit[:7]} is WORKING since 2026-01-01T10:00:00Z; log: gcloud builds"
    assert done.outcome == "waiting"
    assert says in shown(done)
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    watching = asyncio.create_task(watch(context, WEB, lambda done, total, message: told.set_result(message), 60))
    assert says in await told
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    world.sandbox.plant({"builds": [planted | {"status": "CANCELLED"}]})


async def test_nothing_is_built_or_written_by_watching(world: World, context: Context) -> None:
    change(world, "only looked at")
    before = world.service()
    done = await watch(context, WEB, silent, 0)
    assert done.outcome == "waiting"
    assert world.service() == before
    assert {CREATE, UPDATE}.isdisjoint(world.sandbox.calls())


async def test_without_a_build_of_the_commit_it_says_what_it_waits_for_and_since_when(
    world: World, context: Context
) -> None:
    commit = change(world, "no build")
    done = await watch(context, WEB, silent, 0)
    assert done.outcome == "waiting"
    since = done.since.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert f"web waits on ci since {since}: no build of {commit[:7]} is in Cloud Build; built is fail" in shown(done)


async def test_where_the_pipeline_is_written_is_named(world: World, context: Context) -> None:
    (world.clone / ".github/workflows").mkdir(parents=True)
    step = "steps: [{run: gcloud run deploy web --image x/web --region us-central1}]"
    change(world, "workflow")
    world.commit(".github/workflows/ship.yml", f"on: push\njobs:\n  d:\n    {step}\n")
    done = await watch(context, WEB, silent, 0)
    assert "web waits on ci (.github/workflows/ship.yml:4 deploys it) since" in shown(done)


async def test_a_build_of_the_pipeline_that_failed_is_named_with_its_log(world: World, context: Context) -> None:
    world.commit("web/Dockerfile", "FROM python:3.11-slim\nCOPY nowhere .\n")
    number = await asyncio.to_thread(trigger_runs, world)
    await ended(world, number)
    done = await watch(context, WEB, silent, 60)
    assert done.outcome == "failed"
    assert f"build {number[:8]}" in shown(done)
    assert "is FAILURE since" in shown(done)
    assert f"see: gcloud builds log {number} --region=global --project=demo" in shown(done)


async def test_a_new_run_after_one_that_failed_is_waited_for(world: World, context: Context) -> None:
    change(world, "again")
    world.commit("web/Dockerfile", "FROM python:3.11-slim\nCOPY nowhere .\n")
    await ended(world, await asyncio.to_thread(trigger_runs, world))
    world.git("revert", "--no-edit", "HEAD")
    world.git("push", "--quiet", "origin", "main")
    watching = asyncio.create_task(watch(context, WEB, silent, 60))
    await asyncio.to_thread(trigger_runs, world)
    done = await watching
    assert done.outcome == "deployed", shown(done)


async def test_an_image_that_is_built_and_not_deployed_is_waited_for(world: World, context: Context) -> None:
    world.commit("pipeline.yaml", BUILD_ONLY)
    change(world, "built only")
    number = await asyncio.to_thread(trigger_runs, world)
    await ended(world, number)
    done = await watch(context, WEB, silent, 0)
    assert done.outcome == "waiting"
    assert f"build {number[:8]}" in shown(done)
    assert "is SUCCESS since" in shown(done)
    assert "and it is not deployed yet; released is fail" in shown(done)


async def test_a_revision_of_the_commit_that_never_gets_ready_is_a_failure(world: World, context: Context) -> None:
    world.commit("pipeline.yaml", BUILD_ONLY)
    world.commit("web/main.py", "raise SystemExit('no database')\n")
    number = await asyncio.to_thread(trigger_runs, world)
    await ended(world, number)
    digest = build(world, number)["results"]["images"][0]["digest"]
    service = world.service()
    container = service["template"]["containers"][0]
    image = {"image": f"{path_of(container['image'])}@{digest}"}
    broken = {"template": service["template"] | {"containers": [container | image]}}
    assert world.sandbox.request("PATCH", f"/v2/{service['name']}", broken).status_code == 200
    done = await watch(context, WEB, silent, 60)
    assert done.outcome == "failed", shown(done)
    assert "never became ready" in shown(done)


async def test_an_older_revision_that_never_got_ready_is_not_taken_for_the_pipelines(
    world: World, context: Context
) -> None:
    world.commit("web/main.py", "raise SystemExit('no database')\n")
    await ended(world, await asyncio.to_thread(trigger_runs, world))
    world.commit("pipeline.yaml", BUILD_ONLY)
    world.git("revert", "--no-edit", "HEAD~1")
    change(world, "after a bad one")
    await ended(world, await asyncio.to_thread(trigger_runs, world))
    done = await watch(context, WEB, silent, 0)
    assert done.outcome == "waiting", shown(done)


async def test_a_target_that_does_not_answer_is_unproven_and_not_only_waited_for(
    world: World, context: Context
) -> None:
    change(world, "no answer")
    world.sandbox.fault("google.cloud.run.v2.Services/*", code="PERMISSION_DENIED")
    done = await watch(context, WEB, silent, 0)
    assert done.outcome == "unproven"


async def test_what_is_not_pushed_is_waited_for_by_nobody(world: World, context: Context) -> None:
    world.commit("shared/mapper.py", "def mapped(row):\n    return 'local'\n", push=False)
    with pytest.raises(Refused, match="gets no commit before it has pushed passed"):
        await watch(context, WEB, silent, 60)


async def test_what_only_a_label_states_is_unproven_and_not_waited_for(world: World, context: Context) -> None:
    commit = change(world, "labelled")
    world.ship("web")
    template = world.service()["template"] | {"labels": {"commit-sha": commit}}
    world.sandbox.fault("google.devtools.cloudbuild.v1.CloudBuild/ListBuilds", emptyList=True)
    assert world.sandbox.request("PATCH", f"/v2/{world.service()['name']}", {"template": template}).status_code == 200
    done = await watch(context, WEB, silent, 60)
    assert done.outcome == "unproven", shown(done)
    assert "only a label states the commit" in shown(done)


async def test_builds_that_can_not_be_seen_prove_nothing_and_are_said(world: World, context: Context) -> None:
    change(world, "unseen")
    world.sandbox.fault("google.devtools.cloudbuild.v1.CloudBuild/ListBuilds", code="PERMISSION_DENIED")
    done = await watch(context, WEB, silent, 0)
    assert done.outcome == "waiting"
    assert "builds can not be seen (denied)" in shown(done)
