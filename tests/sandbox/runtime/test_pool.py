"""Instances of a revision: as many as requests need. The processes are real, the time is the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from signoff_sandbox.runtime.instances import Instance, Plan, StartFailed
from signoff_sandbox.runtime.pool import ROLLOUT, SCALING, WARM, Limits, NoInstance, Pool
from signoff_sandbox.runtime.probes import Probe
from signoff_sandbox.runtime.process import Processes
from support.pace import ManualPace, settle, until

PENDING, IDLE = 10.0, 900.0


class Ward:
    """A pool whose instances are processes that sleep; `started` holds the reasons of all starts."""

    def __init__(self, folder: Path) -> None:
        self.pace = ManualPace()
        self.processes = Processes()
        self.started: list[str] = []
        self.said: list[str] = []
        self.made: list[Instance] = []
        self.failure: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self._folder = folder
        self.pool = Pool(self._launch, self.pace, pending=PENDING, idle=IDLE, grace=1.0)

    async def _launch(self, reason: str) -> Instance:
        self.started.append(reason)
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        folder = self._folder / str(len(self.started))
        folder.mkdir()
        child = await self.processes.start(
            ["sleep", "300"], environment={"PATH": "/usr/bin:/bin"}, folder=folder, on_line=lambda *_: None
        )
        plan = Plan(str(len(self.started)), [], Probe(), lambda text, _: self.said.append(text), 8080)
        self.made.append(Instance(plan, 0, folder, [child], child))
        return self.made[-1]


@pytest.fixture
async def ward(tmp_path: Path) -> AsyncIterator[Ward]:
    made = Ward(tmp_path)
    try:
        yield made
    finally:
        await made.pool.close()
        await made.processes.close()


async def test_requests_share_an_instance_up_to_its_concurrency(ward: Ward) -> None:
    ward.pool.limits = Limits(concurrency=2)
    first, second, third = [await ward.pool.take() for _ in range(3)]
    assert first is second
    assert third is not first
    assert ward.started == [SCALING, SCALING]


async def test_requests_that_come_together_start_no_more_instances_than_they_need(ward: Ward) -> None:
    ward.pool.limits = Limits(concurrency=3)
    taken = await asyncio.gather(*(ward.pool.take() for _ in range(7)))
    assert len(ward.started) == 3
    assert sorted(taken.count(one) for one in set(taken)) == [1, 3, 3]


async def test_at_the_maximum_a_request_waits_for_a_place(ward: Ward) -> None:
    ward.pool.limits = Limits(concurrency=1, maximum=1)
    busy = await ward.pool.take()
    waiting = asyncio.create_task(ward.pool.take())
    await ward.pace.until_somebody_sleeps(PENDING)
    assert not waiting.done()
    ward.pool.release(busy)
    assert await waiting is busy
    assert len(ward.started) == 1


async def test_a_request_that_finds_no_place_in_time_is_refused(ward: Ward) -> None:
    ward.pool.limits = Limits(concurrency=1, maximum=1)
    await ward.pool.take()
    waiting = asyncio.create_task(ward.pool.take())
    await ward.pace.until_somebody_sleeps(PENDING)
    await ward.pace.move(PENDING - 1)
    assert not waiting.done()
    await ward.pace.move(1)
    with pytest.raises(NoInstance):
        await waiting


async def test_a_request_waits_for_an_instance_that_starts_however_long_that_takes(ward: Ward) -> None:
    ward.gate.clear()
    waiting = asyncio.create_task(ward.pool.take())
    await ward.pace.until_somebody_sleeps(PENDING)
    await ward.pace.move(PENDING * 5)
    assert not waiting.done()
    ward.gate.set()
    assert (await waiting).alive


async def test_all_who_wait_for_an_instance_that_cannot_start_learn_why(ward: Ward) -> None:
    ward.failure = StartFailed("exit(3)")
    answers = await asyncio.gather(*(ward.pool.take() for _ in range(3)), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["exit(3)"] * 3
    assert len(ward.started) == 1


async def test_a_place_that_a_cancelled_request_would_have_had_goes_to_the_next(ward: Ward) -> None:
    ward.pool.limits = Limits(concurrency=1, maximum=1)
    busy = await ward.pool.take()
    first, second = (asyncio.create_task(ward.pool.take()) for _ in range(2))
    await settle()
    ward.pool.release(busy)
    first.cancel()
    assert await second is busy
    assert first.cancelled()


async def test_an_instance_without_requests_ends_after_the_idle_time_and_the_next_request_is_a_cold_start(
    ward: Ward,
) -> None:
    instance = await ward.pool.take()
    await ward.pace.move(IDLE * 2)
    assert instance.alive, "a busy instance is not idle"
    ward.pool.release(instance)
    await ward.pace.move(IDLE - 1)
    assert ward.pool.running == 1
    await ward.pace.move(IDLE)
    assert ward.pool.running == 0
    await until(lambda: ward.pool.empty)
    assert not instance.alive
    assert await ward.pool.take() is not instance
    assert ward.started == [SCALING, SCALING]


async def test_the_minimum_is_kept_up(ward: Ward) -> None:
    ward.pool.resize(Limits(minimum=2))
    await until(lambda: ward.pool.running == 2)
    await ward.pace.move(IDLE * 3)
    assert ward.pool.running == 2
    assert ward.made[0].main is not None
    await ward.made[0].main.stop(0)
    await until(lambda: len(ward.started) == 3 and ward.pool.running == 2)
    assert ward.started == [WARM] * 3
    assert ward.said == ["Container terminated on signal 15."]


async def test_more_than_the_minimum_goes_when_it_is_idle(ward: Ward) -> None:
    await ward.pool.fill(ROLLOUT, 3)
    ward.pool.resize(Limits(minimum=1))
    await ward.pace.move(IDLE)
    assert ward.pool.running == 1


async def test_an_instance_of_the_minimum_that_cannot_start_is_tried_again_later(ward: Ward) -> None:
    ward.failure = StartFailed("exit(1)")
    ward.pool.resize(Limits(minimum=1))
    await ward.pace.until_somebody_sleeps(10.0)
    assert len(ward.started) == 1
    ward.failure = None
    await ward.pace.move(10.0)
    await until(lambda: ward.pool.running == 1)


async def test_a_drained_instance_ends_after_its_last_request(ward: Ward) -> None:
    instance = await ward.pool.take()
    await ward.pool.fill(ROLLOUT, 2)
    ward.pool.drain()
    assert ward.pool.running == 0
    await until(lambda: not ward.made[1].alive)
    assert instance.alive, "a request is in flight"
    ward.pool.release(instance)
    await until(lambda: ward.pool.empty)
    assert not instance.alive


async def test_a_process_that_dies_is_noticed_and_the_next_request_gets_another(ward: Ward) -> None:
    instance = await ward.pool.take()
    assert instance.main is not None
    await instance.main.stop(0)
    await ward.pool.discard(instance, 5.0)
    ward.pool.release(instance)
    assert await ward.pool.take() is not instance


async def test_whoever_waits_for_the_only_instance_gets_another_when_that_dies(ward: Ward) -> None:
    ward.pool.limits = Limits(concurrency=1, maximum=1)
    busy = await ward.pool.take()
    waiting = asyncio.create_task(ward.pool.take())
    await ward.pace.until_somebody_sleeps(PENDING)
    assert busy.main is not None
    await busy.main.stop(0)
    assert await waiting is not busy


async def test_one_broken_connection_is_not_the_end_of_an_instance(ward: Ward) -> None:
    instance = await ward.pool.take()
    await ward.pool.discard(instance, 0.01)
    ward.pool.release(instance)
    assert await ward.pool.take() is instance


async def test_filling_raises_what_the_start_raised(ward: Ward) -> None:
    ward.failure = StartFailed("exit(7)")
    with pytest.raises(StartFailed, match=r"exit\(7\)"):
        await ward.pool.fill(ROLLOUT)
    assert ward.pool.empty


async def test_closing_refuses_those_who_wait_and_ends_all_processes(ward: Ward) -> None:
    ward.pool.limits = Limits(concurrency=1, maximum=1)
    instance = await ward.pool.take()
    waiting = asyncio.create_task(ward.pool.take())
    await ward.pace.until_somebody_sleeps(PENDING)
    await ward.pool.close()
    with pytest.raises(NoInstance):
        await waiting
    assert not instance.alive
