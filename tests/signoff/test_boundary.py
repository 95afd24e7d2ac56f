from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, get_args

import pytest

from signoff.boundary import Boundary, Fault, Incomplete, Malformed, Policy, Question
from signoff.model.facts import Known, Unknown, Why
from support.samples import NOW

QUESTION = Question("run", "ListServices", "projects/p/locations/l", ("gcloud", "run", "services", "list"))


class Denied(Exception): ...


class Busy(Exception): ...


def why(error: Exception) -> Why | None:
    return {Denied: "denied", Busy: "throttled"}.get(type(error))  # type: ignore[return-value]


def boundary(**over: Any) -> Boundary:
    return Boundary(policy=Policy(seconds=0.5, tries=3, pause=0), now=lambda: NOW, **over)


def raising(*errors: Exception | None) -> Callable[[], Awaitable[list[int]]]:
    """Raises each in turn; None answers [1, 2]."""
    left = list(errors)

    async def fetch() -> list[int]:
        error = left.pop(0)
        if error:
            raise error
        return [1, 2]

    return fetch


async def test_an_answer_is_known_with_its_source() -> None:
    known = await boundary().ask(QUESTION, raising(None), sum, why)
    assert isinstance(known, Known)
    assert (known.value, known.ref.system, known.ref.look, known.ref.at) == (3, "run", QUESTION.look, NOW)
    assert known.shows("count", 3).resource == "projects/p/locations/l"


async def test_a_refusal_is_unknown_and_is_not_asked_again() -> None:
    door = boundary()
    answer = await door.ask(QUESTION, raising(Denied()), sum, why)
    assert isinstance(answer, Unknown)
    assert answer.why == "denied"
    assert door.calls == {("run", "ListServices"): 1}


async def test_what_can_heal_is_asked_again_and_counted() -> None:
    door = boundary()
    assert isinstance(await door.ask(QUESTION, raising(Busy(), Busy(), None), sum, why), Known)
    assert door.calls == {("run", "ListServices"): 3}


async def test_what_does_not_heal_is_given_up_after_the_policys_tries() -> None:
    door = boundary()
    answer = await door.ask(QUESTION, raising(Busy(), Busy(), Busy(), None), sum, why)
    assert isinstance(answer, Unknown)
    assert (answer.why, door.calls[("run", "ListServices")]) == ("throttled", 3)


async def test_no_answer_in_time_is_unknown() -> None:
    async def never() -> list[int]:
        await asyncio.Event().wait()
        return []

    answer = await boundary().ask(QUESTION, never, sum, why, seconds=0.01)
    assert isinstance(answer, Unknown)
    assert answer.why == "timeout"


@pytest.mark.parametrize(
    ("error", "expected"),
    [(Incomplete("cut"), "incomplete"), (Malformed("x"), "malformed"), (KeyError("k"), "malformed")],
)
async def test_an_answer_that_can_not_be_read_whole_is_unknown(error: Exception, expected: str) -> None:
    def read(_: list[int]) -> int:
        raise error

    answer = await boundary().ask(QUESTION, raising(None), read, why)
    assert isinstance(answer, Unknown)
    assert answer.why == expected


async def test_an_error_that_the_adapter_does_not_know_is_a_bug_and_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        await boundary().ask(QUESTION, raising(ZeroDivisionError()), sum, why)


@pytest.mark.parametrize("fault", get_args(Fault))
async def test_every_planted_fault_changes_the_answer(fault: Fault) -> None:
    door = boundary(plant=lambda _: fault)
    answer = await door.ask(QUESTION, raising(None, None, None), sum, why)
    if fault in {"empty", "half"}:
        assert isinstance(answer, Known)
        assert answer.value == {"empty": 0, "half": 1}[fault]
    else:
        assert isinstance(answer, Unknown)
        assert answer.why == fault
