"""What is current, read from the record: the session, waivers, proofs, the last report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from signoff.ledger.events import DigestProven, LinkWaived, PlanApproved, PlanMade, ReportMade, SessionBegan
from signoff.ledger.store import Store
from signoff.model.judgement import Link
from signoff.model.report import Waiver
from signoff.model.subject import Commit, Session, WorkloadName

CONTINUES = timedelta(hours=12)
"""A server that starts again within this time (a client reconnects) continues the session: the earlier start is the
stricter one, since more workloads count as touched."""


def session(store: Store, worktree: str) -> Session | None:
    """The session of a worktree: the last start that continues no other. None: no session is known."""
    began = next((event for event in store.read(SessionBegan) if event.worktree == worktree), None)
    return Session(Commit(began.head), began.at) if began else None


def continues(store: Store, start: SessionBegan) -> bool:
    """Whether this start belongs to the session that the ledger already has for the worktree."""
    last = next((event for event in store.read(SessionBegan) if event.worktree == start.worktree), None)
    if last is None:
        return False
    if start.session is not None:
        return start.session == last.session
    return start.by == "mcp" and start.at - last.at < CONTINUES


def waivers(store: Store, target: str, commit: str) -> tuple[Waiver, ...]:
    """The waivers that hold for this commit in this target; of two for one link the last."""
    found: dict[tuple[str, str], Waiver] = {}
    for event in store.read(LinkWaived):
        if event.target == target and event.commit == commit:
            waiver = Waiver(WorkloadName(event.workload), Link(event.link), event.reason, event.by, event.at)
            found.setdefault((event.workload, event.link), waiver)
    return tuple(found.values())


def proofs(store: Store) -> Mapping[str, DigestProven]:
    """Image digest → what proved its commit; a proof by the system of record is kept before an attested one."""
    found: dict[str, DigestProven] = {}
    for event in store.read(DigestProven):
        if event.digest not in found or (event.strength, found[event.digest].strength) == ("proven", "attested"):
            found[event.digest] = event
    return found


def last_report(store: Store, target: str, worktree: str | None = None) -> ReportMade | None:
    """The newest report about every link and workload of the target, made in this worktree if one is named."""
    return next(
        (
            event
            for event in store.read(ReportMade)
            if event.whole and event.target == target and worktree in {None, event.worktree}
        ),
        None,
    )


def plan(store: Store, plan_id: str) -> PlanMade | None:
    return next((event for event in store.read(PlanMade) if event.plan == plan_id), None)


def approvals(store: Store, plan_id: str, since: datetime | None = None) -> tuple[PlanApproved, ...]:
    """Every yes to a plan, the newest first."""
    return tuple(e for e in store.read(PlanApproved) if e.plan == plan_id and (since is None or e.at >= since))
