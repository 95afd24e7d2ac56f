"""What is to be said under the links: findings, and open links that have none, equal ones said once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from signoff.views.marks import ORDER, Shown, shown
from signoff.views.shapes import FixJson, LinkJson, LinkName, ReportJson
from signoff.views.words import command

Face = Literal["terminal", "tool"]
Weight = Literal["error", "open", "warning", "note"]
WEIGHTS: tuple[Weight, ...] = ("error", "open", "warning", "note")


@dataclass(slots=True)
class Trouble:
    """One cause. `workloads` whom it meets (none: a general one); `mine`: one of them counts for the verdict.

    `head` is a finding's code or a link's name; `weight` `open`: a link without a finding that is not finished.
    """

    status: Shown
    weight: Weight
    head: str
    message: str
    mine: bool
    fix: FixJson | None = None
    place: str | None = None
    workloads: list[str] = field(default_factory=list)
    evidence: list[int] = field(default_factory=list)


def troubles(report: ReportJson) -> list[Trouble]:
    """This session's first, the worst first; waived links are left to the waivers."""
    merged: dict[tuple[object, ...], Trouble] = {}
    for trouble in _all(report):
        key = (trouble.status, trouble.head, trouble.message, repr(trouble.fix), trouble.place, trouble.mine)
        seen = merged.setdefault(key, trouble)
        if seen is not trouble:
            seen.workloads += [workload for workload in trouble.workloads if workload not in seen.workloads]
            seen.evidence += [number for number in trouble.evidence if number not in seen.evidence]
    return sorted(merged.values(), key=lambda t: (not t.mine, WEIGHTS.index(t.weight), ORDER.index(t.status)))


def _all(report: ReportJson) -> Iterator[Trouble]:
    for index, finding in enumerate(report["findings"]):
        if finding["workload"] is None:
            yield _of_finding(report, index, "fail", mine=True)
    for label, workload in report["workloads"].items():
        for link, entry in workload["links"].items():
            status = shown(report, label, link)
            if status == "waived":
                continue
            for index in entry["findings"]:
                yield _of_finding(report, index, status, mine=workload["touched"])
            explained = any(report["findings"][index]["severity"] == "error" for index in entry["findings"])
            if status in {"unknown", "waiting", "blocked"} and not explained:
                yield _open(link, entry, status, label, mine=workload["touched"])


def _of_finding(report: ReportJson, index: int, status: Shown, *, mine: bool) -> Trouble:
    finding = report["findings"][index]
    place = finding["location"]
    line = f":{place['line']}" if place and place["line"] is not None else ""
    return Trouble(
        status=status,
        weight=finding["severity"],
        head=finding["code"],
        message=finding["message"],
        mine=mine,
        fix=finding["fix"],
        place=f"{place['path']}{line}" if place else None,
        workloads=[finding["workload"]] if finding["workload"] else [],
        evidence=list(finding["evidence"]),
    )


def _open(link: LinkName, entry: LinkJson, status: Shown, workload: str, *, mine: bool) -> Trouble:
    message = (entry["reason"] or status).removeprefix("but ")  # a block that stands alone reads better so
    if entry["waits_on"]:
        until = f" until {entry['ask_again_at']}" if entry["ask_again_at"] else ""
        message += f" (waits on {entry['waits_on']}{until})"
    return Trouble(status, "open", link, message, mine, workloads=[workload], evidence=list(entry["evidence"]))


def fix_line(fix: FixJson, face: Face) -> str:
    """The fix as a command, as a tool call, or as a sentence."""
    if "argv" in fix:
        return command(fix["argv"])
    if "advice" in fix:
        return "".join([fix["advice"], *(f"\n         {line}" for line in fix.get("paste", ()))])
    names = fix["workloads"]
    if fix["action"] == "run":
        return f'run_job(jobs=["{names[0]}"])' if face == "tool" else command(["signoff", "job", "run", *names])
    if face == "tool":
        quoted = ", ".join(f'"{name}"' for name in names)
        return f"deploy_service(workloads=[{quoted}])"
    return command(["signoff", "deploy", *names])
