"""The claim of an operation on what it deploys: two sessions never deploy the same workload at once.

On this machine a file lock says who holds a workload (it ends with its process). For other machines the service or
job itself carries the claim, as an annotation that is written with its etag: of two that write, one wins. A claim is
for a lease, so that a machine that is switched off does not hold it for ever; a living operation renews it.
"""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import re
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from signoff.actions.plan import Item
from signoff.actions.steps import Occupied, Outdated, StepFailed, known
from signoff.model.subject import WorkloadName
from signoff.model.text import Text, text
from signoff.systems.google.deployed import Conflict, Written
from signoff.systems.google.edit import EditedKind
from signoff.systems.google.writer import Writers

LEASE = timedelta(minutes=15)
RENEWED = LEASE / 3
SETTLE_SECONDS = 60.0
_CLAIM = re.compile(r"(?P<operation>op-[0-9a-f]+) by (?P<by>\S+) since (?P<since>\S+) until (?P<until>\S+)")


@dataclass(frozen=True, slots=True)
class Claim:
    """`by`: NAME@MACHINE; times are aware, in UTC."""

    operation: str
    by: str
    since: datetime
    until: datetime

    def written(self) -> str:
        """As the annotation has it."""
        return f"{self.operation} by {self.by} since {_iso(self.since)} until {_iso(self.until)}"

    def renewed(self, now: datetime) -> Claim:
        return Claim(self.operation, self.by, self.since, now + LEASE)


def read_claim(annotation: str) -> Claim | None:
    """The claim that an annotation states; None where it is not one of ours."""
    found = _CLAIM.fullmatch(annotation)
    if found is None:
        return None
    try:
        since, until = datetime.fromisoformat(found["since"]), datetime.fromisoformat(found["until"])
    except ValueError:
        return None
    if since.tzinfo is None or until.tzinfo is None:
        return None
    return Claim(found["operation"], found["by"], since, until)


def whoever_runs_this() -> str:
    """As NAME@MACHINE, without anything that would break the annotation."""
    return re.sub(r"\s", "-", f"{getpass.getuser()}@{socket.gethostname()}")


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of one operation. `died`: whether an operation is known here to have ended or died."""

    claim: Claim
    now: Callable[[], datetime]
    died: Callable[[str], bool]

    async def take(self, writers: Writers, item: Item) -> None:
        """Claim every resource as the plan saw it. Raises StepFailed, with who holds it and since when."""
        claim = self.claim.renewed(self.now()).written()
        for planned in item.resources:
            answer = await writers.set_claim(
                kind_of(item), planned.resource, claim, over=self._may_replace, etag=planned.etag
            )
            outcome = known(answer, f"claiming {item.workload}", wrote=True)
            if isinstance(outcome, Conflict):
                raise _changed(item) if outcome.outdated else _held_by(item, outcome.there)

    async def give_back(self, writers: Writers, item: Item) -> Text | None:
        """Take the claim away; what went wrong with that, where something did. It ends by itself with its lease."""
        for resource in item.resources:
            answer = await writers.set_claim(kind_of(item), resource.resource, "", over=self._is_own)
            try:
                written = known(answer, f"giving back the claim on {item.workload}", wrote=True)
            except StepFailed as failure:
                return failure.says
            if isinstance(written, Written):  # what is judged next is not still on its way because of us
                await writers.settled(kind_of(item), resource.resource, written.generation, SETTLE_SECONDS, _silent)
        return None

    @contextlib.asynccontextmanager
    async def kept(self, writers: Writers, items: Sequence[Item]) -> AsyncIterator[None]:
        """Renew what was taken while the block runs. A renewal that fails is tried again: the lease has room for it."""
        renewing = asyncio.create_task(self._renew(writers, items))
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self, writers: Writers, items: Sequence[Item]) -> None:
        while True:
            await asyncio.sleep(RENEWED.total_seconds())
            claim = self.claim.renewed(self.now()).written()
            for item in items:
                for resource in item.resources:
                    await writers.set_claim(kind_of(item), resource.resource, claim, over=self._is_own)

    def _may_replace(self, annotation: str) -> bool:
        claim = read_claim(annotation)
        return claim is None or self._is_own(annotation) or claim.until <= self.now() or self.died(claim.operation)

    def _is_own(self, annotation: str) -> bool:
        claim = read_claim(annotation)
        return claim is not None and claim.operation == self.claim.operation


def lock_of(target: str, workload: WorkloadName) -> str:
    """The name of the lock under which an operation holds a workload on this machine."""
    return f"{target}.{workload}"


def kind_of(item: Item) -> EditedKind:
    """The kind as the writing adapter knows it; worker pools were refused before."""
    return "job" if item.kind == "job" else "service"


def _changed(item: Item) -> StepFailed:
    return Outdated(text("{} was changed after the plan was made; nothing was done here", item.workload))


def _held_by(item: Item, annotation: str | None) -> StepFailed:
    claim = read_claim(annotation or "")
    if claim is None:
        says = text("{} was changed by somebody else twice while it was claimed; nothing was written", item.workload)
        return StepFailed(says)
    says = text(
        "{} is being deployed by {} since {} ({}); nothing was done here", item.workload, claim.by, _iso(claim.since),
        claim.operation,
    )  # fmt: skip
    return Occupied(says)


def _silent(_passed: str) -> None:
    """Nobody waits for this but us."""


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
