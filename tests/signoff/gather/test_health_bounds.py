"""What a bound cuts short is never a pass, and what is read is what an error can be made of."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from signoff.checks.healthy import KNOWN_ERROR, RATE_ROSE, judge
from signoff.gather.served import Names
from signoff.model.facts import Known
from signoff.model.judgement import Status
from signoff.model.logs import LogEntry
from signoff.model.subject import WorkloadName
from signoff.systems.google import logs
from support.logged import GONE, NOW, OLD, World, asked, broke, entry, service
from support.samples import WEB


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "PAGE", 4)
    monkeypatch.setattr(logs, "STREAMED_PAGES", 2)


def warnings(count: int, ago: float = 400) -> list[dict[str, Any]]:
    """Lines that could be part of an error, and are not."""
    return [entry("stderr", ago - i / 10, textPayload="  a warning of a library") for i in range(count)]


@pytest.mark.usefixtures("small_pages")
async def test_an_error_that_a_bound_may_have_hidden_is_not_taken_for_none(world: World) -> None:
    world.plant(asked("/report", 200, 100), *warnings(20))
    judged = judge(WEB, await world.facts())
    assert judged.status is Status.UNKNOWN
    assert "hold more" in str(judged.reason.parts if judged.reason else "")


@pytest.mark.usefixtures("small_pages")
async def test_an_error_that_was_read_before_the_bound_still_fails(world: World) -> None:
    world.plant(asked("/report", 200, 100), *broke(500, "web-00002-new"), *warnings(20))
    assert judge(WEB, await world.facts()).status is Status.FAIL


@pytest.mark.usefixtures("small_pages")
async def test_a_traceback_that_pages_divide_is_one_error(world: World) -> None:
    world.plant(asked("/report", 200, 100), *warnings(3), *broke(300, "web-00002-new"))
    facts = await world.facts()
    assert [error.says.outside for error in facts.units[0].errors] == [GONE]


@pytest.mark.usefixtures("small_pages")
async def test_the_path_of_a_claim_is_found_beyond_the_newest_requests(world: World) -> None:
    busy = [asked("/busy", 200, 100 + i) for i in range(12)]
    world.plant(*OLD, *busy)
    assert (await world.claim(GONE)).status is Status.UNKNOWN
    world.plant(asked("/report", 200, 400))
    assert (await world.claim(GONE)).status is Status.PASS


@pytest.mark.usefixtures("small_pages")
async def test_a_service_so_busy_that_its_newest_page_is_fresh_does_not_wait_for_ever(world: World) -> None:
    world.plant(
        *(asked("/busy", 200, 1 + i / 100) for i in range(6)), *(asked("/busy", 200, 100 + i) for i in range(6))
    )
    assert judge(WEB, await world.facts()).status is Status.PASS


async def test_a_failed_request_is_an_error_however_many_came_after_it(world: World) -> None:
    world.plant(asked("/report", 500, 500), *(asked("/busy", 200, 100 + i / 10) for i in range(1100)))
    assert judge(WEB, await world.facts()).status is Status.FAIL


async def read(world: World) -> list[str]:
    found: list[LogEntry] = []
    names = Names(("web-00002-new",))
    answer = await world.systems.logs.output(world.project, names, NOW - timedelta(hours=1), found.append)
    assert isinstance(answer, Known)
    return [entry.message.outside for entry in found]


QUIET = [
    ("stderr", {"textPayload": "INFO:     127.0.0.1 - GET /error HTTP/1.1 200 OK"}),
    ("stderr", {"textPayload": "2026-01-01 10:00:00,000 INFO app: listening on 8080"}),
    ("stderr", {"textPayload": '127.0.0.1 - - [01/Jan/2026 10:00:00] "GET /error HTTP/1.1" 200 -'}),
    ("stdout", {"textPayload": "an error page was asked for"}),
    ("stdout", {"jsonPayload": {"message": "error page", "level": "info"}}),
    ("requests", {"httpRequest": {"requestMethod": "GET", "status": 404}}),
]
LOUD = [
    ("stdout", {"textPayload": "Traceback (most recent call last):"}),
    ("stdout", {"textPayload": "    at com.acme.Main.run(Main.java:7)"}),
    ("stdout", {"textPayload": "java.lang.IllegalStateException: closed"}),
    ("stderr", {"textPayload": "main.main()"}),
    ("stderr", {"textPayload": "\t/app/main.go:12 +0x1d"}),
    ("stderr", {"textPayload": "mapper.MapperFailed: 'School'"}),
    ("stderr", {"textPayload": "Segfault"}),
    ("stdout", {"jsonPayload": {"message": "lost", "level": "error"}}),
    ("stdout", {"jsonPayload": {"msg": "lost", "level": 50}}),
    ("stderr", {"jsonPayload": {"event": "lost", "exc_info": ["KeyError"]}}),
    ("varlog%2Fsystem", {"textPayload": "Memory limit of 512M exceeded", "severity": "ERROR"}),
    ("requests", {"httpRequest": {"requestMethod": "GET", "status": 503}}),
]


@pytest.mark.parametrize(("log", "fields"), QUIET, ids=lambda one: str(one)[:40])
async def test_what_can_be_no_error_is_not_even_read(world: World, log: str, fields: dict[str, Any]) -> None:
    world.plant(entry(log, 100, **fields))
    assert await read(world) == []


@pytest.mark.parametrize(("log", "fields"), LOUD, ids=lambda one: str(one)[:40])
async def test_what_could_be_an_error_is_read(world: World, log: str, fields: dict[str, Any]) -> None:
    world.plant(entry(log, 100, **fields))
    assert len(await read(world)) == 1


@pytest.mark.usefixtures("small_pages")
async def test_what_a_noisy_workload_wrote_before_does_not_hide_what_was_known_of_a_quiet_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "PAGES", 2)
    noisy = replace(WEB, name=WorkloadName("noisy"), resource="noisy")
    noise = [entry("stderr", 700 + i, "noisy-00001-old", "noisy", textPayload="  a warning") for i in range(20)]
    world.plant(*OLD, *noise, *broke(50, "web-00002-new"), asked("/report", 200, 100))
    judged = judge(WEB, await world.facts(others=(noisy,)))
    assert [finding.code for finding in judged.findings] == [KNOWN_ERROR]


async def test_a_page_that_was_empty_because_its_time_was_up_is_not_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2AsyncClient
    from google.cloud.logging_v2.services.logging_service_v2.pagers import ListLogEntriesAsyncPager
    from google.cloud.logging_v2.types import ListLogEntriesRequest, ListLogEntriesResponse

    real = LoggingServiceV2AsyncClient.list_log_entries

    async def slow(self: Any, request: dict[str, Any], **more: Any) -> Any:
        """Nothing in the first three pages of every list: the sandbox's search is never out of time."""
        late = len(request["page_token"])
        if late < 3:
            response = ListLogEntriesResponse(next_page_token="." * (late + 1))
            return ListLogEntriesAsyncPager(None, ListLogEntriesRequest(request), response)
        return await real(self, request=request | {"page_token": ""}, **more)

    monkeypatch.setattr(LoggingServiceV2AsyncClient, "list_log_entries", slow)
    before = [asked("/report", 200, 2000 + i, "web-00001-old") for i in range(60)]
    world.plant(*before, *OLD, *(asked("/report", 500, 100 + i) for i in range(20)))
    codes = {finding.code for finding in judge(WEB, await world.facts()).findings}
    assert codes == {RATE_ROSE, KNOWN_ERROR}


async def test_memory_stays_flat_however_long_the_log_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "PAGE", 100)
    world.plant(*(entry("stderr", 500 - i / 100, textPayload="  " + "x" * 2000) for i in range(2000)))
    seen: set[int] = set()

    async def peak(pages: int) -> int:
        monkeypatch.setattr(logs, "STREAMED_PAGES", pages)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        since = NOW - timedelta(hours=1)
        names = Names(("web-00002-new",))
        answer = await world.systems.logs.output(world.project, names, since, lambda one: seen.add(hash(one.at)))
        assert isinstance(answer, Known)
        return tracemalloc.get_traced_memory()[1] - before

    tracemalloc.start()
    try:
        await peak(2)  # connections and imports
        short, long = await peak(4), await peak(40)
    finally:
        tracemalloc.stop()
    assert len(seen) == 2000
    assert long < 2 * short


async def test_more_workloads_than_a_filter_can_name_are_asked_for_in_parts(world: World) -> None:
    long = [f"import-of-what-customers-send-us-every-night-{number:03d}" for number in range(200)]
    many = [replace(WEB, name=WorkloadName(name), resource=name) for name in long]
    world.plant(*OLD, *broke(50, "web-00002-new"), asked("/report", 200, 100))
    world.plant(services=[service(name, f"{name}-00007-abc") for name in long])
    judged = judge(WEB, await world.facts(others=tuple(many)))
    assert [finding.code for finding in judged.findings] == [KNOWN_ERROR]
