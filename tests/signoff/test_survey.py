from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from signoff.boundary import Boundary
from signoff.survey import Survey
from signoff.systems import Systems
from support.samples import NOW, subject


def survey() -> Survey:
    return Survey(subject(), Systems(Boundary(), Path("/nowhere")), NOW)


async def test_a_fact_is_gathered_once_however_many_ask_at_the_same_time() -> None:
    asked: list[str] = []

    async def fact(_: Survey, name: str) -> str:
        asked.append(name)
        await asyncio.sleep(0)
        return name.upper()

    async with survey() as world:
        answers = await asyncio.gather(*(world.get(fact, "web") for _ in range(5)), world.get(fact, "job"))
    assert answers == ["WEB"] * 5 + ["JOB"]
    assert asked == ["web", "job"]


async def test_cancelling_one_who_waits_does_not_cancel_the_gathering_for_others() -> None:
    release = asyncio.Event()

    async def fact(_: Survey) -> int:
        await release.wait()
        return 7

    async with survey() as world:
        first = asyncio.create_task(world.get(fact))
        second = asyncio.create_task(world.get(fact))
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        release.set()
        assert await second == 7


async def test_closing_ends_what_is_still_being_asked() -> None:
    ended = asyncio.Event()

    async def fact(_: Survey) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with survey() as world:
        waiter = asyncio.create_task(world.get(fact))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert ended.is_set()
    with pytest.raises(asyncio.CancelledError):
        await waiter


async def test_a_broken_gathering_is_raised_to_everybody_who_asks() -> None:
    async def fact(_: Survey) -> None:
        raise ZeroDivisionError

    async with survey() as world:
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                await world.get(fact)
