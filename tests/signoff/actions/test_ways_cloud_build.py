"""Cloud Build on a git source or by a trigger: served by proven digest, never built twice, and failures say why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from signoff.actions.plan_error import PlanError
from signoff.actions.planning import make
from signoff.actions.site import Site
from signoff.actions.ways.proof import lineage
from signoff.model.lineage import Lineage
from signoff.model.subject import BuildTrigger, CloudBuildConfig, WorkloadName
from signoff.systems.google.deployed import BuildName
from signoff.views.words import sentence
from support.deploying import WEB, Told, build_finished, builds_of, built_by, deploy, image_now, plan_of, said
from support.world import World

from .conftest import Chain

CONFIG = CloudBuildConfig("cloudbuild.web.yaml")
HELD = """
steps:
  - {name: ubuntu, entrypoint: bash, args: [-c, "echo getting ready; while ! test -e GATE; do sleep 0.05; done"]}
  - {name: gcr.io/cloud-builders/docker, args: [build, -t, "us-central1-docker.pkg.dev/$PROJECT_ID/app/web",
     -f, web/Dockerfile, .]}
images: ["us-central1-docker.pkg.dev/$PROJECT_ID/app/web"]
"""
BUILDS = "google.devtools.cloudbuild.v1.CloudBuild"
BROKEN = """
steps:
  - {name: ubuntu, entrypoint: bash, args: [-c, "echo all is well"]}
  - {name: ubuntu, entrypoint: bash, args: [-c, "echo 'main.ts(3,1): error TS2304: name x'; echo later; exit 3"]}
images: ["us-central1-docker.pkg.dev/$PROJECT_ID/app/web"]
"""


def a_trigger(world: World, **fields: Any) -> None:
    """A trigger `ship-web` in a region, which builds the remote's main."""
    name = "projects/demo/locations/us-central1/triggers/0a1b"
    source = {"uri": str(world.remote), "ref": "refs/heads/main", "repoType": "UNKNOWN"}
    trigger = {"resourceName": name, "id": "0a1b", "name": "ship-web", "filename": "cloudbuild.web.yaml"}
    world.sandbox.plant({"buildTriggers": [trigger | {"sourceToBuild": source} | fields]})


async def proven_commit(site: Site, world: World) -> str | None:
    """Which commit the image of the service is proven to be of, asked anew."""
    web = next(one for one in site.subject.workloads if one.name == WorkloadName("web"))
    found = await lineage(site, web, image_now(world))
    assert isinstance(found, Lineage)
    assert found.holds(accept_labels=False)
    return found.commit


@pytest.mark.parametrize("name", ["ship-web", "0a1b"])
async def test_a_trigger_runs_at_the_commit_and_its_image_serves(
    world: World, site: Site, chain: Chain, name: str
) -> None:
    a_trigger(world)
    commit = world.commit("web/page.txt", f"by the trigger {name}")
    site = built_by(site, BuildTrigger(name), commit)
    chain.commit = site.subject.commit
    _, shown = await plan_of(site)
    assert f"build commit {commit[:12]} by the trigger ship-web (us-central1)" in shown
    done = await deploy(site)
    assert done.outcome == "deployed", said(done)
    (build,) = builds_of(world, commit)
    assert build["buildTriggerId"] == "0a1b"
    assert image_now(world).endswith(build["results"]["images"][0]["digest"])
    assert await proven_commit(site, world) == commit


async def test_a_trigger_that_deploys_by_itself_is_proven_and_nothing_is_written_over_it(
    world: World, site: Site, chain: Chain
) -> None:
    config = (world.clone / "cloudbuild.web.yaml").read_text(encoding="utf-8")
    image = "us-central1-docker.pkg.dev/demo/app/web"
    push = f"  - {{name: gcr.io/cloud-builders/docker, args: [push, {image}]}}\n"
    run = f"[run, deploy, web, --image={image}, --region=us-central1]"
    steps = f"{push}  - {{name: gcr.io/cloud-builders/gcloud, args: {run}}}\nimages:"
    a_trigger(world)
    (world.clone / "web/main.py").write_text((world.clone / "web/main.py").read_text() + "\n# by itself\n")
    commit = world.commit("cloudbuild.web.yaml", config.replace("images:", steps))
    site = built_by(site, BuildTrigger("ship-web"), commit)
    chain.commit = site.subject.commit
    done = await deploy(site)
    assert done.outcome == "deployed", said(done)
    assert "signoff-operation" not in world.service()["template"].get("labels", {})
    steps_said = {step.name: sentence(step.says) for step in done.steps}
    assert "was deployed by the command or trigger itself" in steps_said["revision"]


async def test_what_a_trigger_is_set_to_is_part_of_the_plan(world: World, site: Site) -> None:
    commit = world.commit("web/page.txt", "set by hand")
    site = built_by(site, BuildTrigger("ship-web"), commit)
    steps = [{"name": "ubuntu", "args": ["true"], "env": ["A=1", "B=2"]}]
    own: dict[str, Any] = {"filename": None, "build": {"steps": steps}, "substitutions": {"_B": "2", "_A": "1"}}
    a_trigger(world, **own)
    first = await make(site, WEB)
    assert (await make(site, WEB)).id == first.id
    a_trigger(world, **own | {"substitutions": {"_B": "3", "_A": "1"}})
    assert (await make(site, WEB)).id != first.id
    a_trigger(world)


async def test_a_disabled_trigger_is_refused_when_it_is_planned(world: World, site: Site) -> None:
    a_trigger(world, disabled=True)
    site = built_by(site, BuildTrigger("ship-web"), site.subject.commit)
    with pytest.raises(PlanError, match="the trigger 'ship-web' is disabled"):
        await make(site, WEB)


async def test_a_trigger_that_does_not_exist_is_refused_with_the_places_that_were_asked(site: Site) -> None:
    site = built_by(site, BuildTrigger("gone"), site.subject.commit)
    with pytest.raises(PlanError, match="no trigger 'gone' in us-central1, global"):
        await make(site, WEB)


async def test_a_trigger_that_can_not_be_read_is_not_called_missing(world: World, site: Site) -> None:
    site = built_by(site, BuildTrigger("ship-web"), site.subject.commit)
    world.sandbox.fault("google.devtools.cloudbuild.v1.CloudBuild/GetBuildTrigger", code="PERMISSION_DENIED")
    with pytest.raises(PlanError, match="could not be read"):
        await make(site, WEB)


async def test_a_build_of_the_commit_that_is_done_is_used(world: World, site: Site, chain: Chain) -> None:
    commit = world.commit("web/page.txt", "built once")
    site = built_by(site, CONFIG, commit)
    chain.commit = site.subject.commit
    assert (await deploy(site)).outcome == "deployed"
    (build,) = builds_of(world, commit)
    _, shown = await plan_of(site)
    assert f"build {build['id']} of this commit is done already: it is used" in shown
    done = await deploy(site)
    assert done.outcome == "deployed", said(done)
    assert builds_of(world, commit) == [build]


async def test_a_build_of_the_commit_that_runs_is_waited_for_and_not_cancelled_by_others(
    world: World, site: Site, chain: Chain, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    commit = world.commit("cloudbuild.web.yaml", HELD.replace("GATE", str(gate)))
    site = built_by(site, CONFIG, commit)
    chain.commit = site.subject.commit
    name = await build_finished(site, world, commit, wait=False)
    _, shown = await plan_of(site)
    assert f"build {name.id} of this commit is running already: it is used" in shown
    done = await deploy(site, Told(lambda message: gate.touch() if "is used" in message else None))
    assert done.outcome == "deployed", said(done)
    assert [build["id"] for build in builds_of(world, commit)] == [name.id]
    assert world.sandbox.calls().get("google.devtools.cloudbuild.v1.CloudBuild/CancelBuild", 0) == 0


async def test_a_build_of_another_commit_is_not_used(world: World, site: Site, chain: Chain) -> None:
    first = world.commit("web/page.txt", "first")
    await build_finished(built_by(site, CONFIG, first), world, first)
    second = world.commit("web/page.txt", "second")
    site = built_by(site, CONFIG, second)
    chain.commit = site.subject.commit
    assert (await deploy(site)).outcome == "deployed"
    assert len(builds_of(world, second)) == 1


async def test_the_log_of_the_build_streams_while_it_runs(
    world: World, site: Site, chain: Chain, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    commit = world.commit("cloudbuild.web.yaml", HELD.replace("GATE", str(gate)))
    site = built_by(site, CONFIG, commit)
    chain.commit = site.subject.commit
    told = Told(lambda message: gate.touch() if "getting ready" in message else None)
    await deploy(site, told)
    ready = next(number for number, line in enumerate(told) if "getting ready" in line)
    assert any("Successfully built" in line for line in told[ready:])
    assert sum("getting ready" in line for line in told) == 1


@pytest.mark.parametrize("logging", ["CLOUD_LOGGING_ONLY", "GCS_ONLY"])
async def test_a_failed_build_names_its_step_and_the_first_failing_line(
    world: World, site: Site, chain: Chain, logging: str
) -> None:
    commit = world.commit("cloudbuild.web.yaml", f"{BROKEN}options: {{logging: {logging}}}\n")
    site = built_by(site, CONFIG, commit)
    chain.commit = site.subject.commit
    before = image_now(world)
    done = await deploy(site)
    assert done.outcome == "failed"
    assert "step 1: “main.ts(3,1): error TS2304: name x”" in said(done)
    assert "gcloud builds log" in said(done)
    assert image_now(world) == before


async def test_a_failed_build_of_one_step_names_its_line_too(world: World, site: Site, chain: Chain) -> None:
    commit = world.commit("web/Dockerfile", "FROM python:3.11-slim\nCOPY nowhere .\n")
    site = built_by(site, CONFIG, commit)
    chain.commit = site.subject.commit
    done = await deploy(site)
    assert "COPY failed" in said(done), said(done)


def statuses(world: World, commit: str) -> list[str]:
    return [build["status"] for build in builds_of(world, commit)]


async def test_a_build_that_can_be_watched_no_longer_is_cancelled_and_that_is_said(
    world: World, site: Site, chain: Chain
) -> None:
    commit = world.commit("web/page.txt", "out of sight")
    site = built_by(site, CONFIG, commit)
    chain.commit = site.subject.commit
    world.sandbox.fault("sandbox.Builder/*", latencySeconds=600)
    world.sandbox.fault(f"{BUILDS}/GetBuild", code="PERMISSION_DENIED")
    done = await deploy(site)
    (build,) = builds_of(world, commit)
    assert done.outcome == "failed"
    assert f"watching build {build['id']} failed: denied" in said(done)
    assert f"; build {build['id']} was cancelled; see: gcloud builds log {build['id']}" in said(done)
    assert build["status"] == "CANCELLED"


async def test_a_build_that_can_neither_be_watched_nor_cancelled_may_be_under_way_still(
    world: World, site: Site, chain: Chain
) -> None:
    commit = world.commit("web/page.txt", "out of hand")
    site = built_by(site, CONFIG, commit)
    chain.commit = site.subject.commit
    world.sandbox.fault("sandbox.Builder/*", latencySeconds=600)
    for name in ("GetBuild", "CancelBuild"):
        world.sandbox.fault(f"{BUILDS}/{name}", code="PERMISSION_DENIED")
    done = await deploy(site)
    (build,) = builds_of(world, commit)
    assert f"build {build['id']} could not be cancelled (denied), so it may be under way still; see: " in said(done)
    assert build["status"] in {"QUEUED", "WORKING"}
    world.sandbox.clear_faults()
    await site.writers.builds.cancel(BuildName("demo", "global", build["id"]))


async def test_a_build_of_somebody_else_that_can_be_watched_no_longer_goes_on(
    world: World, site: Site, chain: Chain
) -> None:
    commit = world.commit("web/page.txt", "of somebody else")
    site = built_by(site, CONFIG, commit)
    chain.commit = site.subject.commit
    world.sandbox.fault("sandbox.Builder/*", latencySeconds=600)
    name = await build_finished(site, world, commit, wait=False)
    world.sandbox.fault(f"{BUILDS}/GetBuild", code="PERMISSION_DENIED")
    done = await deploy(site)
    assert "it goes on, since this operation did not start it" in said(done)
    assert set(statuses(world, commit)) <= {"QUEUED", "WORKING"}
    world.sandbox.clear_faults()
    await site.writers.builds.cancel(name)


@pytest.mark.parametrize("way", [CONFIG, BuildTrigger("ship-web")])
async def test_a_build_whose_beginning_was_never_answered_is_found_and_used(
    world: World, site: Site, chain: Chain, way: CloudBuildConfig | BuildTrigger
) -> None:
    a_trigger(world)
    commit = world.commit("web/page.txt", f"no answer {way}")
    site = built_by(site, way, commit)
    chain.commit = site.subject.commit
    call = "CreateBuild" if way == CONFIG else "RunBuildTrigger"
    world.sandbox.fault(f"{BUILDS}/{call}", dropAfter=True, times=1)
    done = await deploy(site)
    assert done.outcome == "deployed", said(done)
    assert statuses(world, commit) == ["SUCCESS"]
    assert world.sandbox.calls()[f"{BUILDS}/{call}"] == 1


async def test_a_build_whose_beginning_was_never_heard_of_is_not_known_to_have_begun(
    world: World, site: Site, chain: Chain
) -> None:
    commit = world.commit("web/page.txt", "lost on the way")
    site = built_by(site, CONFIG, commit)
    chain.commit = site.subject.commit
    world.sandbox.fault(f"{BUILDS}/CreateBuild", drop=True, times=1)
    done = await deploy(site)
    assert done.outcome == "failed"
    assert "starting the build failed" in said(done)
    assert "whether it took effect is not known" in said(done)
    assert builds_of(world, commit) == []
