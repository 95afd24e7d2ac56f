"""Where an operation is: asked of the ledger, from any process, and of the target as it is now."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal

from signoff.commands.context import Context
from signoff.commands.run import run
from signoff.ledger import folds
from signoff.ledger.hold import is_held
from signoff.ledger.place import holds_path
from signoff.model.errors import SignoffError
from signoff.model.report import Report


@dataclass(frozen=True, slots=True)
class OperationStatus:
    """`state`: `ended`, `running` in a process of this machine, or `died` without an end.

    `report`: what the target runs now of the operation's workloads.
    """

    operation: folds.Operation
    state: Literal["running", "died", "ended"]
    report: Report


async def deploy_status(context: Context, operation_id: str = "") -> OperationStatus:
    """The named operation, else the last one in the target. Raises SignoffError where there is none."""
    found = await asyncio.to_thread(_find, context, operation_id)
    if found is None:
        what = (
            f"there is no operation {operation_id}"
            if operation_id
            else f"nothing was deployed to {context.target.name}"
        )
        raise SignoffError(
            f"{what} from this repository", fix="signoff deploy shows a plan, and begins one after a yes"
        )
    from signoff.actions.deploying import DEPLOYED

    known = {workload.name for workload in context.workloads}
    names = [name for name in found.began.before if name in known]
    report = await run(context, DEPLOYED, names)
    return OperationStatus(found, _state(context, found), report)


def _find(context: Context, operation_id: str) -> folds.Operation | None:
    if operation_id:
        return folds.operation(context.ledger, operation_id)
    return folds.last_operation(context.ledger, context.target.name)


def _state(context: Context, operation: folds.Operation) -> Literal["running", "died", "ended"]:
    from signoff.actions.claim import lock_of
    from signoff.model.subject import WorkloadName

    if operation.ended is not None:
        return "ended"
    holds = holds_path(context.root, context.environment)
    target = operation.began.target
    alive = any(is_held(holds, lock_of(target, WorkloadName(name))) for name in operation.began.before)
    return "running" if alive else "died"
