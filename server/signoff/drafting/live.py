"""What already runs in a project."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from signoff.drafting.candidates import LiveProject
from signoff.model.facts import Known, Unknown
from signoff.model.subject import Kind

if TYPE_CHECKING:
    from signoff.systems import Systems

T = TypeVar("T")


class _Every(Collection[str]):
    """Asks a list of Cloud Run for every name in it."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


async def _names(asking: Awaitable[Known[Mapping[str, T]] | Unknown]) -> tuple[str, ...] | None:
    answer = await asking
    return None if isinstance(answer, Unknown) else tuple(answer.value)


async def read_live(systems: Systems, project: str, regions: Sequence[str]) -> LiveProject:
    """Services, jobs and worker pools by region; what did not answer makes it incomplete."""
    every = _Every()
    run = systems.run
    asked: list[tuple[Kind, str]] = []
    asking = []
    for region in regions:
        asked += [("service", region), ("job", region), ("worker-pool", region)]
        asking.append(_names(run.services(project, region, every)))
        asking.append(_names(run.jobs(project, region, every)))
        asking.append(_names(run.worker_pools(project, region, every)))
    answers = await asyncio.gather(*asking)
    found: dict[Kind, dict[str, tuple[str, ...]]] = {}
    for (kind, region), names in zip(asked, answers, strict=True):
        if names:
            found.setdefault(kind, {})[region] = names
    return LiveProject(project, found, complete=None not in answers)
