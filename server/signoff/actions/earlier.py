"""Operations that died on the way: who is still at it, what is gone on with, and what they had begun to move."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from signoff.actions.claim import lock_of
from signoff.actions.plan import Before, Request, before_from_data, before_of, request_from_data
from signoff.actions.refusal import Busy, whoever
from signoff.actions.site import Site
from signoff.ledger.folds import Operation, last_operation
from signoff.ledger.hold import is_held
from signoff.model.subject import WorkloadName
from signoff.systems.google.deployed import Deployed


def died(site: Site, target: str, names: Collection[WorkloadName], *, held: bool) -> Mapping[WorkloadName, Operation]:
    """Operations that were begun on these workloads and never ended. Raises Busy where one is still at it."""
    found = {}
    for name in names:
        last = last_operation(site.ledger, target, name)
        if last is None or last.ended is not None:
            continue
        if not held and is_held(site.holds, lock_of(target, name)):
            raise Busy(name, f"{whoever(last.began.by, last.began.at)} ({last.began.operation})")
        found[name] = last
    return found


def goes_on_with(dead: Mapping[WorkloadName, Operation], site: Site, wanted: Request) -> Operation | None:
    """The one that was asked for the same, of this commit: only then what it did is what is wanted now."""
    for operation in dead.values():
        began = operation.began
        if began.commit == site.subject.commit and began.asked and request_from_data(began.asked) == wanted:
            return operation
    return None


def unfinished(site: Site, request: Request) -> tuple[WorkloadName, ...]:
    """What the last operation on this commit was at when it died: the same command goes on with it."""
    last = last_operation(site.ledger, request.target)
    if last is None or last.ended is not None or last.began.commit != site.subject.commit or not last.began.asked:
        return ()
    asked = request_from_data(last.began.asked)
    return asked.workloads if replace(asked, workloads=()) == request else ()


def before_all(resources: Sequence[Deployed], died: Operation | None) -> tuple[Before, ...]:
    """As they stand; but what an operation that died had begun to move is not what users are meant to go back to."""
    now = tuple(before_of(resource) for resource in resources)
    if died is None:
        return now
    kept = {before.resource: before for before in before_from_data(_kept(died, resources))}
    return tuple(kept.get(before.resource, before) for before in now)


def _kept(died: Operation, resources: Sequence[Deployed]) -> list[Mapping[str, Any]]:
    """What it wrote down of these resources."""
    wanted = {resource.resource for resource in resources}
    return [entry for entries in died.began.before.values() for entry in entries if entry["resource"] in wanted]
