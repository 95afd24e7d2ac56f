"""Walk the chain: gather and judge every asked link of every workload at once, fold, and give the verdict."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from signoff.check import Check, Progress
from signoff.fold import REQUIRES, combined, verdict, waived_links, with_blocks
from signoff.model.facts import Ref, Unknown
from signoff.model.finding import Command, Finding
from signoff.model.judgement import Judgement, Link, Status, skipped, unknown, waiting
from signoff.model.quoted import Quoted
from signoff.model.report import ClaimReport, LinkReport, Report, Waiver, WorkloadReport
from signoff.model.subject import Commit, Workload, WorkloadName
from signoff.model.text import Text, text
from signoff.model.unanswered import not_told
from signoff.survey import Survey

log = logging.getLogger(__name__)

PATIENCE = 2.0
"""Seconds after which somebody who waits is told what is under way."""
EXPIRED = "identity/expired"
CRASHED = "internal/crashed"
CODES: Mapping[str, str] = {
    EXPIRED: "the login with which Google Cloud is asked is no longer accepted; said once, not once a link",
    CRASHED: "a check of signoff itself broke: the link is unknown, and this is a bug to report",
}


@dataclass(frozen=True, slots=True)
class Overview:
    """What a report says of a workload beside its links; None where it is not known."""

    touched: bool = True
    wanted: Commit | None = None
    serving: Commit | None = None


Overviews = Callable[[Survey], Awaitable[Mapping[WorkloadName, Overview]]]
Claims = Callable[[Survey], Awaitable[Sequence[ClaimReport]]]


async def walk(
    survey: Survey,
    checks: Sequence[Check[Any]],
    overviews: Overviews,
    *,
    claims: Claims | None = None,
    waivers: Sequence[Waiver] = (),
    progress: Progress | None = None,
    seconds: float | None = None,
) -> Report:
    """Judge `checks` for every workload of the survey's subject, and its claims.

    A check that crashes makes its link unknown with a finding and never ends the walk. What is not finished after
    `seconds` is waiting on time, visibly; the survey's end ends what was still being asked.
    """
    limit = _Limit(seconds)
    workloads = survey.subject.workloads
    total = len(workloads) * len(checks)
    done = 0
    expired: dict[str, Finding] = {}
    candidates = survey.subject.candidate

    def note(unknown_fact: Unknown) -> None:
        expired.setdefault(EXPIRED, _expired(unknown_fact))

    async def one(workload: Workload, check: Check[Any]) -> Judgement:
        nonlocal done
        judgement = await _judged(survey, workload, check, note, limit)
        done += 1
        if progress:
            progress(done, total, f"{workload.name}: {check.name} {judgement.status}")
        return judgement

    async def links_of(workload: Workload) -> dict[Link, LinkReport]:
        waived = waived_links(workload.name, waivers)
        if workload.name in candidates:
            waived |= {Link.SERVING}  # it is judged before it serves
        passive = [check for check in checks if not check.active]
        judged = [
            *zip((c.link for c in passive), await asyncio.gather(*(one(workload, c) for c in passive)), strict=True)
        ]
        folded = _folded(judged, survey, waived)
        active = [check for check in checks if check.active]

        async def able(check: Check[Any]) -> Judgement:
            runs = check.skip(workload) is not None or _may_run(check, folded, waived)
            return await one(workload, check) if runs else _held(check)

        judged += zip((c.link for c in active), await asyncio.gather(*map(able, active)), strict=True)
        return _folded(judged, survey, waived)

    def tell() -> None:
        for says in survey.systems.under_way:
            if progress:
                progress(done, total, says)

    async with _telling(tell):
        links, views, claimed = await asyncio.gather(
            asyncio.gather(*(links_of(workload) for workload in workloads)),
            _overviews(survey, overviews, limit),
            _claims(survey, claims, limit),
        )
    reports = tuple(
        WorkloadReport(
            name=workload.name,
            kind=workload.kind,
            touched=(view := views.get(workload.name, Overview())).touched,
            links=found,
            wanted=view.wanted,
            serving=view.serving,
        )
        for workload, found in zip(workloads, links, strict=True)
    )
    asked = {check.link for check in checks}
    return Report(
        target=survey.subject.target.name,
        sandbox=survey.systems.sandbox,
        at=survey.now,
        commit=survey.subject.commit,
        verdict=verdict(reports, waivers, [claim.status for claim in claimed]),
        workloads=reports,
        general=tuple(expired.values()),
        waivers=tuple(waivers),
        claims=tuple(claimed),
        not_judged=tuple(link for link in Link if link not in asked),
    )


@asynccontextmanager
async def _telling(tell: Callable[[], None]) -> AsyncIterator[None]:
    """What is under way is told again and again while the block goes on."""

    async def telling() -> None:
        while True:
            await asyncio.sleep(PATIENCE)
            tell()

    teller = asyncio.create_task(telling())
    try:
        yield
    finally:
        teller.cancel()
        await asyncio.gather(teller, return_exceptions=True)


class _Limit:
    """A walk's time limit: one moment for everything that is asked."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._at = None if seconds is None else asyncio.get_running_loop().time() + seconds

    def begin(self) -> asyncio.Timeout:
        return asyncio.timeout_at(self._at)

    def says(self, link: Link | None = None, under_way: Sequence[str] = ()) -> Text:
        """`under_way`: what the link may be waiting for."""
        says = text("not finished within {} s", f"{self.seconds or 0:g}")
        if link is None:
            return text("{}: ask again", says)
        if link is Link.SCHEMA and under_way:
            says = text("{} ({})", says, "; ".join(under_way))
        return text("{}: ask again, or run signoff check {}, which has no such limit", says, link.value)


async def _judged(
    survey: Survey, workload: Workload, check: Check[Any], note_expired: Callable[[Unknown], None], limit: _Limit
) -> Judgement:
    timeout = limit.begin()
    try:
        reason = check.skip(workload)
        if reason is not None:
            return skipped(reason)
        async with timeout:
            facts = await check.gather(survey, workload)
        if not isinstance(facts, Unknown):
            return check.judge(workload, facts)
    except Exception as error:  # rule 7: one crashed check is unknown, and the walk goes on
        if timeout.expired():
            return waiting("time", limit.says(check.link, survey.systems.under_way))
        log.exception("the check %s crashed on %s", check.name, workload.name)
        crash = Finding(
            CRASHED,
            text("the check {} broke with {}; this is a bug in signoff", check.name, type(error).__name__),
            fix=Command(("signoff", "doctor")),
        )
        lost = Unknown("malformed", Ref("signoff", check.name, survey.now), Quoted(type(error).__name__))
        return unknown(text("the check {} broke", check.name), crash, unanswered=lost)
    if facts.why == "expired":
        note_expired(facts)
        return unknown(text("the login is not accepted, see {}", EXPIRED), unanswered=facts)
    return not_told(facts)


def _expired(fact: Unknown) -> Finding:
    return Finding(
        EXPIRED,
        text("Google Cloud does not accept the login any more ({})", fact.detail),
        fix=Command(("gcloud", "auth", "application-default", "login")),
    )


def _folded(
    judged: Sequence[tuple[Link, Judgement]], survey: Survey, waived: frozenset[Link]
) -> dict[Link, LinkReport]:
    by_link: dict[Link, list[Judgement]] = {}
    for link, judgement in judged:
        by_link.setdefault(link, []).append(judgement)
    return with_blocks({link: combined(found, survey.now) for link, found in by_link.items()}, waived)


def _may_run(check: Check[Any], folded: Mapping[Link, LinkReport], waived: frozenset[Link]) -> bool:
    return all(
        required in waived or (required in folded and folded[required].status in {Status.PASS, Status.SKIPPED})
        for required in REQUIRES.get(check.link, ())
    )


def _held(check: Check[Any]) -> Judgement:
    """An active check that was not let run: what it requires has to pass first."""
    required = " and ".join(link.value for link in REQUIRES.get(check.link, ()))
    return Judgement(Status.BLOCKED, reason=text("{} runs once {} has passed", check.name, required))


async def _overviews(survey: Survey, overviews: Overviews, limit: _Limit) -> Mapping[WorkloadName, Overview]:
    timeout = limit.begin()
    try:
        async with timeout:
            return await overviews(survey)
    except Exception:
        if timeout.expired():
            return {}
        log.exception("the overview of the workloads broke")
        return {}


async def _claims(survey: Survey, claims: Claims | None, limit: _Limit) -> Sequence[ClaimReport]:
    said = survey.subject.claims
    if not said:
        return ()
    if claims is None:
        reason = text("this walk does not look at what could prove it")
        return [ClaimReport(claim, Status.UNKNOWN, reason) for claim in said]
    timeout = limit.begin()
    try:
        async with timeout:
            return await claims(survey)
    except Exception as error:
        if timeout.expired():
            return [ClaimReport(claim, Status.WAITING, limit.says()) for claim in said]
        log.exception("judging the claims broke")
        reason = text("judging it broke with {}; this is a bug in signoff", type(error).__name__)
        return [ClaimReport(claim, Status.UNKNOWN, reason) for claim in said]


def only(report: Report, names: frozenset[WorkloadName]) -> Report:
    """The report narrowed to some workloads; its verdict speaks of those alone."""
    kept = tuple(workload for workload in report.workloads if workload.name in names)
    return replace(
        report, workloads=kept, verdict=verdict(kept, report.waivers, [claim.status for claim in report.claims])
    )
