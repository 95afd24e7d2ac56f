"""The team's own command: run in a clean checkout, ended as a whole, and called deployed only where that is proven."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from signoff.actions.approval import answered
from signoff.actions.claim import lock_of
from signoff.actions.deploy import DeployResult, carry_out
from signoff.actions.plan import Plan
from signoff.actions.plan_error import PlanError
from signoff.actions.planning import make
from signoff.actions.refusal import Busy
from signoff.actions.site import Site
from signoff.commands.context import Context
from signoff.ledger.hold import is_held
from signoff.ledger.place import holds_path
from signoff.model.facts import Known
from signoff.model.report import Report
from signoff.model.subject import BuildCommand, Commit, WorkloadName
from signoff.views.words import sentence
from support.deploying import WEB, build_finished, built_by, deploy, image_now, plan_of, said
from support.dying import Point, carried_out, killed, with_site
from support.samples import NOW
from support.waiting import eventually
from support.world import SERVICE, World

from .conftest import Chain
from .test_traffic import serving

DEPLOYS = BuildCommand((sys.executable, "deploy.py", "web"))
BUILDS = BuildCommand((sys.executable, "-c", "import deploy; deploy.build('web')"))


def new_code(world: World, note: str) -> str:
    """A commit that makes another image; it is pushed."""
    code = (world.clone / "web/main.py").read_text(encoding="utf-8")
    return world.commit("web/main.py", f"{code}\n# {note}\n")


def by_command(site: Site, chain: Chain, commit: str, *argv: str) -> Site:
    chain.commit = Commit(commit)
    return built_by(site, BuildCommand(argv), commit)


async def test_a_command_that_deploys_is_proven_and_nothing_is_written_over_it(
    world: World, site: Site, chain: Chain
) -> None:
    commit = new_code(world, "deployed by the command")
    site = by_command(site, chain, commit, *DEPLOYS.command)
    _, shown = await plan_of(site)
    assert "it acts by itself: what it deploys, and how it moves traffic, is not in signoff's hands" in shown
    assert "traffic: as the command moves it" in shown
    told: list[str] = []
    done = await deploy(site, told)
    assert done.outcome == "deployed", said(done)
    assert any("web: deployed web-" in line for line in told)
    service = world.service()
    assert "signoff-operation" not in service["template"].get("labels", {})
    steps = {step.name: sentence(step.says) for step in done.steps}
    assert "was deployed by the command or trigger itself" in steps["revision"]
    assert "has all of the traffic already" in steps["traffic 100"]
    assert f"it is of commit {commit[:12]} (proven)" in steps["build"]


async def test_what_a_command_left_without_traffic_is_smoked_under_its_tag_before_users_get_it(
    world: World, site: Site, chain: Chain
) -> None:
    old = world.service()["latestReadyRevision"].rpartition("/")[2]
    kind = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
    world.change(traffic=[{"type": kind, "revision": old, "percent": 100}])
    site = by_command(site, chain, new_code(world, "traffic is pinned"), *DEPLOYS.command)
    smoked: list[str | None] = []

    async def prove(*asked: Any, **how: Any) -> Report:
        for candidates in asked[2:]:
            smoked.extend(candidate.url for candidate in candidates.values())
            assert serving(world) == [(old, 100)]
        return await chain(*asked, **how)

    done = await deploy(replace(site, prove=prove))
    assert done.outcome == "deployed", said(done)
    assert len(smoked) == 1
    assert smoked[0]
    assert serving(world) == [(world.service()["latestReadyRevision"].rpartition("/")[2], 100)]
    assert all("tag" not in entry for entry in world.service()["traffic"])


async def test_what_a_command_only_built_is_released_by_signoff(world: World, site: Site, chain: Chain) -> None:
    commit = new_code(world, "only built")
    before = image_now(world)
    done = await deploy(by_command(site, chain, commit, *BUILDS.command))
    assert done.outcome == "deployed", said(done)
    assert image_now(world) != before
    assert world.service()["template"]["labels"]["commit-sha"] == commit


async def test_a_command_that_does_nothing_is_not_called_deployed(world: World, site: Site, chain: Chain) -> None:
    commit = world.commit("web/page.txt", "nothing done")
    before = image_now(world)
    done = await deploy(by_command(site, chain, commit, "true"))
    assert done.outcome == "failed"
    assert "ended well, and web is not deployed" in said(done)
    assert image_now(world) == before


async def test_a_command_that_deploys_another_commit_is_not_called_deployed(
    world: World, site: Site, chain: Chain
) -> None:
    old = await site.writers.deployed("service", SERVICE)
    image = image_now(world)
    commit = new_code(world, "another one is deployed")
    again = f"import deploy; deploy.deploy_service('web', {image!r})"
    done = await deploy(by_command(site, chain, commit, sys.executable, "-c", again))
    assert done.outcome == "failed"
    assert "neither does the target run an image of" in said(done)
    now = await site.writers.deployed("service", SERVICE)
    assert isinstance(old, Known)
    assert isinstance(now, Known)
    assert old.value is not None
    assert now.value is not None
    assert now.value.ready != old.value.ready, "the command did deploy"
    assert now.value.serving == old.value.serving, "traffic went back"


async def test_a_command_that_fails_names_its_exit_code_and_its_failing_line(
    world: World, site: Site, chain: Chain
) -> None:
    world.commit("bin-ship", "#!/bin/sh\necho building\necho 'ERROR: no such registry'\necho bye\nexit 3\n")
    os.chmod(world.clone / "bin-ship", 0o755)
    commit = new_code(world, "with a script")
    done = await deploy(by_command(site, chain, commit, "./bin-ship", "web"))
    assert done.outcome == "failed"
    assert "./bin-ship web ended with exit code 3: “ERROR: no such registry”" in said(done)


async def test_a_command_runs_at_the_commit_without_anything_of_the_working_tree(
    world: World, site: Site, chain: Chain
) -> None:
    commit = world.commit("web/page.txt", "clean")
    (world.clone / "web/page.txt").write_text("dirty")
    (world.clone / "left-over.txt").write_text("not committed")
    script = "git rev-parse HEAD; git status --porcelain; git remote get-url origin; ls; cat web/page.txt; echo; pwd"
    told: list[str] = []
    await deploy(by_command(site, chain, commit, "sh", "-c", script + "; echo $SIGNOFF_COMMIT $SIGNOFF_TARGET"), told)
    says = [line.partition("“")[2].rstrip("”") for line in told if "build says" in line]
    assert says[0] == commit
    assert says[1] == str(world.remote)
    assert "left-over.txt" not in says
    assert "clean" in says
    assert says[-1] == f"{commit} production"
    assert not await asyncio.to_thread(os.path.exists, says[-2]), "the checkout is gone"
    (world.clone / "left-over.txt").unlink()


async def test_a_build_of_the_commit_that_is_there_is_used_and_the_command_does_not_run(
    world: World, site: Site, chain: Chain
) -> None:
    commit = world.commit("web/page.txt", "built before")
    name = await build_finished(site, world, commit)
    site = by_command(site, chain, commit, "false")
    _, shown = await plan_of(site)
    assert f"build {name.id} of this commit is done already" in shown
    done = await deploy(site)
    assert done.outcome == "deployed", said(done)


async def test_cancelling_ends_the_whole_process_group_of_the_command(
    world: World, site: Site, chain: Chain, tmp_path: Path
) -> None:
    commit = world.commit("web/page.txt", "cancelled")
    script = f"trap '' TERM; sleep 600 & echo $! $$ > {tmp_path}/pids; echo ready; wait; sleep 600"
    site = by_command(site, chain, commit, "sh", "-c", script)
    plan = await make(site, WEB)
    ready = asyncio.Event()

    def told(done: int, total: int | None, message: str) -> None:
        if "says “ready”" in message:
            ready.set()

    deploying = asyncio.create_task(carry_out(site, plan.id, plan.request, answered(plan, "test", NOW), told))
    await asyncio.wait_for(ready.wait(), 30)
    deploying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await deploying
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert len(pids) == 2
    await eventually(lambda: not any(_lives(pid) for pid in pids))


async def test_a_command_that_outlives_its_killed_signoff_is_waited_for_and_runs_once(
    world: World, tmp_path: Path
) -> None:
    """The command kills the signoff that runs it, and goes on."""
    script = (
        f"echo began >> {tmp_path}/ran; kill -9 $PPID; while ! test -e {tmp_path}/go; do sleep 0.05; done; "
        f"{sys.executable} deploy.py web; echo ended >> {tmp_path}/ran"
    )
    written = (world.clone / "signoff.toml").read_text(encoding="utf-8")
    way = f"build = {{ command = {json.dumps(['sh', '-c', script])} }}"
    world.commit("signoff.toml", written.replace('build = { config = "cloudbuild.web.yaml" }', way))
    commit = new_code(world, "outlived")

    async def planned(_context: Context, site: Site) -> Plan:
        return await make(site, WEB)

    async def done(_context: Context, site: Site) -> DeployResult:
        return await carried_out(site, await make(site, WEB))

    plan = await with_site(world.clone, planned)
    never = Point("never", "before")
    assert await asyncio.to_thread(killed, world.clone, world.environment, WEB, plan.id, never) == -9
    with pytest.raises(Busy, match="web is being deployed by"):
        await with_site(world.clone, planned)
    (tmp_path / "go").touch()
    await eventually(
        lambda: not is_held(holds_path(world.clone, os.environ), lock_of("production", WorkloadName("web")))
    )
    assert (tmp_path / "ran").read_text() == "began\nended\n"
    result = await with_site(world.clone, done)
    assert result.outcome == "deployed", said(result)
    assert (tmp_path / "ran").read_text() == "began\nended\n"
    assert f"it is of commit {commit[:12]} (proven)" in " ".join(sentence(step.says) for step in result.steps)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("program", "why"), [("./bin/gone", "is not in commit"), ("no-such-program-here", "is not on the PATH")]
)
async def test_a_program_that_is_not_there_is_refused_when_it_is_planned(site: Site, program: str, why: str) -> None:
    with pytest.raises(PlanError, match=why):
        await make(built_by(site, BuildCommand((program,)), site.subject.commit), WEB)
