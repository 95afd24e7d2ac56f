"""Two workloads that one command of the team deploys, which leaves no build on record: it runs once for both."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from signoff.actions.deploy import DeployResult
from signoff.actions.plan import Plan, Request
from signoff.actions.planning import make
from signoff.actions.site import Site
from signoff.commands.context import Context
from signoff.ledger import folds
from signoff.model.subject import WorkloadName
from signoff.views.deploy import plan_text
from signoff.views.words import sentence
from support.dying import Point, carried_out, killed, with_site
from support.waiting import eventually
from support.world import World, a_world

TWO = Request("production", tuple(map(WorkloadName, ("web", "analysis"))))

SHIP = """
import os, subprocess, sys, time
import deploy
from google.cloud import run_v2

def mode(name):
    return os.path.exists(os.path.join(os.environ["SHIP"], name))

with open(os.path.join(os.environ["SHIP"], "ran"), "a") as file:
    file.write(os.environ["SIGNOFF_COMMIT"] + "\\n")
if mode("fails"):
    sys.exit("ERROR: no such registry")
services = deploy.client(run_v2.ServicesClient)
for name in ["web"] if mode("web alone") else ["analysis", "web"]:
    deploy.PROJECT = "elsewhere"  # what builds it keeps no record that this project has
    image = deploy.build(name)
    service = services.get_service(name=f"{deploy.PARENT}/services/{name}")
    service.template.containers[0].image = image
    service.template.labels["commit-sha"] = os.environ["SIGNOFF_COMMIT"]
    services.update_service(service=service).result(timeout=60)
print("shipped", flush=True)
while mode("hangs"):
    time.sleep(0.02)
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    options = ("--reconcile-seconds", "0")
    with a_world(tmp_path_factory.mktemp("world"), "web", "analysis", options=options) as made:
        toml = (made.clone / "signoff.toml").read_text("utf-8")
        way = "build = { command = ['./bin/ship', 'all'] }\naccept_labels = true"
        for name in ("web", "analysis"):
            toml = toml.replace(f'build = {{ config = "cloudbuild.{name}.yaml" }}', way)
        (made.clone / "ship.py").write_text(SHIP, "utf-8")
        (made.clone / "bin").mkdir()
        (made.clone / "bin" / "ship").write_text(f"#!/bin/sh\nexec {sys.executable} ship.py\n", "utf-8")
        (made.clone / "bin" / "ship").chmod(0o755)
        made.commit("signoff.toml", toml)
        yield made


@pytest.fixture
def ship(shared: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Sets how the command goes; the folder in which it writes down its runs."""
    for name, value in {**shared.environment, "SHIP": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)

    def how(*modes: str) -> Path:
        for mode in modes:
            (tmp_path / mode).touch()
        return tmp_path

    return how


def a_change(world: World, *names: str) -> str:
    """In one commit for each workload; the last commit."""
    for name in names:
        code = (world.clone / name / "main.py").read_text("utf-8")
        commit = world.commit(f"{name}/main.py", f"{code}\n# {len(code)}\n")
    return commit


def deployed(world: World, request: Request = TWO) -> tuple[str, DeployResult]:
    """The plan as it is shown, and what came of it."""

    async def work(_context: Context, site: Site) -> tuple[str, DeployResult]:
        plan = await make(site, request)
        return plan_text(plan), await carried_out(site, plan)

    made: tuple[str, DeployResult] = asyncio.run(with_site(world.clone, work))
    return made


def services(world: World) -> dict[str, dict[str, Any]]:
    return {one["name"].rpartition("/")[2]: one for one in world.sandbox.state()["services"]}


def serving(world: World) -> dict[str, str]:
    """The revision that has all of the traffic."""
    found = {}
    for name, service in services(world).items():
        [status] = [one for one in service["trafficStatuses"] if one.get("percent")]
        found[name] = (status.get("revision") or service["latestReadyRevision"]).rpartition("/")[2]
    return found


def steps(done: DeployResult, name: str) -> dict[str, str]:
    return {one.workload: sentence(one.says) for one in done.steps if one.name == name and one.status != "undone"}


def unclaimed(world: World) -> bool:
    return all("signoff-operation" not in one.get("annotations", {}) for one in services(world).values())


def test_it_runs_once_at_the_newest_commit_and_each_is_proven(shared: World, ship: Callable[..., Path]) -> None:
    before = serving(shared)
    commit = a_change(shared, "web", "analysis")
    shown, done = deployed(shared)
    assert done.outcome == "deployed", sentence(done.says)
    assert shown.count("it runs once for web, analysis; each of them is proven for itself") == 2
    assert (ship() / "ran").read_text() == f"{commit}\n"
    assert steps(done, "prove").keys() == {"web", "analysis"}
    assert all(serving(shared)[name] != before[name] for name in before)
    assert unclaimed(shared)


def test_where_it_fails_both_fail_and_the_cause_is_said_once(shared: World, ship: Callable[..., Path]) -> None:
    before = serving(shared)
    a_change(shared, "web", "analysis")
    folder = ship("fails")
    _, done = deployed(shared)
    assert done.outcome == "failed"
    assert (folder / "ran").read_text().count("\n") == 1
    assert sentence(done.says).count("ended with exit code 1: “ERROR: no such registry”") == 1
    first, second = sorted(steps(done, "build").items(), key=lambda one: "as well" in one[1])
    assert second[1] == f"the command that deploys {first[0]} as well has failed, and is not begun a second time"
    assert serving(shared) == before
    assert unclaimed(shared)


def test_what_it_left_out_fails_alone(shared: World, ship: Callable[..., Path]) -> None:
    before = serving(shared)
    a_change(shared, "web", "analysis")
    folder = ship("web alone")
    _, done = deployed(shared)
    assert done.outcome == "failed"
    assert (folder / "ran").read_text().count("\n") == 1
    assert steps(done, "prove")["web"]
    assert "ended well, and analysis is not deployed" in steps(done, "build")["analysis"]
    after = serving(shared)
    assert (after["web"] != before["web"], after["analysis"]) == (True, before["analysis"])


def test_cancelled_while_it_runs_both_are_sent_back(shared: World, ship: Callable[..., Path]) -> None:
    before = serving(shared)
    a_change(shared, "web", "analysis")
    ship("hangs")

    async def cancelled(_context: Context, site: Site) -> folds.Operation | None:
        plan = await make(site, TWO)
        shipped = asyncio.Event()
        running = asyncio.create_task(carried_out(site, plan, lambda line: "“shipped”" in line and shipped.set()))
        await asyncio.wait_for(shipped.wait(), 60)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return folds.last_operation(site.ledger, "production")

    operation: folds.Operation = asyncio.run(with_site(shared.clone, cancelled))
    assert serving(shared) == before
    undone = {one.workload: str(one.says) for one in operation.steps if one.outcome == "undone"}
    assert undone == {
        name: f"{before[name]} 100 % serves again, and is pinned there until the next deploy" for name in undone
    }
    assert undone.keys() == {"web", "analysis"}
    assert unclaimed(shared)


def test_where_the_first_fails_what_comes_after_it_is_sent_back_too(shared: World, ship: Callable[..., Path]) -> None:
    toml = (shared.clone / "signoff.toml").read_text("utf-8")
    (shared.clone / "signoff.toml").write_text(
        toml.replace("[workloads.analysis]", '[workloads.analysis]\nafter = ["web"]'), "utf-8"
    )
    web = (shared.clone / "web/main.py").read_text("utf-8")
    before = serving(shared)
    a_change(shared, "analysis")
    shared.commit("web/main.py", "raise SystemExit(1)\n")
    _, done = deployed(shared)
    shared.commit("web/main.py", web)
    shared.commit("signoff.toml", toml)
    assert done.outcome == "failed"
    assert serving(shared) == before
    said = [f"{one.name} {one.status}: {sentence(one.says)}" for one in done.steps if one.workload == "analysis"]
    assert said[0] == "preflight not started: web failed before it"
    assert said[-1].startswith(f"build undone: {before['analysis']} 100 % serves as before; analysis-"), said
    assert unclaimed(shared)


def test_what_a_killed_operation_had_it_deploy_is_not_deployed_again(shared: World, ship: Callable[..., Path]) -> None:
    a_change(shared, "web", "analysis")

    async def planned(_context: Context, site: Site) -> Plan:
        return await make(site, TWO)

    plan: Plan = asyncio.run(with_site(shared.clone, planned))
    environment = {**shared.environment, "SHIP": str(ship())}
    assert killed(shared.clone, environment, plan.request, plan.id, Point("build", "after", "web")) == -9
    asyncio.run(eventually(lambda: not any(one.get("reconciling") for one in services(shared).values())))
    made = {name: one["latestCreatedRevision"] for name, one in services(shared).items()}
    _, done = deployed(shared)
    assert done.outcome == "deployed", sentence(done.says)
    assert (ship() / "ran").read_text().count("\n") == 1
    assert {name: one["latestCreatedRevision"] for name, one in services(shared).items()} == made
    assert {name: one.rpartition("/")[2] for name, one in made.items()} == serving(shared)
