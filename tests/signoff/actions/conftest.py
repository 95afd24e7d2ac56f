"""A site whose chain says what a test wants it to say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from signoff.actions.site import Site
from signoff.commands.context import Context
from signoff.drafting.whereabouts import defined_in as search
from signoff.model.judgement import Link, Status
from signoff.model.report import Report, Verdict, WorkloadReport
from signoff.model.subject import Candidate, Commit, Subject, Workload, WorkloadName
from signoff.reading.definitions import Definition
from signoff.systems.google.writer import Writers
from support.samples import NOW, link_report
from support.world import World


@dataclass
class Chain:
    """What the walk says; `asked` are the walks. A real walk is the business of the story's tests."""

    commit: Commit
    says: dict[Link, Status] = field(default_factory=dict)
    asked: list[tuple[WorkloadName, ...]] = field(default_factory=list)

    async def __call__(
        self,
        workloads: Collection[WorkloadName],
        links: Collection[Link] | None,
        candidates: Mapping[WorkloadName, Candidate] = {},
        *,
        overview: bool = True,
    ) -> Report:
        self.asked.append(tuple(workloads))
        judged = {link: link_report(self.says.get(link, Status.PASS)) for link in links or Link}
        names = tuple(workloads) or (WorkloadName("web"),)
        reports = tuple(WorkloadReport(name, "service", True, judged, wanted=self.commit) for name in names)
        return Report("production", True, NOW, self.commit, Verdict.PENDING, reports)


@pytest.fixture
def chain(world: World) -> Chain:
    return Chain(Commit(world.git("rev-parse", "HEAD")))


@pytest.fixture
async def site(world: World, chain: Chain) -> AsyncIterator[Site]:
    context = Context.open(world.clone)

    async def file_at(commit: Commit, path: str) -> bytes | None:
        found = await context.systems.git.history().file_at(commit, path)
        return found.value  # type: ignore[union-attr]

    async def remote() -> str:
        return str(world.remote)

    async def defined_in(workload: Workload) -> Sequence[Definition]:
        return search(world.clone, workload.deploy, workload.kind, workload.resource)

    yield Site(
        subject=Subject(chain.commit, world.clone, context.target, context.workloads),
        systems=context.systems,
        writers=Writers(context.boundary, context.systems.google),
        prove=chain,
        ledger=context.ledger,
        file_at=file_at,
        remote=remote,
        defined_in=defined_in,
        now=context.now,
        holds=world.state / "holds",
        warm=context.systems.warm,
    )
    await context.close()
