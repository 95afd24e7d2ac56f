"""An operation as people and models see it: its steps, how it ended, and what the target runs now."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from signoff.safety.release import own
from signoff.views.structure import as_json
from signoff.views.text import as_text
from signoff.views.troubles import Face
from signoff.views.words import moment

if TYPE_CHECKING:
    from signoff.commands.deploy_status import OperationStatus
    from signoff.ledger import folds
    from signoff.views.deploy import Answer

_STATES = {
    "running": "RUNNING: ask again later",
    "died": "DIED: its process ended without a word; the same deploy goes on from where it stands",
}


def stopped(operation: folds.Operation) -> str:
    """What a person who pressed Ctrl-C is told: where it stopped, and what became of what had been done."""
    ended = operation.ended
    says = own(str(ended.says)) if ended is not None else "what it did last is not known"
    return f"STOPPED {operation.began.operation}: {says}\nsignoff deploy --status shows its steps."


def as_answer(status: OperationStatus, face: Face = "tool") -> Answer:
    """What the ledger has of it, and the walk of now."""
    began, ended = status.operation.began, status.operation.ended
    state = f"ENDED {ended.outcome}: {own(str(ended.says))}" if ended else _STATES[status.state]
    lines = [f"{began.operation}: {state}", f"Begun {moment(began.at)} by {own(began.by)}, commit {began.commit[:12]}."]
    lines += [
        f"  {moment(step.at)} {own(step.workload)} {step.step}: {step.outcome} {own(str(step.says))}".rstrip()
        for step, after in zip_longest(status.operation.steps, status.operation.steps[1:])
        if step.outcome != "began" or after is None or (after.workload, after.step) != (step.workload, step.step)
    ]
    structure: dict[str, Any] = {
        "operation": began.operation,
        "plan": began.plan,
        "target": began.target,
        "commit": began.commit,
        "by": own(began.by),
        "began": moment(began.at),
        "state": status.state,
        "outcome": ended.outcome if ended else None,
        "says": own(str(ended.says)) if ended else None,
        "steps": [
            {
                "at": moment(step.at),
                "workload": own(step.workload),
                "step": step.step,
                "outcome": step.outcome,
                "says": own(str(step.says)),
            }
            for step in status.operation.steps
        ],
        "report": as_json(status.report),
    }
    return "\n".join([*lines, "", as_text(status.report, face)]), structure
