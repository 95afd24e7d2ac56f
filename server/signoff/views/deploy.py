"""A deploy as people and models see it: the plan, what still needs a yes, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from signoff.views.structure import as_json
from signoff.views.text import as_text
from signoff.views.troubles import Face
from signoff.views.words import command, moment, sentence, told

if TYPE_CHECKING:
    from signoff.actions.deploy import DeployResult
    from signoff.actions.plan import Plan, Theirs
    from signoff.actions.refusal import Refused
    from signoff.actions.watching import Watched

Answer = tuple[str, dict[str, Any]]
"""A short text that stands alone, and the same as JSON values. `face`: how what is to be done next is named."""

_WORDS = {
    "deployed": "Deployed",
    "rolled-back": "Rolled back",
    "ran": "Ran",
    "waiting": "NOT PROVEN yet",
    "unproven": "NOT PROVEN to be deployed",
    "failed": "NOT deployed",
    "void": "NOT deployed, nothing was changed",
    "busy": "NOT deployed here",
}
_OTHERWISE = {
    "roll-back": {
        "failed": "NOT rolled back",
        "void": "NOT rolled back, nothing was changed",
        "busy": "NOT rolled back here",
    },
    "run": {
        "unproven": "NOT PROVEN to have run well",
        "failed": "FAILED",
        "void": "NOT run, nothing was changed",
        "busy": "NOT run here",
    },
}
"""Where something else than a deploy was asked for."""
_WATCHED = {
    "deployed": "Deployed by ci",
    "waiting": "NOT PROVEN yet, signoff only watches: ask again later",
    "unproven": "NOT PROVEN to be deployed",
    "failed": "NOT deployed: ci failed",
}


def plan_text(plan: Plan) -> str:
    """What a person reads before saying yes."""
    return "\n".join([f"Plan {plan.id}", *(sentence(line) for line in plan.lines)])


def plan_json(plan: Plan) -> dict[str, Any]:
    return {
        "id": plan.id,
        "target": plan.request.target,
        "workloads": list(plan.request.workloads),
        "commit": plan.commit,
        "action": plan.request.action,
        "resumes": plan.resumes,
        "lines": [sentence(line) for line in plan.lines],
        "theirs": _theirs(plan.theirs),
    }


def _theirs(theirs: Sequence[Theirs]) -> list[dict[str, Any]]:
    return [
        {"workload": one.workload, "by": one.by, "proven": one.proven, "says": sentence(one.says)} for one in theirs
    ]


def question(plan: Plan) -> str:
    """The plan as a question. It names the plan's id, so that an answer holds for this plan alone."""
    return f"{plan_text(plan)}\n\nDo this now?"


def approval_command(plan: Plan) -> list[str]:
    """What a person types at a terminal of their own."""
    return ["signoff", "approve", plan.id]


def needs_approval(plan: Plan, face: Face = "tool") -> Answer:
    argv = approval_command(plan)
    proof = "call check_drift" if face == "tool" else "signoff run proves it"
    says = (
        f"NEEDS APPROVAL, nothing was changed. You can not approve this plan. Ask the person to type in a terminal of "
        f"their own:\n  {command(argv)}\nIt is carried out at once; then {proof}."
    )
    return f"{says}\n\n{plan_text(plan)}", {"outcome": "needs-approval", "plan": plan_json(plan), "approve": argv}


def declined(plan: Plan) -> Answer:
    says = "DECLINED: the person did not say yes, and nothing was changed. Do not ask again unless they want it."
    return f"{says}\n\n{plan_text(plan)}", {"outcome": "declined", "plan": plan_json(plan)}


def refused(refusal: Refused, face: Face = "tool") -> Answer:
    outcome = "nothing-to-do" if refusal.nothing_to_do else "refused"
    structure: dict[str, Any] = {"outcome": outcome, "says": told(refusal), "report": as_json(refusal.report)}
    if refusal.theirs:
        structure["theirs"] = _theirs(refusal.theirs)
    return f"{told(refusal)}\n\n{as_text(refusal.report, face)}", structure


def result(done: DeployResult, face: Face = "tool") -> Answer:
    """What was done and what not, step by step, then the report of the walk afterwards."""
    words = _WORDS | _OTHERWISE.get(done.plan.request.action, {})
    says = f"{words[done.outcome]}: {sentence(done.says)}"
    steps = [f"  {step.workload} {step.name}: {step.status} {sentence(step.says)}".rstrip() for step in done.steps]
    structure: dict[str, Any] = {
        "outcome": done.outcome,
        "says": sentence(done.says),
        "operation": done.operation,
        "plan": plan_json(done.plan),
        "steps": [
            {"workload": s.workload, "step": s.name, "status": s.status, "says": sentence(s.says)} for s in done.steps
        ],
        "report": as_json(done.report) if done.report else None,
    }
    report = ["", as_text(done.report, face)] if done.report else []
    return "\n".join([says, *steps, *report]), structure


def watched(done: Watched, others: Sequence[Theirs], face: Face = "tool") -> Answer:
    """What a pipeline did, as far as the chain proves it. `others`: what else was asked for and nobody watches."""
    lines = [f"  {sentence(line)}" for line in (*(one.says for one in done.pipelines), *(one.says for one in others))]
    outcome = "waiting" if done.outcome == "deployed" and any(not one.proven for one in others) else done.outcome
    structure: dict[str, Any] = {
        "outcome": outcome,
        "since": moment(done.since),
        "watched": [
            {
                "workload": one.workload,
                "outcome": one.outcome,
                "build": one.build.id if one.build else None,
                "says": sentence(one.says),
            }
            for one in done.pipelines
        ],
        "theirs": _theirs(others),
        "report": as_json(done.report),
    }
    return "\n".join([_WATCHED[outcome], *lines, "", as_text(done.report, face)]), structure
