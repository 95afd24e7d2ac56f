"""A step of an action: what it does, which links prove it, and how it is undone. It is recorded before and after."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from signoff.check import Progress
from signoff.model.facts import Known, Unknown
from signoff.model.judgement import Link
from signoff.model.subject import WorkloadName
from signoff.model.text import Text, text

if TYPE_CHECKING:
    from signoff.systems.google.writer import Writers

T = TypeVar("T")

REMEDIES = {
    "denied": "; signoff doctor says which permission is missing",
    "expired": "; log in again: gcloud auth application-default login",
}


@dataclass(frozen=True, slots=True)
class Made:
    """What the steps of one workload have made so far; the next step builds on it. `image` is by digest."""

    image: str | None = None
    build: str | None = None
    alone: bool = False
    """Whether the way to the image has deployed it as well: then the next steps only observe."""
    revisions: tuple[tuple[str, str], ...] = ()
    """Full resource name and the revision made there; a job has none."""
    urls: tuple[str, ...] = ()
    """What reaches those revisions by their tag, in the same order."""
    says: Text | None = None
    """What the last step has to tell; None: nothing of its own."""


Act = Callable[["Writers", Made, Progress], Awaitable[Made]]
Undo = Callable[["Writers"], Awaitable[Text]]
"""Brings the world back to before the step, from what it finds there; says what it did."""


@dataclass(frozen=True, slots=True)
class Step:
    """`act` looks first what is done already, since the process may have died in it once; then it does the rest.

    It raises StepFailed when the world says no; everything else that it raises is a bug. `undo`: for a step that
    changes what users get. `leaves`: what goes on after the step was stopped, in words; empty: nothing.
    """

    name: str
    workload: WorkloadName
    proves: frozenset[Link]
    act: Act
    undo: Undo | None = None
    leaves: Callable[[], str] = str


class StepFailed(Exception):
    """The step did not come out well; `says` is what a person needs to know, `changed` whether the target changed."""

    def __init__(self, says: Text, *, changed: bool | None = False) -> None:
        super().__init__("the step failed")
        self.says = says
        self.changed = changed
        """None: it is not known, for instance when the answer to a write never came."""


class Occupied(StepFailed):
    """Another operation holds the workload: nothing was done, and nothing is wrong."""


class NotMade(StepFailed):
    """What ended well, or is somebody else's, made nothing for this workload: of another workload it says nothing."""


class Outdated(StepFailed):
    """The world is not the plan's any more: nothing was done."""


StepStatus = Literal["done", "failed", "busy", "void", "not started", "stopped", "undone"]


@dataclass(frozen=True, slots=True)
class StepReport:
    """How one step ended. `busy`: another operation holds the workload; `void`: it is not as the plan saw it;
    `stopped`: it was cancelled while it ran."""

    name: str
    workload: WorkloadName
    status: StepStatus
    says: Text


def known(answer: Known[T] | Unknown, what: str, *, wrote: bool = False) -> T:
    """The value; StepFailed where it is not known. After a write nobody knows whether it took effect."""
    if isinstance(answer, Unknown):
        after = "; whether it took effect is not known" if wrote and answer.why not in {"denied", "malformed"} else ""
        changed = None if after else False
        after += REMEDIES.get(answer.why, "")
        raise StepFailed(text("{} failed: {} ({}){}", what, answer.why, answer.detail, after), changed=changed)
    return answer.value
