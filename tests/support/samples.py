"""Plain values of the model for tests that judge without any outside system."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from signoff.model.evidence import Evidence
from signoff.model.finding import Finding
from signoff.model.judgement import Judgement, Link, Status, WaitsOn
from signoff.model.report import LinkReport, WorkloadReport
from signoff.model.subject import Commit, Subject, Target, Workload, WorkloadName
from signoff.model.text import text

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HEAD = Commit("a" * 40)
PROOF = Evidence("git", "origin", "head", "a" * 40, NOW, look=("git", "ls-remote", "origin"))
TARGET = Target("production", "acme-prod", ("us-central1",), "main")
WEB = Workload(WorkloadName("web"), "service", "web", ("web/**",))


def subject(*workloads: Workload) -> Subject:
    return Subject(HEAD, Path("/nowhere"), TARGET, workloads or (WEB,))


def finding(code: str = "pushed/ahead") -> Finding:
    return Finding(code, text("3 commits are not on origin/main"), (PROOF,))


def judgement(status: Status) -> Judgement:
    """Some valid judgement of that status."""
    return Judgement(
        status,
        evidence=(PROOF,),
        findings=(finding(),) if status is Status.FAIL else (),
        reason=text("because"),
        waits_on=cast(WaitsOn, "time") if status is Status.WAITING else None,
    )


def link_report(status: Status) -> LinkReport:
    return LinkReport(status, NOW, (PROOF,), (finding(),) if status is Status.FAIL else (), text("because"))


def workload_report(*, touched: bool = True, name: str = "web", **links: Status) -> WorkloadReport:
    """`workload_report(pushed=Status.PASS)`"""
    return WorkloadReport(
        WorkloadName(name), "service", touched, {Link(link): link_report(status) for link, status in links.items()}
    )
