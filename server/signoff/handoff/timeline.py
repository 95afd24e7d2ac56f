"""The ledger's events as a timeline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from signoff.ledger.events import (
    ClaimMade,
    Event,
    LinkWaived,
    PlanApproved,
    PlanMade,
    ReportMade,
    SessionBegan,
    StepTaken,
)

MOST = 40


@dataclass(frozen=True, slots=True)
class Moment:
    """`mark`: who says so. `recorded` was done or seen by signoff itself; `said` is the session's word."""

    at: datetime
    says: str
    mark: Literal["recorded", "said"] = "recorded"


def timeline(events: Iterable[Event], worktree: str, target: str, since: datetime | None) -> tuple[Moment, ...]:
    """What happened in this worktree or target since the session began, the oldest first, equal reports once."""
    found: list[Moment] = []
    for event in events:
        if since is not None and event.at < since:
            continue
        moment = _moment(event, worktree, target)
        if moment and not (isinstance(event, ReportMade) and found and found[-1].says == moment.says):
            found.append(moment)
    cut = len(found) - MOST
    if cut <= 0:
        return tuple(found)
    return (*found[: MOST // 2], Moment(found[MOST // 2].at, f"{cut} more events"), *found[-MOST // 2 :])


def _moment(event: Event, worktree: str, target: str) -> Moment | None:
    match event:
        case SessionBegan() if event.worktree == worktree:
            return Moment(event.at, f"the session began at commit {event.head[:12]}")
        case ReportMade() if event.worktree == worktree and event.target == target:
            part = "" if event.whole else ", asked in part"
            return Moment(event.at, f"report on commit {event.report['commit'][:12]}: {event.report['verdict']}{part}")
        case PlanMade() if event.target == target:
            return Moment(event.at, f"plan {event.plan} was made")
        case PlanApproved():
            return Moment(event.at, f"plan {event.plan} was approved by {event.by} ({event.way})")
        case StepTaken() if event.target == target:
            says = f" ({event.says})" if event.says else ""
            return Moment(event.at, f"{event.workload}: {event.step} {event.outcome}{says}")
        case ClaimMade() if event.worktree == worktree:
            return Moment(event.at, f"the session says that this is gone: {event.gone}", "said")
        case LinkWaived() if event.target == target:
            return Moment(event.at, f"{event.by} waived {event.link} of {event.workload}: {event.reason}")
    return None
