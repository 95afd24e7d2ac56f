"""`signoff deploy` and `signoff approve`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from signoff.check import Progress
from signoff.cli.output import put, put_json
from signoff.cli.work import work
from signoff.commands.context import Context
from signoff.model.report import EXIT_CODES, Verdict

if TYPE_CHECKING:
    from signoff.actions.deploy import DeployResult
    from signoff.actions.plan import Plan
    from signoff.views.deploy import Answer

REFUSED, PENDING = EXIT_CODES[Verdict.REFUSED], EXIT_CODES[Verdict.PENDING]


def deploy(options: argparse.Namespace) -> int:
    """Shows the plan. With a person at this terminal it asks, and carries it out on a yes; else it waits for one."""
    from signoff.actions.approval import terminal_trouble
    from signoff.actions.refusal import Refused
    from signoff.views.deploy import needs_approval, refused

    async def job(context: Context, progress: Progress) -> DeployResult | Plan:
        from signoff.commands.approve import approve as approve_it
        from signoff.commands.deploy import plan_deploy

        plan = await plan_deploy(context, options.workloads, options.image)
        if options.json or terminal_trouble(sys.stdin, sys.stdout, context.environment):
            return plan
        return await approve_it(context, plan.id, _show, _ask, progress)

    from signoff.actions.deploy import DeployResult

    try:
        made = work(options, job)
    except Refused as refusal:
        _put(refused(refusal), as_json=options.json)
        return 0 if refusal.nothing_to_do else REFUSED
    if isinstance(made, DeployResult):
        return _told(made, as_json=options.json)
    _put(needs_approval(made), as_json=options.json)
    return PENDING


def approve(options: argparse.Namespace) -> int:
    """Shows the plan as it is now, asks the person at this terminal, and carries it out."""

    async def job(context: Context, progress: Progress) -> DeployResult:
        from signoff.commands.approve import approve as approve_it

        return await approve_it(context, options.plan, _show, _ask, progress)

    return _told(work(options, job), as_json=options.json)


def _told(done: DeployResult, *, as_json: bool) -> int:
    from signoff.views.deploy import result

    _put(result(done), as_json=as_json)
    codes = {"deployed": 0, "waiting": PENDING, "unproven": EXIT_CODES[Verdict.UNVERIFIED]}
    return codes.get(done.outcome, REFUSED)


def _show(plan: Plan) -> None:
    from signoff.views.deploy import plan_text

    put(plan_text(plan))


def _ask(question: str) -> str:
    sys.stdout.write(f"\n{question}")
    sys.stdout.flush()
    return sys.stdin.readline()


def _put(answer: Answer, *, as_json: bool) -> None:
    says, structure = answer
    if as_json:
        put_json({"schema": 1, **structure})
    else:
        put(says)
