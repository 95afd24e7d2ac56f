"""What a status and a verdict look like: a symbol and a word for each, so that colour never stands alone."""

from __future__ import annotations

from typing import Literal

from signoff.views.shapes import LinkName, ReportJson, StatusName, VerdictName
from signoff.views.words import count

Shown = StatusName | Literal["waived"]
"""A status as it is shown: a person's waiver covers what did not come out well."""

SYMBOLS: dict[Shown, str] = {
    "pass": "✓",
    "fail": "✗",
    "unknown": "?",
    "waiting": "…",
    "blocked": "⊘",
    "skipped": "–",
    "waived": "~",
}
ORDER: tuple[Shown, ...] = ("fail", "unknown", "waiting", "blocked", "waived", "pass", "skipped")
"""Worst first."""
LEGEND = "  ".join(f"{symbol} {status}" for status, symbol in SYMBOLS.items())

CORE: frozenset[LinkName] = frozenset({"committed", "pushed", "merged", "built", "released", "serving", "healthy"})
"""A report that leaves one of these out does not reach from the working tree to what production says of it: no sign-off
is shown."""

_VERDICTS: dict[VerdictName, str] = {
    "signed-off": "SIGNED OFF",
    "pending": "PENDING",
    "unverified": "UNVERIFIED",
    "refused": "REFUSED",
    "nothing-to-prove": "NOTHING TO PROVE",
}
_SAYS: dict[VerdictName, str] = {
    "signed-off": "every judged link is proven",
    "pending": "nothing is wrong so far, and something is not finished",
    "unverified": "nothing is known to be wrong, but something could not be verified",
    "refused": "the work is not in production as it should be",
    "nothing-to-prove": "nothing of this session has to reach the target",
}

_REFUTED = "what the session says is refuted"


def verdict_word(report: ReportJson) -> str:
    """`REFUSED`; a sign-off of only some links is `PASSED IN PART`."""
    return "PASSED IN PART" if _is_part(report) else _VERDICTS[report["verdict"]]


def verdict_says(report: ReportJson) -> str:
    """The verdict as a clause: what it means for how many workloads."""
    if _is_part(report):
        return "the links that were asked for are proven; this is no sign-off"
    counted = sum(workload["touched"] for workload in report["workloads"].values())
    says = _REFUTED if _is_refuted_alone(report) else _SAYS[report["verdict"]]
    return f"{says} ({count(counted, 'workload')} of {len(report['workloads'])} counted)"


def _is_part(report: ReportJson) -> bool:
    return report["verdict"] == "signed-off" and not CORE.isdisjoint(report["not_judged"])


def _is_refuted_alone(report: ReportJson) -> bool:
    """Refused for a claim, while no link of a workload that counts has failed."""
    failed = any(
        shown(report, label, link) == "fail"
        for label, workload in report["workloads"].items()
        if workload["touched"]
        for link in workload["links"]
    )
    return report["verdict"] == "refused" and not failed


def shown(report: ReportJson, workload: str, link: LinkName) -> Shown:
    """The status of a link as it is shown; KeyError where the link was not judged."""
    status = report["workloads"][workload]["links"][link]["status"]
    waived = any(waiver["workload"] == workload and waiver["link"] == link for waiver in report["waivers"])
    return "waived" if waived and status not in {"pass", "skipped"} else status


def worst(report: ReportJson, workload: str) -> Shown:
    """The worst shown status of a workload; `skipped` where nothing was judged."""
    found = {shown(report, workload, link) for link in report["workloads"][workload]["links"]}
    return next((status for status in ORDER if status in found), "skipped")
