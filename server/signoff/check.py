"""What a check is: a gather and a judge under one link."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from signoff.model.facts import Unknown
from signoff.model.judgement import Judgement, Link
from signoff.model.subject import Workload
from signoff.model.text import Text
from signoff.survey import Survey

F = TypeVar("F")


class Progress(Protocol):
    """Told after each piece of work: `done` of `total` (None: not known yet) and what was done, in our words."""

    def __call__(self, done: int, total: int | None, message: str) -> None: ...


def _never(workload: Workload) -> Text | None:
    del workload
    return None


@dataclass(frozen=True, slots=True)
class Check(Generic[F]):
    """`codes`: each finding code this check can give, with its meaning for the documentation.

    `skip` answers from the configuration alone why the link has no object here, or None. An `active` check sends
    requests or runs code, and runs only when what its link requires has passed.
    """

    name: str
    link: Link
    codes: Mapping[str, str]
    gather: Callable[[Survey, Workload], Awaitable[F | Unknown]]
    judge: Callable[[Workload, F], Judgement]
    active: bool = False
    skip: Callable[[Workload], Text | None] = _never
