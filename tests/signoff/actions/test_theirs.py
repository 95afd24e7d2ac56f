"""What somebody else deploys: nothing is written, and the file in which the change belongs is named."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from signoff.actions.approval import answered
from signoff.actions.plan import Request
from signoff.actions.plan_error import PlanError
from signoff.actions.planning import make
from signoff.actions.refusal import Refused
from signoff.actions.site import Site
from signoff.commands.context import Context
from signoff.commands.deploy import carry_out
from signoff.commands.deploy import plan_deploy as planned
from signoff.model.judgement import Link, Status
from signoff.model.subject import Deployer, WorkloadName
from signoff.views.deploy import plan_json, plan_text, refused, result
from support.samples import NOW
from support.world import World

from .conftest import Chain

WEB = Request("production", (WorkloadName("web"),))
TERRAFORM = 'resource "google_cloud_run_v2_service" "web" {\n  name = "web"\n}\n'
BY_VARIABLE = 'resource "google_cloud_run_v2_service" "web" {\n  name = var.name\n}\n'


def silent(done: int, total: int | None, message: str) -> None:
    """A progress that nobody reads."""


def deployed_by(site: Site, by: Deployer) -> Site:
    workloads = tuple(replace(one, deploy=by) if one.name == "web" else one for one in site.subject.workloads)
    return replace(site, subject=replace(site.subject, workloads=workloads))


async def refusal(site: Site, by: Deployer, **fields: str) -> Refused:
    with pytest.raises(Refused) as caught:
        await make(deployed_by(site, by), replace(WEB, **fields))  # type: ignore[arg-type]
    return caught.value


async def test_terraforms_file_and_line_are_named(world: World, site: Site, chain: Chain) -> None:
    chain.says[Link.RELEASED] = Status.FAIL
    (world.clone / "infra").mkdir(exist_ok=True)
    world.commit("infra/run.tf", TERRAFORM)
    before = world.service()
    said = refused(await refusal(site, "terraform"))
    assert "web is deployed by terraform: set its image in infra/run.tf:1, and apply it there" in said[0]
    assert said[1]["theirs"][0]["by"] == "terraform"
    assert world.service() == before


async def test_a_resource_whose_name_is_a_variable_is_named_as_one(world: World, site: Site, chain: Chain) -> None:
    chain.says[Link.RELEASED] = Status.FAIL
    world.commit("run.tf", BY_VARIABLE)
    says = refused(await refusal(site, "terraform"))[0]
    assert "no file names the service web; run.tf:1 defines one whose name is a variable: change it there" in says


async def test_without_a_resource_the_other_repository_is_meant(site: Site, chain: Chain) -> None:
    chain.says[Link.RELEASED] = Status.FAIL
    says = refused(await refusal(site, "terraform"))[0]
    assert "no *.tf of this repository defines the service web: change its image in the repository that holds" in says


async def test_what_is_deployed_by_other_means_is_looked_for_in_the_files(
    world: World, site: Site, chain: Chain
) -> None:
    chain.says[Link.RELEASED] = Status.FAIL
    assert "no file of this repository defines the service web" in refused(await refusal(site, "other"))[0]
    world.commit("service.yaml", "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: web\n")
    assert "set its image in service.yaml:4, and apply it there" in refused(await refusal(site, "other"))[0]


async def test_what_the_target_runs_already_needs_nobody(site: Site) -> None:
    done = await refusal(site, "terraform")
    assert done.nothing_to_do
    assert "web (terraform deploys it): built, released and serving, proven" in refused(done)[0]
    assert done.watchable == ()


async def test_an_image_is_never_put_where_somebody_else_deploys(site: Site) -> None:
    image = "us-docker.pkg.dev/demo/app/web@sha256:" + "1" * 64
    with pytest.raises(PlanError, match="web is deployed by ci, not by signoff"):
        await make(deployed_by(site, "ci"), replace(WEB, image=image))


@pytest.fixture
async def mixed(world: World) -> AsyncIterator[Context]:
    """web is signoff's, and comes after analysis, which Terraform deploys, and extractor, which a pipeline does."""
    world.ship("analysis", "extractor")
    written = (world.clone / "signoff.toml").read_text("utf-8")
    written = written.replace("[workloads.web]\n", '[workloads.web]\nafter = ["analysis"]\n')
    written = written.replace("[workloads.analysis]\n", '[workloads.analysis]\ndeploy = "terraform"\n')
    world.commit("signoff.toml", written.replace("[workloads.extractor]\n", '[workloads.extractor]\ndeploy = "ci"\n'))
    opened = Context.open(world.clone)
    yield opened
    await opened.close()


async def test_of_a_mixed_request_ours_is_deployed_and_the_rest_exactly_reported(world: World, mixed: Context) -> None:
    (world.clone / "infra").mkdir(exist_ok=True)
    world.commit("infra/run.tf", TERRAFORM.replace('"web"', '"analysis"'))
    world.commit("shared/server.py", (world.clone / "shared/server.py").read_text("utf-8") + "\n# new\n")
    builds = len(world.sandbox.state()["builds"])
    plan = await planned(mixed, ["web", "analysis", "extractor"])
    shown = plan_text(plan)
    assert [item.workload for item in plan.items] == ["web"]
    assert "note: it comes after analysis, which terraform has not deployed yet" in shown
    assert "analysis is deployed by terraform: set its image in infra/run.tf:1, and apply it there" in shown
    assert "extractor is deployed by ci, and signoff only watches: built is fail" in shown
    assert [(one["workload"], one["proven"]) for one in plan_json(plan)["theirs"]] == [
        ("analysis", False),
        ("extractor", False),
    ]
    done = await carry_out(mixed, plan.id, answered(plan, "test", NOW), silent)
    assert done.outcome == "waiting", result(done)[0]
    assert "web: built, released and serving, proven on a fresh look; analysis is deployed by" in result(done)[0]
    assert len(world.sandbox.state()["builds"]) == builds + 1
    assert done.report is not None
    assert {one.name for one in done.report.workloads} == {"web", "analysis", "extractor"}
