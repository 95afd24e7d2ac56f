"""From a plan to new traffic on Google's wire: real builds of a real remote, real processes behind the revisions."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from signoff.actions.approval import answered
from signoff.actions.deploy import DeployResult, carry_out
from signoff.actions.deploying import NOT_DISPROVEN
from signoff.actions.plan import Plan, Request
from signoff.actions.plan_error import PlanError
from signoff.actions.planning import make
from signoff.actions.refusal import Refused
from signoff.actions.site import Site
from signoff.ledger.events import OperationEnded, PlanApproved, StepTaken
from signoff.model.judgement import Link, Status
from signoff.model.report import Report
from signoff.model.subject import Commit, WorkloadName
from signoff.views.deploy import plan_text, result
from support.samples import NOW
from support.world import SERVICE, World

from .conftest import Chain

WEB = Request("production", (WorkloadName("web"),))
STEPS = ("preflight", "build", "revision", "smoke", "traffic 100", "prove")
BROKEN = "raise SystemExit('no database')\n"


def silent(done: int, total: int | None, message: str) -> None: ...


async def deploy(site: Site, plan: Plan | None = None) -> DeployResult:
    plan = plan or await make(site, WEB)
    return await carry_out(site, plan.id, plan.request, answered(plan, "test", NOW), silent)


def written_by_people(world: World) -> dict[str, Any]:
    """The service without what every write changes: the claim comes and goes."""
    return {name: value for name, value in world.service().items() if name not in {"etag", "updateTime"}}


def a_secret(name: str, version: int, reader: str) -> dict[str, Any]:
    """A secret as the sandbox's state has it, with one version that `reader` may read."""
    number = f"{name}/versions/{version}"
    return {
        "secrets": [{"name": name, "replication": {"automatic": {}}}],
        "secretVersions": [{"name": number, "state": "ENABLED"}],
        "secretPayloads": [{"name": number, "payload": {"data": "aHVudGVyMg=="}}],
        "iamPolicies": {name: {"bindings": [{"role": "roles/secretmanager.secretAccessor", "members": [reader]}]}},
    }


def at_head(site: Site, chain: Chain, commit: str) -> Site:
    chain.commit = Commit(commit)
    return replace(site, subject=replace(site.subject, commit=Commit(commit)))


async def test_a_deploy_builds_the_pushed_commit_and_serves_it_by_digest(
    world: World, site: Site, chain: Chain
) -> None:
    before = world.service()
    commit = world.commit("shared/mapper.py", 'def mapped(row):\n    return {"school": "new"}\n')
    done = await deploy(at_head(site, chain, commit))
    after = world.service()
    assert done.outcome == "deployed", result(done)[0]
    builds = [b for b in world.sandbox.state()["builds"] if b["source"]["gitSource"]["revision"] == commit]
    assert len(builds) == 1
    digest = builds[0]["results"]["images"][0]["digest"]
    assert after["template"]["containers"][0]["image"].endswith(f"/web@{digest}")
    assert after["latestReadyRevision"] != before["latestReadyRevision"]
    assert after["template"]["labels"]["commit-sha"] == commit
    assert [status["percent"] for status in after["trafficStatuses"]] == [100]
    assert [(step.name, step.status) for step in done.steps] == [
        (name, "done") for name in ("preflight", "build", "revision", "smoke", "traffic 100", "prove")
    ]


async def test_every_step_is_in_the_ledger_before_and_after_it(world: World, site: Site) -> None:
    plan = await make(site, WEB)
    await deploy(site, plan)
    steps = [(event.step, event.outcome) for event in site.ledger.all() if isinstance(event, StepTaken)]
    assert steps == [(step, when) for step in STEPS for when in ("began", "done")]
    approvals = [event for event in site.ledger.all() if isinstance(event, PlanApproved)]
    assert [(event.plan, event.way) for event in approvals] == [(plan.id, "elicitation")]


async def test_environment_secrets_account_labels_and_tags_survive(world: World, site: Site) -> None:
    before = world.service()
    template = before["template"]
    container = template["containers"][0] | {
        "env": [
            {"name": "MODE", "value": "live"},
            {"name": "KEY", "valueSource": {"secretKeyRef": {"secret": "key", "version": "3"}}},
        ]
    }
    old = before["latestReadyRevision"].rpartition("/")[2]
    latest = {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}
    tagged = {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": old, "tag": "stable"}
    account = "web@demo.iam.gserviceaccount.com"
    world.sandbox.plant(a_secret("projects/demo/secrets/key", version=3, reader=f"serviceAccount:{account}"))
    world.change(
        labels={"team": "reports"},
        template=template | {"containers": [container], "serviceAccount": account},
        traffic=[latest, tagged],
    )
    done = await deploy(site)
    assert done.outcome == "deployed", result(done)[0]
    after = world.service()
    assert after["template"]["containers"][0]["env"] == container["env"]
    assert after["template"]["serviceAccount"] == account
    assert after["labels"]["team"] == "reports"
    assert after["traffic"] == [latest, tagged]


async def test_a_variable_that_somebody_sets_meanwhile_survives(world: World, site: Site, chain: Chain) -> None:
    site = at_head(site, chain, world.commit("shared/mapper.py", "def mapped(row):\n    return 'meanwhile'\n"))
    plan = await make(site, WEB)

    def told(done: int, total: int | None, message: str) -> None:
        if "build done" in message:
            template = world.service()["template"]
            container = template["containers"][0] | {"env": [{"name": "FLAG", "value": "on"}]}
            body = {"template": template | {"containers": [container]}}
            assert world.sandbox.request("PATCH", f"/v2/{SERVICE}?updateMask=template", body).status_code == 200

    done = await carry_out(site, plan.id, plan.request, answered(plan, "test", NOW), told)
    assert done.outcome == "deployed", result(done)[0]
    after = world.service()["template"]["containers"][0]
    assert after["env"] == [{"name": "FLAG", "value": "on"}]
    assert after["image"] != plan.items[0].resources[0].image


async def test_pinned_traffic_is_said_in_the_plan_and_moved_after_the_yes(
    world: World, site: Site, chain: Chain
) -> None:
    site = at_head(site, chain, world.commit("shared/mapper.py", "def mapped(row):\n    return 'pinned'\n"))
    old = world.service()["latestReadyRevision"].rpartition("/")[2]
    pinned = {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": old, "percent": 100}
    world.change(traffic=[pinned])
    plan = await make(site, WEB)
    assert f"{old} 100 % (pinned)" in plan_text(plan)
    done = await deploy(site, plan)
    assert done.outcome == "deployed", result(done)[0]
    now = await site.writers.deployed("service", SERVICE)
    revision = world.service()["latestReadyRevision"].rpartition("/")[2]
    assert revision != old
    assert now.value.serving == ((revision, 100),)  # type: ignore[union-attr]


async def test_a_pinned_revision_name_does_not_stop_the_update(world: World, site: Site, chain: Chain) -> None:
    before = world.service()
    world.change(template=before["template"] | {"revision": before["latestReadyRevision"].rpartition("/")[2]})
    commit = world.commit("shared/mapper.py", "def mapped(row):\n    return 'named'\n")
    done = await deploy(at_head(site, chain, commit))
    assert done.outcome == "deployed", result(done)[0]


async def test_one_conflict_is_retried_from_a_fresh_read(world: World, site: Site) -> None:
    world.sandbox.fault("google.cloud.run.v2.Services/UpdateService", code="ABORTED", times=1)
    done = await deploy(site)
    assert done.outcome == "deployed", result(done)[0]
    assert world.sandbox.calls()["google.cloud.run.v2.Services/UpdateService"] >= 2


async def test_a_second_conflict_is_reported_and_nothing_is_written(world: World, site: Site) -> None:
    before = written_by_people(world)
    world.sandbox.fault("google.cloud.run.v2.Services/UpdateService", code="ABORTED", times=2)
    done = await deploy(site)
    assert done.outcome == "failed"
    assert "nothing was written" in result(done)[0]
    assert written_by_people(world) == before


async def test_another_deploy_meanwhile_is_not_overwritten(world: World, site: Site) -> None:
    answer = await site.writers.set_image(
        "service", SERVICE, "web@sha256:" + "2" * 64, commit=None, operation="op-1", replacing="what the plan saw"
    )
    assert answer.value.there == world.service()["template"]["containers"][0]["image"]  # type: ignore[union-attr]


async def test_a_changed_world_voids_the_plan(world: World, site: Site) -> None:
    plan = await make(site, WEB)
    world.change(labels={"team": "other"}, etag='"changed"')
    builds = len(world.sandbox.state()["builds"])
    done = await deploy(site, plan)
    assert done.outcome == "void"
    assert len(world.sandbox.state()["builds"]) == builds
    assert "nothing was changed" in result(done)[0]


async def test_a_yes_to_another_plan_is_refused(site: Site) -> None:
    plan = await make(site, WEB)
    other = replace(plan, id="plan-other")
    with pytest.raises(PlanError, match="the yes was given to plan-other"):
        await carry_out(site, plan.id, plan.request, answered(other, "test", NOW), silent)


async def test_without_a_proven_push_nothing_is_planned(world: World, site: Site, chain: Chain) -> None:
    chain.says[Link.PUSHED] = Status.FAIL
    with pytest.raises(Refused, match="pushed has not passed") as refused:
        await make(site, WEB)
    assert refused.value.report.workloads[0].links[Link.PUSHED].status is Status.FAIL


async def test_head_is_not_built_where_the_commit_that_is_wanted_is_not_known(site: Site, chain: Chain) -> None:
    async def prove(*asked: Any, **how: Any) -> Report:
        report = await chain(*asked, **how)
        return replace(report, workloads=tuple(replace(one, wanted=None) for one in report.workloads))

    with pytest.raises(PlanError, match="which commit of web is to be built is not known"):
        await make(replace(site, prove=prove), WEB)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (Status.PASS, None),
        (Status.FAIL, "web has changes that are not committed; they are not deployed"),
        (Status.UNKNOWN, "whether web has changes that are not committed is not known"),
    ],
)
async def test_a_plan_says_what_of_the_working_tree_is_left_behind_and_only_what_is_known(
    site: Site, chain: Chain, status: Status, says: str | None
) -> None:
    chain.says[Link.COMMITTED] = status
    notes = [line for line in plan_text(await make(site, WEB)).splitlines() if "not committed" in line]
    assert len(notes) == (0 if says is None else 1)
    assert all(str(says) in note for note in notes)


@pytest.mark.parametrize("status", [Status.UNKNOWN, Status.WAITING])
async def test_what_must_be_proven_before_holds_a_deploy_where_it_is_not_known(
    site: Site, chain: Chain, status: Status
) -> None:
    chain.says[Link.PUSHED] = status
    with pytest.raises(Refused, match="pushed has not passed"):
        await make(site, WEB)


@pytest.mark.parametrize("link", NOT_DISPROVEN)
async def test_what_must_not_be_wrong_holds_a_deploy_only_where_it_is(site: Site, chain: Chain, link: Link) -> None:
    chain.says[link] = Status.FAIL
    with pytest.raises(Refused, match=f"{link} has not passed"):
        await make(site, WEB)
    for status in (Status.UNKNOWN, Status.WAITING):
        chain.says[link] = status
        assert await make(site, WEB)


@pytest.mark.parametrize("status", [Status.UNKNOWN, Status.WAITING, Status.BLOCKED])
async def test_it_is_not_called_deployed_unless_the_chain_says_so(site: Site, chain: Chain, status: Status) -> None:
    chain.says[Link.SERVING] = status
    done = await deploy(site)
    assert done.outcome == "unproven"
    assert result(done)[0].startswith("NOT PROVEN")


async def test_a_revision_that_never_gets_ready_is_a_failure_and_the_old_one_serves(
    world: World, site: Site, chain: Chain
) -> None:
    old = world.service()["latestReadyRevision"]
    commit = world.commit("web/main.py", BROKEN)
    done = await deploy(at_head(site, chain, commit))
    assert done.outcome == "failed"
    assert [(step.name, step.status) for step in done.steps] == [
        ("preflight", "done"),
        ("build", "done"),
        ("revision", "failed"),
        ("smoke", "not started"),
        ("traffic 100", "not started"),
        ("prove", "not started"),
        ("revision", "undone"),
    ]
    assert world.service()["latestReadyRevision"] == old


async def test_a_build_that_fails_changes_nothing_in_the_target(world: World, site: Site, chain: Chain) -> None:
    before = written_by_people(world)
    commit = world.commit("web/Dockerfile", "FROM python:3.11-slim\nCOPY nowhere .\n")
    done = await deploy(at_head(site, chain, commit))
    assert done.outcome == "failed"
    assert "FAILURE" in result(done)[0]
    assert written_by_people(world) == before


async def test_an_image_is_deployed_without_a_build(world: World, site: Site) -> None:
    image = world.service()["template"]["containers"][0]["image"]
    builds = len(world.sandbox.state()["builds"])
    plan = await make(site, replace(WEB, image=image))
    done = await deploy(site, plan)
    assert [step.name for step in done.steps] == [name for name in STEPS if name != "build"]
    assert len(world.sandbox.state()["builds"]) == builds


async def test_an_image_by_tag_is_refused(site: Site) -> None:
    with pytest.raises(PlanError, match="not named by digest"):
        await make(site, replace(WEB, image="us-docker.pkg.dev/demo/app/web:latest"))


async def test_an_update_whose_answer_never_came_is_not_called_done_or_undone(world: World, site: Site) -> None:
    world.sandbox.fault("google.cloud.run.v2.Services/UpdateService", drop=True, times=1)
    done = await deploy(site)
    assert done.outcome == "failed"
    assert "whether it took effect is not known" in result(done)[0]


async def test_a_cancelled_deploy_cancels_its_build_and_says_so_in_the_ledger(
    world: World, site: Site, chain: Chain
) -> None:
    site = at_head(site, chain, world.commit("web/page.txt", "cancelled"))
    plan = await make(site, WEB)
    world.sandbox.fault("google.devtools.cloudbuild.v1.CloudBuild/GetBuild", latencySeconds=5)
    started = asyncio.Event()

    def told(done: int, total: int | None, message: str) -> None:
        if "started" in message:
            started.set()

    deploying = asyncio.create_task(carry_out(site, plan.id, plan.request, answered(plan, "test", NOW), told))
    await asyncio.wait_for(started.wait(), 20)
    deploying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await deploying
    *_, last, ended = site.ledger.all()
    assert isinstance(last, StepTaken)
    assert isinstance(ended, OperationEnded)
    says = "build of web stopped: it was cancelled while it ran; the target runs what it ran"
    assert (last.step, last.outcome, str(ended.says)) == ("build", "stopped", says)
    assert world.sandbox.calls()["google.devtools.cloudbuild.v1.CloudBuild/CancelBuild"] == 1


async def test_a_deploy_that_is_cancelled_while_its_build_is_asked_for_leaves_no_build_running(
    world: World, site: Site, chain: Chain
) -> None:
    site = at_head(site, chain, world.commit("web/page.txt", "cancelled early"))
    plan = await make(site, WEB)
    create = "google.devtools.cloudbuild.v1.CloudBuild/CreateBuild"
    world.sandbox.fault(create, latencySeconds=1)
    deploying = asyncio.create_task(carry_out(site, plan.id, plan.request, answered(plan, "test", NOW), silent))
    while not (await asyncio.to_thread(world.sandbox.calls)).get(create):
        assert not deploying.done()
    deploying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await deploying
    assert world.sandbox.calls()["google.devtools.cloudbuild.v1.CloudBuild/CancelBuild"] == 1
