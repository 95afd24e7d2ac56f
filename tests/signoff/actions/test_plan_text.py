"""What a person reads before a yes: what would be done, what is kept, what it costs to undo, what is on its way."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from signoff.actions.claim import LEASE, Claim
from signoff.actions.plan import Plan
from signoff.actions.plan_error import PlanError
from signoff.commands.context import Context
from signoff.commands.deploy import plan_deploy
from signoff.views.deploy import plan_text
from support.world import JOB, World

_CHANGING = (
    (r"plan-[0-9a-f]{12}", "plan-ID"),
    (r"sha256:[0-9a-f]{64}", "sha256:DIGEST"),
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "NUMBER"),
    (r"\b[0-9a-f]{12}\b", "COMMIT"),
    (r"(web|analysis)-0000\d-[a-z0-9]{3}", r"\1-REVISION"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
)


def shown(plan: Plan) -> str:
    """The plan's text without what differs from run to run."""
    said = plan_text(plan)
    for pattern, name in _CHANGING:
        said = re.sub(pattern, name, said)
    return said


@pytest.fixture
async def context(world: World) -> AsyncIterator[Context]:
    """web goes after extractor; web, analysis and extractor run, and a change of all three is pushed."""
    written = (world.clone / "signoff.toml").read_text("utf-8")
    changed = written.replace("[workloads.web]\n", '[workloads.web]\nafter = ["extractor"]\ntraffic = [10, 100]\n')
    world.commit("signoff.toml", changed)
    opened = Context.open(world.clone)
    yield opened
    await opened.close()


@pytest.fixture
def three(world: World) -> World:
    if not any(one["name"] == JOB for one in world.sandbox.state().get("jobs", [])):
        world.ship("analysis", "extractor")
    return world


async def test_of_a_service(world: World, context: Context, snapshot: SnapshotAssertion) -> None:
    container = world.service()["template"]["containers"][0] | {"env": [{"name": "MODE", "value": "live"}]}
    world.change(template=world.service()["template"] | {"containers": [container]})
    world.commit("shared/mapper.py", "def mapped(row):\n    return 'service'\n")
    assert shown(await plan_deploy(context, ["web"])) == snapshot
    assert "live" not in plan_text(await plan_deploy(context, ["web"]))


async def test_of_a_job(three: World, context: Context, snapshot: SnapshotAssertion) -> None:
    three.commit("shared/mapper.py", "def mapped(row):\n    return 'job'\n")
    assert shown(await plan_deploy(context, ["extractor"])) == snapshot


async def test_of_three_workloads_in_their_order(three: World, context: Context, snapshot: SnapshotAssertion) -> None:
    three.commit("shared/mapper.py", "def mapped(row):\n    return 'three'\n")
    assert shown(await plan_deploy(context, ["web", "analysis", "extractor"])) == snapshot


async def test_a_build_of_the_commit_that_runs_is_shown_with_its_log(world: World, context: Context) -> None:
    commit = world.commit("shared/mapper.py", "def mapped(row):\n    return 'building'\n")
    image = "us-central1-docker.pkg.dev/demo/app/web"
    docker = {"name": "gcr.io/cloud-builders/docker"}
    content: dict[str, Any] = {
        "source": {"gitSource": {"url": str(world.remote), "revision": commit}},
        "steps": [docker | {"args": ["build", "-t", image, "-f", "web/Dockerfile", "."]}],
        "images": [image],
    }
    started = world.sandbox.request("POST", "/v1/projects/demo/builds", content).json()["metadata"]["build"]["id"]
    plan = plan_text(await plan_deploy(context, ["web"]))
    assert f"build {started} of this commit is" in plan
    assert f"log: gcloud builds log {started} --region=global --project=demo)" in plan
    assert re.search(r"\(since \d{4}-\d\d-\d\dT", plan)


async def test_who_holds_it_on_another_machine_is_shown_and_bound_to_the_plan(world: World, context: Context) -> None:
    world.commit("shared/mapper.py", "def mapped(row):\n    return 'held'\n")
    free = await plan_deploy(context, ["web"])
    since = datetime(2026, 1, 1, tzinfo=UTC)
    until = datetime.now(UTC).replace(microsecond=0) + LEASE
    claim = Claim("op-000000000001", "eve@elsewhere", since, until)
    world.change(annotations={"signoff-operation": claim.written()})
    held = await plan_deploy(context, ["web"])
    assert "op-000000000001 by eve@elsewhere holds web since 2026-01-01T00:00:00Z, until" in plan_text(held)
    assert held.id != free.id
    old = Claim("op-000000000001", "eve@elsewhere", since, since + timedelta(minutes=1))
    world.change(annotations={"signoff-operation": old.written()})
    assert "holds web since 2026-01-01T00:00:00Z, whose time is over" in plan_text(await plan_deploy(context, ["web"]))
    world.change(annotations={})


async def test_a_revision_on_its_way_is_shown(world: World, context: Context) -> None:
    world.commit("shared/mapper.py", "def mapped(row):\n    return 'moving'\n")
    world.change(reconciling=True)
    said = plan_text(await plan_deploy(context, ["web"]))
    world.change(reconciling=False)
    changed = world.service()["latestCreatedRevision"].rpartition("/")[2]
    assert f"on its way: Cloud Run works on {changed}, changed at" in said


@pytest.mark.parametrize(
    ("code", "why", "fix"),
    [
        ("UNAUTHENTICATED", "the login is not accepted", "gcloud auth application-default login"),
        ("PERMISSION_DENIED", "denied", "signoff doctor says which permission is missing"),
    ],
)
async def test_what_can_not_be_read_is_no_plan_and_the_remedy_is_that_of_the_cause(
    world: World, context: Context, code: str, why: str, fix: str
) -> None:
    world.sandbox.fault("google.cloud.run.v2.Services/GetService", code=code)
    with pytest.raises(PlanError, match=rf"web could not be read \({why}\)") as refused:
        await plan_deploy(context, ["web"], "us-docker.pkg.dev/demo/app/web@sha256:" + "0" * 64)
    world.sandbox.clear_faults()
    assert refused.value.fix == fix
