"""A world with the service web running, and a site whose chain says what a test wants it to say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from signoff.actions.site import Site
from signoff.commands.context import Context
from signoff.model.judgement import Link, Status
from signoff.model.report import Report, Verdict, WorkloadReport
from signoff.model.subject import Commit, Subject, WorkloadName
from signoff.systems.google.writer import Writers
from support.samples import NOW, link_report
from support.world import SERVICE, World, a_world


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, dict[str, Any]]]:
    """Starting a sandbox and shipping takes seconds: the tests of a file share one, and none counts on another."""
    with a_world(tmp_path_factory.mktemp("world"), "web") as made:
        yield made, service_of(made)


def service_of(world: World) -> dict[str, Any]:
    """The service web as the sandbox has it."""
    return dict(next(entry for entry in world.sandbox.state()["services"] if entry["name"] == SERVICE))


@pytest.fixture
def world(shipped: tuple[World, dict[str, Any]], tmp_path: Path) -> World:
    """The shared world with the first commit on the remote, the service as it was shipped, and a new ledger."""
    shared_world, first = shipped
    shared_world.sandbox.clear_faults()
    asked = {key: first.get(key, {}) for key in ("labels", "template", "traffic")}
    shared_world.sandbox.plant({"services": [service_of(shared_world) | asked]})
    shared_world.sandbox.reset_calls()
    shared_world.git("reset", "--quiet", "--hard", shared_world.git("rev-list", "--max-parents=0", "HEAD"))
    shared_world.git("push", "--quiet", "--force", "origin", "main")
    return replace(shared_world, state=tmp_path / "state")


@dataclass
class Chain:
    """What the walk says; `asked` are the walks. A real walk is the business of the story's tests."""

    commit: Commit
    says: dict[Link, Status] = field(default_factory=dict)
    asked: list[tuple[WorkloadName, ...]] = field(default_factory=list)

    async def __call__(self, workloads: Collection[WorkloadName], links: Collection[Link] | None) -> Report:
        self.asked.append(tuple(workloads))
        judged = {link: link_report(self.says.get(link, Status.PASS)) for link in links or Link}
        names = tuple(workloads) or (WorkloadName("web"),)
        reports = tuple(WorkloadReport(name, "service", True, judged, wanted=self.commit) for name in names)
        return Report("production", True, NOW, self.commit, Verdict.PENDING, reports)


@pytest.fixture
def chain(world: World) -> Chain:
    return Chain(Commit(world.git("rev-parse", "HEAD")))


@pytest.fixture
async def site(world: World, chain: Chain, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    context = Context.open(world.clone)

    async def file_at(commit: Commit, path: str) -> bytes | None:
        found = await context.systems.git.history().file_at(commit, path)
        return found.value  # type: ignore[union-attr]

    async def remote() -> str:
        return str(world.remote)

    yield Site(
        subject=Subject(chain.commit, world.clone, context.target, context.workloads),
        writers=Writers(context.boundary, context.systems.google),
        prove=chain,
        ledger=context.ledger,
        file_at=file_at,
        remote=remote,
        now=context.now,
    )
    await context.close()
