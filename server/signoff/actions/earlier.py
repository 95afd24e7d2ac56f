"""Earlier operations: who is still at it, what is gone on with, and what those had moved that ended half-way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from signoff.actions.claim import lock_of
from signoff.actions.plan import Before, Request, before_from_data, before_of, request_from_data
from signoff.actions.plan_error import Unread
from signoff.actions.refusal import Busy, whoever
from signoff.actions.run_step import CLOCKS
from signoff.actions.site import Site
from signoff.actions.traffic_step import split
from signoff.ledger.folds import Operation, last_operation, operation
from signoff.ledger.hold import is_held
from signoff.model.facts import Unknown
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
    for one in dead.values():
        began = one.began
        if began.commit == site.subject.commit and began.asked and request_from_data(began.asked) == wanted:
            return one
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


async def before_deploy(
    site: Site, name: WorkloadName, resources: Sequence[Deployed], died: Operation | None
) -> tuple[Before, ...]:
    """As `before_all`; nor is what an operation had moved and could not send back, as long as it stands like that."""
    found = before_all(resources, died)
    left = [await _not_sent_back(site, name, resource) for resource in resources]
    return tuple(real or before for real, before in zip(left, found, strict=True))


async def _not_sent_back(site: Site, name: WorkloadName, resource: Deployed) -> Before | None:
    """What served before the operation that wrote the template last, where its way back failed or it died. None where
    somebody moved traffic since, or took away what served: then what stands counts.
    """
    wrote = operation(site.ledger, resource.operation) if resource.operation else None
    if wrote is None or wrote.ended is None or (wrote.went_back(name) and wrote.ended.outcome != "died"):
        return None
    (before,) = before_from_data(_kept(wrote, [resource])) or (None,)
    if before is None:
        return None
    new = [revision for revision, _ in resource.serving if revision not in dict(before.serving)]
    percent = dict(resource.serving).get(new[0], 0) if len(new) == 1 else 0
    moved = any(step.workload == name and step.step == f"traffic {percent}" for step in wrote.steps)
    wanted = sorted(split(before.serving, new[0], percent)) if moved else []
    if not moved or [(revision or new[0], share) for revision, share in wanted] != sorted(resource.serving):
        return None
    _, project, _, region, _, service = resource.resource.split("/")
    for revision in (new[0], *dict(before.serving)):
        answer = await site.systems.run.revision(project, region, service, revision)
        if isinstance(answer, Unknown):
            raise Unread(f"whether {revision} is still there is not known", answer, where=resource.resource)
        if answer.value is None or (revision == new[0] and answer.value.created > wrote.ended.at + CLOCKS):
            return None
    return before


def _kept(died: Operation, resources: Sequence[Deployed]) -> list[Mapping[str, Any]]:
    """What it wrote down of these resources."""
    wanted = {resource.resource for resource in resources}
    return [entry for entries in died.began.before.values() for entry in entries if entry["resource"] in wanted]
