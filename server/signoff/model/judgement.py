"""Judgements: what a check says of one link of one workload."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from signoff.model.evidence import Evidence
from signoff.model.facts import Unknown
from signoff.model.finding import Finding
from signoff.model.text import Text


class Link(StrEnum):
    """The chain's links in their order; each value is the name that users see."""

    COMMITTED = "committed"
    PUSHED = "pushed"
    MERGED = "merged"
    BUILDABLE = "buildable"
    SCHEMA = "schema"
    BUILT = "built"
    RELEASED = "released"
    SERVING = "serving"
    REACHABLE = "reachable"
    HEALTHY = "healthy"
    FRESH = "fresh"


class Status(StrEnum):
    """What a link can say; the order is from best to worst for combining several checks of one link."""

    SKIPPED = "skipped"
    PASS = "pass"
    BLOCKED = "blocked"
    WAITING = "waiting"
    UNKNOWN = "unknown"
    FAIL = "fail"


WaitsOn = Literal["time", "person", "ci", "runs"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Made by the functions below, which ask for what each status needs: no pass without proof."""

    status: Status
    evidence: tuple[Evidence, ...] = ()
    findings: tuple[Finding, ...] = ()
    reason: Text | None = None
    """One sentence: what a pass proved, why it is unknown, waiting or skipped."""
    waits_on: WaitsOn | None = None
    ask_again_at: datetime | None = None
    unanswered: Unknown | None = None
    """What did not answer, where it is unknown for that: then nothing was seen, neither good nor bad."""

    def __post_init__(self) -> None:
        errors = [finding for finding in self.findings if finding.severity == "error"]
        if self.status is Status.PASS and (not self.evidence or errors):
            raise ValueError("a pass needs evidence and has no error among its findings")
        if self.status is Status.FAIL and not errors:
            raise ValueError("a fail needs a finding of severity error")
        if self.status in {Status.UNKNOWN, Status.WAITING, Status.SKIPPED} and self.reason is None:
            raise ValueError(f"{self.status} needs a reason")
        if (self.status is Status.WAITING) != (self.waits_on is not None):
            raise ValueError("waiting, and only waiting, says on whom")


def badness(judgement: Judgement) -> tuple[int, bool]:
    """To tell the worst of several: what nobody answered is worse than what was looked at in vain."""
    return list(Status).index(judgement.status), judgement.unanswered is not None


def passed(proof: Evidence, *more: Evidence, says: Text | None = None, notes: tuple[Finding, ...] = ()) -> Judgement:
    """Proven. `says`: one sentence of what was proven; `notes`: warnings and notes that do not change the status."""
    return Judgement(Status.PASS, (proof, *more), notes, says)


def failed(finding: Finding, *more: Finding, evidence: tuple[Evidence, ...] = ()) -> Judgement:
    """Disproven: at least one finding of severity error."""
    found = (finding, *more)
    return Judgement(Status.FAIL, evidence + tuple(e for f in found for e in f.evidence), found)


def unknown(
    reason: Text, *findings: Finding, evidence: tuple[Evidence, ...] = (), unanswered: Unknown | None = None
) -> Judgement:
    """Could not be verified: silence is not health. `unanswered`: what did not answer, where that is why."""
    evidence += tuple(e for f in findings for e in f.evidence)
    return Judgement(Status.UNKNOWN, evidence, findings, reason, unanswered=unanswered)


def waiting(
    on: WaitsOn,
    reason: Text,
    *findings: Finding,
    until: datetime | None = None,
    evidence: tuple[Evidence, ...] = (),
) -> Judgement:
    """Too early: on whom it waits, and until when if that is known."""
    return Judgement(Status.WAITING, evidence, findings, reason, on, until)


def skipped(reason: Text, *notes: Finding, evidence: tuple[Evidence, ...] = ()) -> Judgement:
    """The link has no object here; the reason was looked for."""
    return Judgement(Status.SKIPPED, evidence, notes, reason)
