"""The report as plain data: the contract that `--json`, structured tool results and front matter share.

Outside text is released here, once; the other views render what this returns.
"""

from __future__ import annotations

import math

from signoff.model.evidence import Evidence, Value
from signoff.model.finding import Action, Command, Finding, Fix, Location
from signoff.model.judgement import Link
from signoff.model.quoted import Quoted
from signoff.model.report import ClaimReport, LinkReport, Report, Waiver, WorkloadReport
from signoff.safety.release import own
from signoff.views.shapes import (
    ClaimJson,
    EvidenceJson,
    FindingJson,
    FixJson,
    LinkJson,
    LocationJson,
    Plain,
    ReportJson,
    WaiverJson,
    WorkloadJson,
)
from signoff.views.words import command, moment, name, sentence


def as_json(report: Report) -> ReportJson:
    """The report as JSON values, with all outside text released (redacted, escaped, bounded)."""
    shelf = _Shelf()
    for finding in report.general:  # first in the list of findings; no link points at them
        shelf.finding(finding, None, None)
    workloads = {own(workload.name): _workload(workload, shelf) for workload in report.workloads}
    return {
        "schema": 1,
        "verdict": report.verdict.value,
        "target": own(report.target),
        "sandbox": report.sandbox,
        "at": moment(report.at),
        "commit": report.commit,
        "evidence": shelf.evidences,
        "workloads": workloads,
        "findings": shelf.findings,
        "waivers": [_waiver(waiver) for waiver in report.waivers],
        "claims": [_claim(claim) for claim in report.claims],
        "not_judged": [link.value for link in report.not_judged],
    }


class _Shelf:
    """Evidence and findings by number; the same evidence stands once."""

    def __init__(self) -> None:
        self.evidences: list[EvidenceJson] = []
        self.findings: list[FindingJson] = []
        self._numbers: dict[tuple[Evidence, type], int] = {}

    def evidence(self, evidence: Evidence) -> int:
        key = (evidence, type(evidence.value))  # to Python, 1 and True are equal
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.evidences)
            self.evidences.append(_evidence(evidence))
        return number

    def finding(self, finding: Finding, link: Link | None, workload: str | None) -> int:
        self.findings.append(
            {
                "code": finding.code,
                "link": link.value if link else None,
                "workload": workload,
                "location": location_json(finding.location),
                "severity": finding.severity,
                "message": sentence(finding.message),
                "evidence": [self.evidence(evidence) for evidence in finding.evidence],
                "fix": fix_json(finding.fix),
            }
        )
        return len(self.findings) - 1


def _workload(workload: WorkloadReport, shelf: _Shelf) -> WorkloadJson:
    label = own(workload.name)
    return {
        "kind": workload.kind,
        "touched": workload.touched,
        "wanted": workload.wanted,
        "serving": workload.serving,
        "links": {link.value: _link(link, report, label, shelf) for link, report in workload.links.items()},
    }


def _link(link: Link, report: LinkReport, workload: str, shelf: _Shelf) -> LinkJson:
    return {
        "status": report.status.value,
        "at": moment(report.at),
        "evidence": [shelf.evidence(evidence) for evidence in report.evidence],
        "findings": [shelf.finding(finding, link, workload) for finding in report.findings],
        "reason": sentence(report.reason) if report.reason else None,
        "waits_on": report.waits_on,
        "ask_again_at": moment(report.ask_again_at) if report.ask_again_at else None,
        "blocked_by": report.blocked_by.value if report.blocked_by else None,
    }


def _evidence(evidence: Evidence) -> EvidenceJson:
    return {
        "system": evidence.system,
        "resource": name(evidence.resource),
        "field": own(evidence.field),
        "value": _plain(evidence.value),
        "at": moment(evidence.at),
        "strength": evidence.strength,
        "look": command(evidence.look) if evidence.look else None,
    }


def _plain(value: Value) -> Plain:
    if isinstance(value, str | Quoted):
        return name(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no word for it
    return value


def location_json(location: Location | None) -> LocationJson | None:
    return {"path": own(location.path), "line": location.line} if location else None


def fix_json(fix: Fix | None) -> FixJson | None:
    if fix is None:
        return None
    if isinstance(fix, Command):
        return {"argv": [own(argument) for argument in fix.argv]}
    if isinstance(fix, Action):
        return {"action": fix.name, "workloads": [own(workload) for workload in fix.workloads]}
    if fix.paste:
        return {"advice": sentence(fix.says), "paste": [own(line) for line in fix.paste]}
    return {"advice": sentence(fix.says)}


def _waiver(waiver: Waiver) -> WaiverJson:
    return {
        "workload": own(waiver.workload),
        "link": waiver.link.value,
        "reason": own(waiver.reason),
        "by": own(waiver.by),
        "at": moment(waiver.at),
    }


def _claim(report: ClaimReport) -> ClaimJson:
    return {
        "workload": own(report.claim.workload) if report.claim.workload else None,
        "gone": own(report.claim.gone),
        "status": report.status.value,
        "reason": sentence(report.reason),
    }
