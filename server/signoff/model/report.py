"""The report of one walk: every link of every workload, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from signoff.model.evidence import Evidence
from signoff.model.facts import Unknown
from signoff.model.finding import Finding
from signoff.model.judgement import Link, Status, WaitsOn
from signoff.model.subject import Claim, Commit, Kind, WorkloadName
from signoff.model.text import Text


class Verdict(StrEnum):
    """`EXIT_CODES` below gives each its exit code."""

    SIGNED_OFF = "signed-off"
    PENDING = "pending"
    UNVERIFIED = "unverified"
    REFUSED = "refused"
    NOTHING_TO_PROVE = "nothing-to-prove"


EXIT_CODES: Mapping[Verdict, int] = {
    Verdict.SIGNED_OFF: 0,
    Verdict.NOTHING_TO_PROVE: 0,
    Verdict.REFUSED: 1,
    Verdict.UNVERIFIED: 3,
    Verdict.PENDING: 5,
}


@dataclass(frozen=True, slots=True)
class LinkReport:
    """One link of one workload, with what it was folded to. `at`: when it was judged."""

    status: Status
    at: datetime
    evidence: tuple[Evidence, ...] = ()
    findings: tuple[Finding, ...] = ()
    reason: Text | None = None
    waits_on: WaitsOn | None = None
    ask_again_at: datetime | None = None
    blocked_by: Link | None = None
    unanswered: Unknown | None = None
    """What did not answer, where the link is unknown for that."""


@dataclass(frozen=True, slots=True)
class WorkloadReport:
    """`wanted`: the newest commit that touches its inputs; `serving`: the commit that production runs, if known."""

    name: WorkloadName
    kind: Kind
    touched: bool
    links: Mapping[Link, LinkReport]
    wanted: Commit | None = None
    serving: Commit | None = None


@dataclass(frozen=True, slots=True)
class Waiver:
    """A person's word that a link does not count for a workload, with the reason."""

    workload: WorkloadName
    link: Link
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ClaimReport:
    """A claim of the session: `pass` is proven, `fail` refuted, everything else unverified."""

    claim: Claim
    status: Status
    reason: Text


@dataclass(frozen=True, slots=True)
class Report:
    """`general`: findings that belong to no workload, such as an expired login."""

    target: str
    sandbox: bool
    at: datetime
    commit: Commit
    verdict: Verdict
    workloads: tuple[WorkloadReport, ...]
    general: tuple[Finding, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    claims: tuple[ClaimReport, ...] = ()
    not_judged: tuple[Link, ...] = field(default=())
    """Links that were not asked for in this walk: a verdict never speaks of them."""
