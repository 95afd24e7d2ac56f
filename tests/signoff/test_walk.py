from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from signoff.boundary import Boundary
from signoff.check import Check
from signoff.model.facts import Ref, Unknown, Why
from signoff.model.judgement import Judgement, Link, Status, passed
from signoff.model.quoted import Quoted
from signoff.model.report import Report, Verdict
from signoff.model.subject import Candidate, Workload, WorkloadName
from signoff.model.text import text
from signoff.survey import Survey
from signoff.systems import Systems
from signoff.walk import CRASHED, EXPIRED, Overview, only, walk
from support.samples import NOW, PROOF, WEB, judgement, subject

JOB = Workload(WorkloadName("job"), "job", "job", ())


def check(link: Link, answer: Status | Why | Exception, *, active: bool = False, **over: Any) -> Check[Any]:
    """A check whose gather and judge do what the test says."""

    async def gather(_: Survey, workload: Workload) -> Status | Unknown:
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Status):
            return answer
        return Unknown(answer, Ref("run", "services", NOW), Quoted("no"))

    def judge(_: Workload, status: Status) -> Judgement:
        return judgement(status)

    return Check(f"check-{link.value}", link, {}, gather, judge, active=active, **over)


async def walked(*checks: Check[Any], workloads: tuple[Workload, ...] = (WEB,), **over: Any) -> Report:
    async def overviews(_: Survey) -> Mapping[WorkloadName, Overview]:
        return {}

    async with Survey(subject(*workloads), Systems(Boundary(), Path("/nowhere")), NOW) as survey:
        return await walk(survey, checks, overviews, **over)


async def test_every_link_that_passed_signs_off() -> None:
    report = await walked(check(Link.PUSHED, Status.PASS), check(Link.BUILT, Status.PASS))
    assert report.verdict is Verdict.SIGNED_OFF
    assert set(report.workloads[0].links) == {Link.PUSHED, Link.BUILT}
    assert Link.SERVING in report.not_judged


async def test_a_crashed_check_is_unknown_with_a_finding_and_the_walk_goes_on() -> None:
    report = await walked(check(Link.PUSHED, ZeroDivisionError("x")), check(Link.SCHEMA, Status.PASS))
    crashed = report.workloads[0].links[Link.PUSHED]
    assert (crashed.status, crashed.findings[0].code) == (Status.UNKNOWN, CRASHED)
    assert report.workloads[0].links[Link.SCHEMA].status is Status.PASS
    assert report.verdict is Verdict.UNVERIFIED


async def test_a_fact_that_is_not_known_never_reaches_the_judge() -> None:
    report = await walked(check(Link.PUSHED, "denied"))
    assert report.workloads[0].links[Link.PUSHED].status is Status.UNKNOWN
    assert report.verdict is Verdict.UNVERIFIED


async def test_what_did_not_answer_is_told_with_the_link() -> None:
    answers: tuple[Why | Exception, ...] = ("denied", "expired", ZeroDivisionError("x"))
    for answer in answers:
        lost = (await walked(check(Link.HEALTHY, answer))).workloads[0].links[Link.HEALTHY].unanswered
        assert lost is not None
        assert lost.why == ("malformed" if isinstance(answer, Exception) else answer)
    seen = (await walked(check(Link.HEALTHY, Status.UNKNOWN))).workloads[0].links[Link.HEALTHY]
    assert (seen.status, seen.unanswered) == (Status.UNKNOWN, None)


async def test_of_two_checks_that_are_unknown_the_one_that_nobody_answered_is_told() -> None:
    for checks in (("denied", Status.UNKNOWN), (Status.UNKNOWN, "denied")):
        answers: list[Status | Why] = list(checks)  # type: ignore[arg-type]
        report = await walked(*(check(Link.REACHABLE, answer) for answer in answers))
        assert report.workloads[0].links[Link.REACHABLE].unanswered is not None


async def test_an_expired_login_is_one_finding_for_all_workloads() -> None:
    report = await walked(check(Link.BUILT, "expired"), check(Link.SERVING, "expired"), workloads=(WEB, JOB))
    assert [finding.code for finding in report.general] == [EXPIRED]
    assert all(not link.findings for workload in report.workloads for link in workload.links.values())


async def test_an_active_check_runs_only_when_what_it_requires_has_passed() -> None:
    ran: list[str] = []

    async def gather(_: Survey, workload: Workload) -> str:
        ran.append(workload.name)
        return "sent"

    def judge(_: Workload, _facts: str) -> Judgement:
        return passed(PROOF)

    smoke = Check("smoke", Link.REACHABLE, {}, gather, judge, active=True)
    held = await walked(check(Link.SERVING, Status.FAIL), smoke)
    assert not ran
    assert held.workloads[0].links[Link.REACHABLE].status is Status.BLOCKED
    assert held.workloads[0].links[Link.REACHABLE].blocked_by is Link.SERVING
    free = await walked(check(Link.SERVING, Status.PASS), smoke)
    assert (ran, free.workloads[0].links[Link.REACHABLE].status) == (["web"], Status.PASS)


async def test_a_candidate_is_tried_before_it_serves() -> None:
    about = replace(subject(), candidate={WEB.name: Candidate("web-00002-new")})
    smoke = check(Link.REACHABLE, Status.PASS, active=True)

    async def overviews(_: Survey) -> Mapping[WorkloadName, Overview]:
        return {}

    for checks in ([smoke], [check(Link.SERVING, Status.FAIL), smoke]):
        async with Survey(about, Systems(Boundary(), Path("/nowhere")), NOW) as survey:
            report = await walk(survey, checks, overviews)
        assert report.workloads[0].links[Link.REACHABLE].status is Status.PASS


async def test_a_link_without_an_object_is_skipped_with_its_reason_and_not_gathered() -> None:
    skipping = check(Link.MERGED, ZeroDivisionError(), skip=lambda _: text("push flow"))
    report = await walked(skipping, check(Link.PUSHED, Status.PASS))
    assert report.workloads[0].links[Link.MERGED].status is Status.SKIPPED
    assert report.verdict is Verdict.SIGNED_OFF


async def test_progress_counts_every_link_of_every_workload() -> None:
    told: list[tuple[int, int | None]] = []
    checks = [check(Link.PUSHED, Status.PASS), check(Link.BUILT, Status.PASS)]
    await walked(*checks, workloads=(WEB, JOB), progress=lambda done, total, _: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


async def test_a_broken_overview_leaves_every_workload_counted() -> None:
    async def broken(_: Survey) -> Mapping[WorkloadName, Overview]:
        raise ZeroDivisionError

    async with Survey(subject(), Systems(Boundary(), Path("/nowhere")), NOW) as survey:
        report = await walk(survey, [check(Link.PUSHED, Status.FAIL)], broken)
    assert (report.workloads[0].touched, report.verdict) == (True, Verdict.REFUSED)


async def test_a_report_can_be_narrowed_to_some_workloads() -> None:
    report = await walked(check(Link.PUSHED, Status.PASS), workloads=(WEB, JOB))
    assert [workload.name for workload in only(report, frozenset({JOB.name})).workloads] == ["job"]


async def test_what_is_not_finished_in_time_is_waiting_visibly() -> None:
    async def endless(_: Survey, workload: Workload) -> Status:
        await asyncio.Event().wait()
        raise AssertionError(workload)

    slow: Check[Any] = replace(check(Link.PUSHED, Status.PASS), gather=endless)
    report = await walked(slow, check(Link.SCHEMA, Status.PASS), seconds=0.05)
    links = report.workloads[0].links
    assert (links[Link.PUSHED].status, links[Link.PUSHED].waits_on) == (Status.WAITING, "time")
    assert links[Link.PUSHED].reason == text(
        "not finished within 0.05 s: ask again, or run signoff check pushed, which has no such limit"
    )
    assert links[Link.SCHEMA].status is Status.PASS
    assert report.verdict is Verdict.PENDING
