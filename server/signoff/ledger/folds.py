"""What is current, read from the record: the session, waivers, proofs, the last report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import TypeVar

from signoff.ledger.events import (
    DigestProven,
    IdentityAccepted,
    LinkWaived,
    OperationBegan,
    OperationEnded,
    PlanApproved,
    PlanMade,
    ReportMade,
    RevisionProven,
    SessionBegan,
    StepTaken,
)
from signoff.ledger.store import Store
from signoff.model.judgement import Link
from signoff.model.report import Waiver
from signoff.model.subject import Commit, Session, WorkloadName

OfOperation = TypeVar("OfOperation", StepTaken, OperationEnded)

CONTINUES = timedelta(hours=12)
"""A server that starts again within this time (a client reconnects) continues the session: the earlier start is the
stricter one, since more workloads count as touched."""


def session(store: Store, worktree: str) -> Session | None:
    """The session of a worktree: the last start that continues no other. None: no session is known."""
    began = session_start(store, worktree)
    return Session(Commit(began.head), began.at) if began else None


def changed_since(store: Store, target: str, worktree: str, since: datetime) -> frozenset[WorkloadName]:
    """Workloads that a worktree's operations were at in a target; not those that were left to somebody else's."""
    idle = {
        event.operation
        for event in takewhile(lambda event: event.at >= since, store.read(OperationEnded))
        if event.outcome in {"busy", "void"}
    }
    return frozenset(
        WorkloadName(name)
        for event in takewhile(lambda event: event.at >= since, store.read(OperationBegan))
        if (event.target, event.worktree) == (target, worktree) and event.operation not in idle
        for name in event.before
    )


def session_start(store: Store, worktree: str) -> SessionBegan | None:
    """The event of that start."""
    return next((event for event in store.read(SessionBegan) if event.worktree == worktree), None)


def accepted_identities(store: Store) -> frozenset[str]:
    """Where tokens may go since a person said so."""
    return frozenset(event.destination for event in store.read(IdentityAccepted))


def continues(store: Store, start: SessionBegan) -> bool:
    """Whether this start belongs to the session that the ledger already has for the worktree."""
    last = session_start(store, start.worktree)
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


def operation_of(store: Store, plan_id: str) -> str | None:
    """The operation that carried a plan out, or died over it; None where none has begun."""
    return next((event.operation for event in store.read(OperationBegan) if event.plan == plan_id), None)


def approvals(store: Store, plan_id: str, since: datetime | None = None) -> tuple[PlanApproved, ...]:
    """Every yes to a plan, the newest first."""
    return tuple(e for e in store.read(PlanApproved) if e.plan == plan_id and (since is None or e.at >= since))


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation with its steps in their order; `ended` is None while it goes on, or where its process died."""

    began: OperationBegan
    steps: tuple[StepTaken, ...]
    ended: OperationEnded | None

    def went_back(self, workload: str) -> bool:
        """Whether nothing of it was left where it could not be undone: such a step is told to have ended, and then that
        it failed.
        """
        ended = set[str]()
        for step in self.steps:
            if step.workload != workload or step.outcome == "began":
                continue
            if step.outcome == "failed" and step.step in ended:
                return False
            ended.add(step.step)
        return True


def operation(store: Store, operation_id: str) -> Operation | None:
    begun = [event for event in store.read(OperationBegan) if event.operation == operation_id]
    if not begun:
        return None
    began = begun[-1]  # another process may have gone on with it
    steps = _while(store.read(StepTaken), began.at, operation_id)
    ended = next(_while(store.read(OperationEnded), began.at, operation_id), None)
    return Operation(began, tuple(reversed(list(steps))), ended)


def last_operation(store: Store, target: str, workload: str | None = None) -> Operation | None:
    """The newest operation in a target, on one workload if it is named."""
    began = next(
        (e for e in store.read(OperationBegan) if e.target == target and (workload is None or workload in e.before)),
        None,
    )
    return None if began is None else operation(store, began.operation)


def _while(events: Iterator[OfOperation], since: datetime, operation_id: str) -> Iterator[OfOperation]:
    """Of events, the newest first, those of one operation: nothing before its start is read."""
    return (e for e in takewhile(lambda e: e.at >= since, events) if e.operation == operation_id)


def proven_revisions(store: Store, target: str, resource: str) -> tuple[RevisionProven, ...]:
    """The revisions of a service that were seen to serve and to be healthy, the newest first, each once."""
    found: dict[str, RevisionProven] = {}
    for event in store.read(RevisionProven):
        if (event.target, event.resource) == (target, resource):
            found.setdefault(event.revision, event)
    return tuple(found.values())
