"""Several workloads in one operation: what fails holds back only what comes after it, and all is reported exactly."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from signoff.actions.deploy import DeployResult
from signoff.actions.plan import Request
from signoff.actions.planning import make
from signoff.actions.site import Site
from signoff.commands.context import Context
from signoff.model.subject import WorkloadName
from signoff.views.words import sentence
from support.dying import carried_out, with_site
from support.world import JOB, World, a_world

ALL = Request("production", tuple(map(WorkloadName, ("web", "analysis", "extractor"))))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    options = ("--reconcile-seconds", "0")
    with a_world(tmp_path_factory.mktemp("world"), "web", "analysis", "extractor", options=options) as made:
        toml = (made.clone / "signoff.toml").read_text("utf-8")
        made.commit("signoff.toml", toml.replace('kind = "job"', 'kind = "job"\nafter = ["web"]'))
        yield made


def deployed(world: World, monkeypatch: pytest.MonkeyPatch, request: Request = ALL) -> DeployResult:
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)

    async def work(_context: Context, site: Site) -> DeployResult:
        return await carried_out(site, await make(site, request))

    done = asyncio.run(with_site(world.clone, work))
    assert isinstance(done, DeployResult)
    return done


def standing(world: World) -> dict[str, str]:
    """The image of each workload."""
    state = world.sandbox.state()
    found = {s["name"].rpartition("/")[2]: s["template"]["containers"][0]["image"] for s in state["services"]}
    job = next(entry for entry in state["jobs"] if entry["name"] == JOB)
    return found | {"extractor": job["template"]["template"]["containers"][0]["image"]}


def ends(done: DeployResult) -> dict[str, str]:
    """How the last step of each workload came out, roll-backs aside."""
    return {step.workload: f"{step.name} {step.status}" for step in done.steps if step.status != "undone"}


def a_change(world: World, word: str) -> None:
    world.commit("shared/mapper.py", f"def mapped(row):\n    return {word!r}\n", push=False)
    with (world.clone / "analysis" / "main.py").open("a") as file:
        file.write(f"\n# {word}\n")


def test_three_go_side_by_side_in_their_order(shared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = standing(shared)
    a_change(shared, "all three")
    shared.commit("web/changed.py", "WORD = 1\n")
    done = deployed(shared, monkeypatch)
    assert done.outcome == "waiting", done.says.parts  # the job's next run has to use it
    assert set(ends(done).values()) == {"prove done"}
    after = standing(shared)
    assert all(after[name] != before[name] for name in before)
    order = [(step.workload, step.name) for step in done.steps]
    assert order.index(("extractor", "preflight")) > order.index(("web", "prove"))


def test_where_one_fails_what_comes_after_it_is_not_started_and_the_other_is_deployed(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = standing(shared)
    a_change(shared, "web is broken")
    whole = (shared.clone / "web/Dockerfile").read_text("utf-8")
    shared.commit("web/Dockerfile", "FROM python:3.11-slim\nCOPY nowhere .\n")
    done = deployed(shared, monkeypatch)
    shared.commit("web/Dockerfile", whole)
    assert done.outcome == "failed"
    assert sentence(done.says).startswith("build of web failed")
    assert sentence(done.says).endswith("; analysis: deployed and proven")
    after = standing(shared)
    assert {name for name in after if after[name] != before[name]} == {"analysis"}
    assert ends(done)["analysis"] == "prove done"
    statuses = {(step.workload, step.name): step.status for step in done.steps}
    assert statuses[("web", "build")] == "failed"
    assert {status for (workload, _), status in statuses.items() if workload == "extractor"} == {"not started"}
    images = {service["name"].rpartition("/")[2]: service for service in shared.sandbox.state()["services"]}
    assert all("signoff-operation" not in service.get("annotations", {}) for service in images.values())


BOTH = """steps:
  - name: gcr.io/cloud-builders/docker
    args: [build, -t, "us-central1-docker.pkg.dev/$PROJECT_ID/app/web", -f, web/Dockerfile, .]
  - name: gcr.io/cloud-builders/docker
    args: [build, -t, "us-central1-docker.pkg.dev/$PROJECT_ID/app/analysis", -f, analysis/Dockerfile, .]
images: ["us-central1-docker.pkg.dev/$PROJECT_ID/app/web", "us-central1-docker.pkg.dev/$PROJECT_ID/app/analysis"]
"""


@contextmanager
def one_build_for_two(world: World, config: str) -> Iterator[None]:
    """The configuration builds web and analysis, both of which change in one commit."""
    before = (world.clone / "signoff.toml").read_text("utf-8")
    after = before.replace("cloudbuild.web.yaml", "both.yaml").replace("cloudbuild.analysis.yaml", "both.yaml")
    (world.clone / "both.yaml").write_text(config, "utf-8")
    for name in ("web", "analysis"):
        with (world.clone / name / "main.py").open("a") as file:
            file.write(f"\n# {len(config)}\n")
    world.commit("signoff.toml", after)
    try:
        yield
    finally:
        world.commit("signoff.toml", before)


TWO = replace(ALL, workloads=ALL.workloads[:2])


def test_two_that_one_build_makes_begin_it_once(shared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    images, builds = standing(shared), len(shared.sandbox.state()["builds"])
    with one_build_for_two(shared, BOTH):
        done = deployed(shared, monkeypatch, TWO)
    assert done.outcome == "deployed", (done.says.parts, ends(done))
    assert all(standing(shared)[name] != images[name] for name in ("web", "analysis"))
    assert len(shared.sandbox.state()["builds"]) == builds + 1


def test_of_two_that_one_build_makes_both_fail_with_it_and_it_is_begun_once(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, builds = standing(shared), len(shared.sandbox.state()["builds"])
    with one_build_for_two(shared, BOTH.replace("analysis/Dockerfile", "analysis/nowhere")):
        done = deployed(shared, monkeypatch, TWO)
    assert done.outcome == "failed"
    assert ends(done) == {"web": "prove not started", "analysis": "prove not started"}
    says = {step.workload: sentence(step.says) for step in done.steps if step.name == "build"}
    first, second = sorted(says, key=lambda name: "as well" in says[name])
    assert "ended as FAILURE" in says[first]
    assert says[second] == f"the build that makes {first} as well has failed, and is not begun a second time"
    assert sentence(done.says).count("gcloud builds log") == 1
    assert {step.workload for step in done.steps if step.name == "build" and step.status == "failed"} == set(says)
    assert len(shared.sandbox.state()["builds"]) == builds + 1
    assert standing(shared) == images
