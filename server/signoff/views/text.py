"""The report as short text that stands alone: for tools, pipes and logs. Bounded to about a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from signoff.model.report import Report
from signoff.views.marks import LEGEND, ORDER, SYMBOLS, shown, verdict_says, verdict_word, worst
from signoff.views.shapes import ReportJson
from signoff.views.structure import as_json
from signoff.views.troubles import Face, Trouble, fix_line, troubles
from signoff.views.words import count

MOST_WORKLOADS = 12
MOST_TROUBLES = 12
MOST_NAMES = 4
"""Of the workloads that share one cause."""


def as_text(report: Report | ReportJson, face: Face = "terminal") -> str:
    """Verdict first, then a line a workload (trouble first, the quiet counted), then causes with their fixes.

    `face`: whether signoff's own actions are named as commands or as tool calls.
    """
    if isinstance(report, Report):
        report = as_json(report)
    return "\n".join(_lines(report, face)) + "\n"


def _lines(report: ReportJson, face: Face) -> Iterator[str]:
    sandbox = " (sandbox)" if report["sandbox"] else ""
    yield f"{verdict_word(report)}: {verdict_says(report)}."
    yield f"Target {report['target']}{sandbox}, commit {report['commit'][:12]}, judged {report['at']}."
    if report["not_judged"]:
        yield f"Not judged: {', '.join(report['not_judged'])}."
    if report["workloads"]:
        yield ""
        yield from _workloads(report)
        yield LEGEND
    found = troubles(report)
    yield from _troubles([t for t in found if t.mine and t.weight != "note"], face, "")
    others = [t for t in found if not t.mine and t.weight in {"error", "open"}]
    yield from _troubles(others, face, "Not this session's:")
    notes = sum(t.weight == "note" for t in found)
    if notes:
        yield ""
        yield f"{count(notes, 'note')} more in the structure of this report."
    for waiver in report["waivers"]:
        yield f"Waived by {waiver['by']}: {waiver['workload']} {waiver['link']} ({waiver['reason']})"
    for claim in report["claims"]:
        word = {"pass": "proven", "fail": "refuted"}.get(claim["status"], "unverified")
        yield f"Claim {word}: {claim['gone']} ({claim['reason']})"


def _workloads(report: ReportJson) -> Iterator[str]:
    told, rest = told_and_counted(report, MOST_WORKLOADS)
    for label in told:
        workload = report["workloads"][label]
        links = "  ".join(f"{SYMBOLS[shown(report, label, link)]} {link}" for link in workload["links"])
        whose = "" if workload["touched"] else ", not this session's"
        yield f"{label} ({workload['kind']}{whose}): {links}"
        if said := rests_on(report, label):
            yield f"    {said}"
    if rest:
        yield rest


def told_and_counted(report: ReportJson, most: int) -> tuple[list[str], str]:
    """The workloads that are shown, and a line that counts the others (empty: there are none).

    Where they are more than `most`, only those with trouble are shown.
    """
    order = by_trouble(report)
    if len(order) <= most:
        return order, ""
    told = [label for label in order if worst(report, label) not in {"pass", "skipped"}][:most]
    counted = Counter(worst(report, label) for label in order if label not in set(told))
    counts = ", ".join(f"{counted[status]} {status}" for status in ORDER if status in counted)
    more = "more workload" if told else "workload"
    return told, f"{'and ' if told else ''}{count(counted.total(), more)}, by the worst link: {counts}"


def rests_on(report: ReportJson, label: str) -> str:
    """How much a workload's health rests on, and what so little can not rule out; empty where it is not proven."""
    link = report["workloads"][label]["links"].get("healthy")
    proven = link is not None and shown(report, label, "healthy") == "pass"
    return f"healthy: {link['reason']}" if link is not None and proven and link["reason"] else ""


def by_trouble(report: ReportJson) -> list[str]:
    """The names of the workloads: those that count first, the worst first, else as configured."""
    workloads = report["workloads"]
    return sorted(workloads, key=lambda label: (not workloads[label]["touched"], ORDER.index(worst(report, label))))


def _troubles(found: list[Trouble], face: Face, title: str) -> Iterator[str]:
    if found:
        yield ""
    if found and title:
        yield title
    for trouble in found[:MOST_TROUBLES]:
        whom = f" · {whom_line(trouble)}" if trouble.workloads else ""
        yield f"{SYMBOLS[trouble.status]} {trouble.head}{whom}: {trouble.message}"
        if trouble.place:
            yield f"    at:  {trouble.place}"
        if trouble.fix:
            yield f"    fix: {fix_line(trouble.fix, face)}"
    if len(found) > MOST_TROUBLES:
        yield f"and {len(found) - MOST_TROUBLES} more causes in the structure of this report"


def whom_line(trouble: Trouble, most: int = MOST_NAMES) -> str:
    """`web, api and 98 more`."""
    names = ", ".join(trouble.workloads[:most])
    rest = len(trouble.workloads) - most
    return f"{names} and {rest} more" if rest > 0 else names
