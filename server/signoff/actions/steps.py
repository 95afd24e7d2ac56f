"""A step of an action: what it does and which links prove it. It is recorded before and after."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from signoff.check import Progress
from signoff.model.judgement import Link
from signoff.model.subject import WorkloadName
from signoff.model.text import Text

if TYPE_CHECKING:
    from signoff.systems.google.writer import Writers


@dataclass(frozen=True, slots=True)
class Made:
    """What the steps of one workload have made so far; the next step builds on it. `image` is by digest."""

    image: str | None = None
    build: str | None = None
    revisions: tuple[tuple[str, str], ...] = ()
    """Full resource name and the revision made there; a job has none."""


@dataclass(frozen=True, slots=True)
class Step:
    """`act` raises StepFailed when the world says no; everything else that it raises is a bug.

    `undo`: what brings the world back to before the step, where that is possible.
    """

    name: str
    workload: WorkloadName
    proves: frozenset[Link]
    act: Callable[[Writers, Made, Progress], Awaitable[Made]]
    undo: Callable[[Writers, Made], Awaitable[None]] | None = None


class StepFailed(Exception):
    """The step did not come out well; `says` is what a person needs to know, `changed` whether the target changed."""

    def __init__(self, says: Text, *, changed: bool | None = False) -> None:
        super().__init__("the step failed")
        self.says = says
        self.changed = changed
        """None: it is not known, for instance when the answer to a write never came."""


StepStatus = Literal["done", "failed", "not started", "stopped"]


@dataclass(frozen=True, slots=True)
class StepReport:
    """How one step ended. `stopped`: it was cancelled while it ran."""

    name: str
    workload: WorkloadName
    status: StepStatus
    says: Text
