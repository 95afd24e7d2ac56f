"""Every step of a service's and a job's deploy, a run and a roll-back: killed, cancelled, and a call of it fails.

Processes are real and are killed with SIGKILL; builds, revisions and traffic are the sandbox's, over Google's wire; the
chain is the product's own. Whatever happens: the traffic is all on the old revision, all on the new one, or where the
report says; and the same command goes on without building or deploying anything twice.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from signoff.actions.deploy import DeployResult
from signoff.actions.plan import Plan, Request
from signoff.actions.planning import make
from signoff.actions.site import Site
from signoff.actions.traffic_step import shown
from signoff.commands.context import Context
from signoff.commands.deploy_status import deploy_status
from signoff.ledger import folds
from signoff.ledger.events import RevisionProven
from signoff.model.subject import WorkloadName
from signoff.views.words import sentence
from support.dying import Point, Watched, carried_out, killed, with_site
from support.flows import FLOWS, JOB_FLOW, READ, ROLL_BACK, RUN, Flow
from support.samples import NOW
from support.waiting import eventually
from support.world import JOB, SERVICE, World, a_world

QUICK = {
    "service: before build",
    "service: write revision",
    "service: after traffic 100",
    "job: after template",
    "roll-back: write traffic",
    "service: revision meets a lost answer",
    "service: watch 10 meets refusals from then on",
    "job: build meets a refusal",
    "run: after run",
}
"""What every run of the tests does; the others are marked `whole`: `make crash` does all of them, in some minutes."""


def case(name: str, *values: Any) -> Any:
    return pytest.param(*values, id=name, marks=() if name in QUICK else pytest.mark.whole)


POINTS = [
    case(f"{name}: {moment} {step}", flow, Point(step, moment, flow.workload))
    for name, flow in FLOWS.items()
    for step in flow.steps
    for moment in ("before", "write", "after")
    if moment != "write" or step in flow.writes
]
FAILURES = [
    case(f"{name}: {step} meets {word}", flow, step, method, effect)
    for name, flow in FLOWS.items()
    for step, method in flow.steps.items()
    for word, effect in {
        "a refusal": {"code": "PERMISSION_DENIED", "times": 1},
        "refusals from then on": {"code": "PERMISSION_DENIED"},
        **({} if method == READ else {"a lost answer": {"dropAfter": True, "times": 1}}),
    }.items()
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One sandbox for the whole file, without pauses, in which a second revision of the service serves."""
    with a_world(tmp_path_factory.mktemp("world"), "web", "extractor", options=("--reconcile-seconds", "0")) as made:
        steps = "traffic = [10, 100]\ntraffic_hold_seconds = 0"
        toml = (made.clone / "signoff.toml").read_text("utf-8")
        made.commit("signoff.toml", toml.replace("critical = true", steps))
        made.commit("shared/mapper.py", "def mapped(row):\n    return 'second'\n")
        made.ship("web")
        yield made


@pytest.fixture
def world(shared: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Whatever a test before has left: the newest revision serves, nobody holds anything, and the ledger is new."""
    made = replace(shared, state=tmp_path / "state")
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    made.sandbox.clear_faults()
    state = made.sandbox.state()
    newest = {"traffic": [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}]}
    for entry, change in [
        *((one, newest) for one in state["services"] if one["name"] == SERVICE),
        *((one, {}) for one in state["jobs"] if one["name"] == JOB),
    ]:
        kept = {name: text for name, text in entry.get("annotations", {}).items() if name != "signoff-operation"}
        answer = made.sandbox.request("PATCH", f"/v2/{entry['name']}", entry | change | {"annotations": kept})
        assert answer.status_code == 200, answer.text
    asyncio.run(eventually(lambda: settled(made)))
    yield made
    made.sandbox.clear_faults()


class Scene:
    """A change that is to be deployed (or a revision to go back to), and what stands in the target before it."""

    def __init__(self, world: World, flow: Flow) -> None:
        self.world, self.flow = world, flow
        self.request = Request("production", (WorkloadName(flow.workload),), action=flow.action)  # type: ignore[arg-type]
        self.commit = world.commit("shared/mapper.py", f"def mapped(row):\n    return {time.time_ns()}\n")
        self.before = self.serving()
        self.revisions = self._revisions()
        self.image = self.job_image()
        self.goal = ""
        self.executions = self._executions()

    async def prepare(self, site: Site) -> None:
        """For a roll-back: another revision than the one that serves was proven. For a run: the change is released."""
        if self.flow is RUN:
            done = await carried_out(site, await make(site, replace(self.request, action="deploy")))
            assert done.outcome == "waiting", done.says
            self.image = self.job_image()
        if self.flow.action == "roll-back":
            [(now, _)] = self.before
            self.goal = next(name for name in sorted(self.revisions, reverse=True) if name != now)
            site.ledger.append(RevisionProven(NOW, "production", SERVICE, self.goal, "image", None))
            self.request = Request("production", self.request.workloads, action="roll-back", revision=None)

    def serving(self) -> tuple[tuple[str, int], ...]:
        """Revision and percent, as the sandbox has it."""
        service = self.world.service()
        newest = service["latestReadyRevision"].rpartition("/")[2]
        found = {}
        for status in service["trafficStatuses"]:
            name = status.get("revision", "").rpartition("/")[2] or newest
            found[name] = found.get(name, 0) + status.get("percent", 0)
        return tuple(sorted((name, percent) for name, percent in found.items() if percent))

    def _revisions(self) -> set[str]:
        state = self.world.sandbox.state()["revisions"]
        return {entry["name"].rpartition("/")[2] for entry in state if entry["name"].startswith(SERVICE)}

    def made(self) -> set[str]:
        """Revisions that are new."""
        return self._revisions() - self.revisions

    def _executions(self) -> set[str]:
        return {entry["name"] for entry in self.world.sandbox.state().get("executions", [])}

    def ran(self) -> set[str]:
        """Executions that are new."""
        return self._executions() - self.executions

    def job_image(self) -> str:
        job = next(entry for entry in self.world.sandbox.state()["jobs"] if entry["name"] == JOB)
        return str(job["template"]["template"]["containers"][0]["image"])

    def builds(self) -> list[str]:
        """How the builds of this commit stand."""
        builds = self.world.sandbox.state()["builds"]
        return [b["status"] for b in builds if b["source"]["gitSource"]["revision"] == self.commit]

    def claim(self) -> str:
        """What the resource says of who holds it."""
        kind, name = ("jobs", JOB) if self.flow.workload == "extractor" else ("services", SERVICE)
        entry = next(each for each in self.world.sandbox.state()[kind] if each["name"] == name)
        return str(entry.get("annotations", {}).get("signoff-operation", ""))

    def check_done(self) -> None:
        """It is where it was meant to go, once."""
        if self.flow is JOB_FLOW:
            assert self.job_image() != self.image
        elif self.flow is RUN:
            assert len(self.ran()) == 1
        elif self.flow is ROLL_BACK:
            assert self.serving() == ((self.goal, 100),)
            assert self.made() == set()
        else:
            [revision] = self.made()
            assert self.serving() == ((revision, 100),)
        assert self.builds() == ([] if self.flow is ROLL_BACK else ["SUCCESS"])

    def check_reported(self, done: DeployResult) -> None:
        """Old, new, or what the report says; and no claim is left."""
        serving = self.serving()
        if serving != self.before and done.outcome in {"failed", "busy", "void"}:
            last = [sentence(step.says) for step in done.steps if step.status != "not started"][-1]
            assert shown(serving) in last or f"web served {shown(self.before)} before" in last
        if self.job_image() != self.image and done.outcome in {"failed", "busy", "void"}:
            last = [sentence(step.says) for step in done.steps if step.status != "not started"][-1]
            assert f"its template named {self.image} before" in last
            assert f"the template of extractor names {self.job_image()}" in last or "reading extractor failed" in last
        if done.outcome in {"deployed", "rolled-back", "waiting"}:
            self.check_done()
        assert len(self.made()) <= 1
        assert len(self.ran()) <= (self.flow is RUN)
        assert len(self.builds()) <= 1
        assert not any(status in {"QUEUED", "WORKING"} for status in self.builds())


def on(world: World, work: Callable[[Context, Site], Awaitable[Any]]) -> Any:
    """Something done with the product's own context of the clone."""
    return asyncio.run(with_site(world.clone, work))


def left_running(folder: Path) -> list[str]:
    """Processes that work in a folder, after a moment to end."""
    end = time.monotonic() + 10
    while found := [name for name in os.listdir("/proc") if name.isdigit() and _works_in(name, folder)]:
        if time.monotonic() > end:
            break
        time.sleep(0.02)
    return found


def _works_in(process: str, folder: Path) -> bool:
    try:
        return Path(os.readlink(f"/proc/{process}/cwd")).is_relative_to(folder)
    except OSError:
        return False


@pytest.mark.parametrize(("flow", "point"), POINTS)
def test_after_a_kill_the_same_command_goes_on_and_does_nothing_twice(world: World, flow: Flow, point: Point) -> None:
    scene = Scene(world, flow)

    async def die(context: Context, site: Site) -> Plan:
        await scene.prepare(site)
        plan = await make(site, scene.request)
        code = await asyncio.to_thread(killed, world.clone, world.environment, plan.request, plan.id, point)
        assert code == -9
        return plan

    async def go_on(context: Context, site: Site) -> DeployResult:
        status = await deploy_status(context)
        assert status.state == "died"
        last = status.operation.steps[-1]
        assert (last.step, last.outcome) == (point.step, "began")
        await eventually(lambda: settled(world))
        plan = await make(site, scene.request)
        assert plan.resumes == status.operation.began.operation
        done = await carried_out(site, plan)
        assert done.operation == plan.resumes
        return done

    on(world, die)
    assert left_running(world.clone) == []
    between = dict(scene.serving())
    new = set(between) - {name for name, _ in scene.before}
    assert not new or 100 in between.values() or point.step.startswith(("traffic", "watch"))
    done = on(world, go_on)
    assert done.outcome == {"roll-back": "rolled-back", "run": "ran"}.get(
        flow.action, "waiting" if flow is JOB_FLOW else "deployed"
    )
    scene.check_done()
    assert scene.claim() == ""


def settled(world: World) -> bool:
    """Whether every write has taken effect: a plan is made from a world that stands still."""
    state = world.sandbox.state()
    return not any(entry.get("reconciling") for entry in [*state["services"], *state["jobs"]])


@pytest.mark.parametrize(("flow", "point"), POINTS)
def test_cancelled_anywhere_it_stops_at_a_safe_point_and_says_where(world: World, flow: Flow, point: Point) -> None:
    scene = Scene(world, flow)

    async def cancelled(context: Context, site: Site) -> folds.Operation | None:
        await scene.prepare(site)
        plan = await make(site, scene.request)
        task: list[asyncio.Task[Any]] = []

        def there(reached: Point) -> None:
            if reached == point:
                task[0].cancel()

        task.append(asyncio.create_task(carried_out(Watched(site, there).site, plan)))
        with pytest.raises(asyncio.CancelledError):
            await task[0]
        return folds.last_operation(site.ledger, "production")

    ended: folds.Operation = on(world, cancelled)
    assert ended.ended is not None
    assert ended.ended.outcome == "stopped"
    stopped = next((s for s in reversed(ended.steps) if s.outcome in {"stopped", "done"}), None)
    assert stopped is not None
    if (scene.serving(), scene.job_image()) != (scene.before, scene.image):
        assert (stopped.step, stopped.outcome) == ("prove", "done")
        assert len(scene.serving()) == 1
    assert stopped.step in str(ended.ended.says)
    assert len(scene.ran()) <= (flow is RUN)
    assert all(status in {"SUCCESS", "CANCELLED"} for status in scene.builds())
    assert scene.claim() == ""


@pytest.mark.parametrize(("flow", "step", "method", "effect"), FAILURES)
def test_where_a_call_fails_the_report_is_what_the_sandbox_says(
    world: World, flow: Flow, step: str, method: str, effect: dict[str, Any]
) -> None:
    scene = Scene(world, flow)

    async def failing(context: Context, site: Site) -> DeployResult:
        await scene.prepare(site)
        plan = await make(site, scene.request)

        def there(reached: Point) -> None:
            if reached == Point(step, "before", flow.workload):
                world.sandbox.fault(method, **effect)

        return await carried_out(Watched(site, there).site, plan)

    done: DeployResult = on(world, failing)
    world.sandbox.clear_faults()
    scene.check_reported(done)
    if "times" in effect:
        assert done.operation
        assert done.operation not in scene.claim()
    ended = on(world, lambda context, site: _last(site))
    assert ended.ended.outcome == done.outcome
    assert said(ended.ended.says) == said(sentence(done.says))


async def _last(site: Site) -> Any:
    return folds.last_operation(site.ledger, "production")


def said(words: object) -> str:
    """Without the quotation marks, which the ledger writes as JSON has them."""
    return str(words).translate({ord("“"): '"', ord("”"): '"'})
