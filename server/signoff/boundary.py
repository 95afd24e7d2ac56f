"""The one door to the outside: time limit, retry, errors as `Unknown`, a record of calls, planted faults.

Adapters in `systems/` ask through it; nothing else of signoff talks to another system. Faults are planted on raw
values, before they are read, so that a test can show what every outside call does to the verdict when it goes wrong.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, TypeVar, cast

from signoff.model.facts import Known, Ref, Unknown, Why
from signoff.model.quoted import Quoted

R = TypeVar("R")
T = TypeVar("T")

Fault = Literal["denied", "expired", "timeout", "unreachable", "throttled", "malformed", "incomplete", "empty", "half"]
"""`empty` and `half` shorten what was read (bytes, str, list, tuple); the others take the answer's place."""

_PASSING: frozenset[Why] = frozenset({"throttled", "unreachable"})
"""What may heal by itself within a moment; a refusal or a broken answer does not."""


class Incomplete(Exception):
    """A list was cut short or a reading is partial: never taken for the whole."""


class Malformed(Exception):
    """An answer that is not of the form its system promises."""


@dataclass(frozen=True, slots=True)
class Question:
    """One outside call: which system, which operation of it, on what, and how a person looks at the same thing."""

    system: str
    operation: str
    resource: str | Quoted
    look: tuple[str, ...] = ()

    def ref(self, at: datetime) -> Ref:
        return Ref(self.system, self.resource, at, self.look)


@dataclass(frozen=True, slots=True)
class Policy:
    """`seconds` for each try; tries in all for what can heal by itself."""

    seconds: float = 15.0
    tries: int = 3
    pause: float = 0.2


@dataclass(slots=True)
class Boundary:
    """One a process or test. `calls` counts what was really asked, by (system, operation), retries included."""

    policy: Policy = field(default_factory=Policy)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    plant: Callable[[Question], Fault | None] = lambda _question: None
    calls: dict[tuple[str, str], int] = field(default_factory=dict)

    async def ask(
        self,
        question: Question,
        fetch: Callable[[], Awaitable[R]],
        read: Callable[[R], T],
        why: Callable[[Exception], Why | None],
        *,
        seconds: float | None = None,
    ) -> Known[T] | Unknown:
        """Ask once (again while it may heal), read the raw answer, and say what is known or why it is not.

        `why` tells the adapter's own exceptions apart; what it does not know (None) is a bug and is raised.
        `read` may raise Malformed or Incomplete, and ValueError, KeyError and TypeError count as malformed.
        """
        limit = self.policy.seconds if seconds is None else seconds
        for attempt in range(1, self.policy.tries + 1):
            answer = await self._once(question, fetch, read, why, limit)
            if isinstance(answer, Known) or answer.why not in _PASSING or attempt == self.policy.tries:
                return answer
            await asyncio.sleep(self.policy.pause * 2 ** (attempt - 1) * (0.5 + random.random()))  # noqa: S311 (jitter)
        raise AssertionError("a policy has at least one try")

    async def _once(
        self,
        question: Question,
        fetch: Callable[[], Awaitable[R]],
        read: Callable[[R], T],
        why: Callable[[Exception], Why | None],
        limit: float,
    ) -> Known[T] | Unknown:
        key = (question.system, question.operation)
        self.calls[key] = self.calls.get(key, 0) + 1
        ref = question.ref(self.now())
        fault = self.plant(question)
        if fault is not None and fault not in {"empty", "half"}:
            return Unknown(cast(Why, fault), ref, Quoted(f"planted: {fault}"))
        try:
            async with asyncio.timeout(limit):
                raw = await fetch()
        except TimeoutError:
            return Unknown("timeout", ref, Quoted(f"no answer within {limit:g} s"))
        except Incomplete as error:
            return Unknown("incomplete", ref, Quoted(str(error)))
        except Exception as error:
            reason = why(error)
            if reason is None:
                raise
            return Unknown(reason, ref, Quoted(str(error)))
        if fault is not None:
            raw = _shortened(raw, whole=fault == "empty")
        try:
            return Known(read(raw), ref)
        except Incomplete as error:
            return Unknown("incomplete", ref, Quoted(str(error)))
        except (Malformed, ValueError, KeyError, TypeError, IndexError) as error:
            return Unknown("malformed", ref, Quoted(f"{type(error).__name__}: {error}"))


def _shortened(raw: R, *, whole: bool) -> R:
    """The raw value as a system would give it that lost all or half of its answer."""
    if isinstance(raw, bytes | str | list | tuple):
        return cast(R, raw[: 0 if whole else len(raw) // 2])
    if isinstance(raw, Mapping):
        keep = list(raw.items())[: 0 if whole else len(raw) // 2]
        return cast(R, dict(keep))
    return raw
