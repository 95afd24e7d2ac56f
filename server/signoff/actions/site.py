"""What an action works with. Commands make it; actions know neither the configuration's file nor a face."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from signoff.ledger.store import Store
from signoff.model.judgement import Link
from signoff.model.report import Report
from signoff.model.subject import Candidate, Commit, Subject, Workload, WorkloadName
from signoff.systems import Systems
from signoff.systems.google.writer import Writers

if TYPE_CHECKING:
    from signoff.reading.definitions import Definition


class Prove(Protocol):
    """Walks these links (None: all) of these workloads on a fresh survey: an action never judges for itself.

    `overview`: whether the report says what is touched, wanted and serving as well, which asks more than most links.
    """

    async def __call__(
        self,
        workloads: Collection[WorkloadName],
        links: Collection[Link] | None,
        candidates: Mapping[WorkloadName, Candidate] = {},
        *,
        overview: bool = True,
    ) -> Report: ...


@dataclass(slots=True)
class SharedBuild:
    """What one build, or one command, is to the workloads of an operation. `failed`: the workload for which it failed;
    `begun`: whether the command was begun; `claimed`: what was claimed for it before.
    """

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    failed: WorkloadName | None = None
    begun: bool = False
    claimed: set[WorkloadName] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Site:
    """`systems`: what a fresh survey of the subject asks. `file_at`: a file of the repository at a commit, None where
    it does not exist. `remote`: what builds clone. `holds`: the folder of this machine's locks (`ledger/hold.py`);
    `locks`: their descriptors while an operation holds them, by name. `building`: by what is built, so that workloads
    of one operation that are made by the same build begin it once. `warm`: gets ready what a smoke asks with, while
    something else is waited for. `defined_in`: the places of the repository that define a workload which somebody else
    deploys.
    """

    subject: Subject
    writers: Writers
    prove: Prove
    ledger: Store
    file_at: Callable[[Commit, str], Awaitable[bytes | None]]
    remote: Callable[[], Awaitable[str]]
    defined_in: Callable[[Workload], Awaitable[Sequence[Definition]]]
    now: Callable[[], datetime]
    holds: Path
    systems: Systems
    warm: Callable[[], Awaitable[None]]
    locks: Mapping[str, int] = field(default_factory=dict)
    building: defaultdict[Hashable, SharedBuild] = field(default_factory=lambda: defaultdict(SharedBuild))


def writers_of(systems: Systems) -> Writers:
    """Made here, so that no room but this one gets hold of what changes a target."""
    return Writers(systems.boundary, systems.google)
