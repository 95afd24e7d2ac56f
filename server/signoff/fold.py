"""From judgements to a verdict: several checks of one link, links that require others, waivers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from signoff.model.judgement import Judgement, Link, Status, badness
from signoff.model.report import LinkReport, Verdict, Waiver, WorkloadReport
from signoff.model.subject import WorkloadName
from signoff.model.text import Text, text

REQUIRES: Mapping[Link, tuple[Link, ...]] = {
    Link.BUILT: (Link.PUSHED, Link.MERGED),
    Link.RELEASED: (Link.BUILT,),
    Link.SERVING: (Link.RELEASED,),
    Link.REACHABLE: (Link.SERVING,),
    Link.HEALTHY: (Link.SERVING,),
}
"""A link that came out well is `blocked` while one that it requires has not. The others stand alone."""

_GOOD = frozenset({Status.PASS, Status.SKIPPED})


def combined(judgements: Iterable[Judgement], at: datetime) -> LinkReport:
    """Several checks of one link: the worst wins, and the evidence and findings of all are kept."""
    judged = sorted(judgements, key=badness, reverse=True)
    worst = judged[0]
    return LinkReport(
        status=worst.status,
        at=at,
        evidence=tuple(dict.fromkeys(e for judgement in judged for e in judgement.evidence)),
        findings=tuple(f for judgement in judged for f in judgement.findings),
        reason=worst.reason,
        waits_on=worst.waits_on,
        ask_again_at=worst.ask_again_at,
        unanswered=worst.unanswered,
    )


def with_blocks(links: Mapping[Link, LinkReport], waived: frozenset[Link] = frozenset()) -> dict[Link, LinkReport]:
    """Fold `blocked` in, in the chain's order, so that it is handed on; own faults keep their own status.

    A waived link blocks nothing: a person took its place.
    """
    folded: dict[Link, LinkReport] = {}
    for link in Link:
        if link not in links:
            continue
        report = links[link]
        required = (r for r in REQUIRES.get(link, ()) if r in folded and r not in waived)
        cause = next((r for r in required if folded[r].status not in _GOOD), None)
        if report.status is Status.PASS and cause is not None:
            report = replace(report, status=Status.BLOCKED, reason=_without(report.reason, cause))
        if report.status is Status.BLOCKED:
            report = replace(report, blocked_by=cause)
        folded[link] = report
    return folded


def _without(proved: Text | None, cause: Link) -> Text:
    """What was proved, and what is missing in it: a green build of a commit without the fix is no pass."""
    if proved is None:
        return text("{} has not passed", cause.value)
    missing = {
        Link.PUSHED: "without the commits that are not pushed",
        Link.MERGED: "without what is not merged",
    }.get(cause)
    return text("{}, {}", proved, missing) if missing else text("{}; but {} has not passed", proved, cause.value)


def waived_links(workload: WorkloadName, waivers: Iterable[Waiver]) -> frozenset[Link]:
    return frozenset(waiver.link for waiver in waivers if waiver.workload == workload)


def verdict(workloads: Iterable[WorkloadReport], waivers: Sequence[Waiver], general: Iterable[Status] = ()) -> Verdict:
    """The verdict over the touched workloads, whose waived links do not count.

    `general`: statuses that count beside the workloads, such as the session's claims.
    """
    statuses = list(general)
    counted = 0
    for workload in workloads:
        if workload.touched:
            counted += 1
            waived = waived_links(workload.name, waivers)
            statuses.extend(report.status for link, report in workload.links.items() if link not in waived)
    if Status.FAIL in statuses:
        return Verdict.REFUSED
    if Status.UNKNOWN in statuses:
        return Verdict.UNVERIFIED
    if Status.WAITING in statuses or Status.BLOCKED in statuses:
        return Verdict.PENDING
    if counted == 0 or (statuses and all(status is Status.SKIPPED for status in statuses)):
        return Verdict.NOTHING_TO_PROVE
    return Verdict.SIGNED_OFF
