"""`signoff approve PLAN`: a person at a terminal reads the plan, types a yes, and it is carried out at once.

The yes is not kept for somebody else to use later: a file that says yes could be written by anybody.
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from signoff.check import Progress
from signoff.commands.context import Context
from signoff.commands.deploy import carry_out, known_plan

if TYPE_CHECKING:
    from signoff.actions.approval import Terminal
    from signoff.actions.deploy import DeployResult
    from signoff.actions.plan import Plan


def refuse_without_person(plan_id: str, environment: Mapping[str, str], stdin: Terminal, stdout: Terminal) -> None:
    """Raises PlanError where no person can be typing: no terminal, or one that a coding agent drives."""
    from signoff.actions.approval import terminal_trouble
    from signoff.actions.plan_error import PlanError

    trouble = terminal_trouble(stdin, stdout, environment)
    if trouble:
        raise PlanError(trouble, fix=f"a person types this in a terminal of their own: signoff approve {plan_id}")


async def approve(
    context: Context,
    asked: str | Plan,
    show: Callable[[Plan], None],
    ask: Callable[[str], str],
    progress: Progress,
    *,
    stdin: Terminal = sys.stdin,
    stdout: Terminal = sys.stdout,
) -> DeployResult:
    """Show the plan as it is now, ask, and carry it out on a yes.

    `asked`: a plan's id, or the plan itself where it was made just now. `ask` gets the question and gives what was
    typed. Raises PlanError without a person, on a no, and for a plan that is unknown or void.
    """
    from signoff.actions.approval import typed

    refuse_without_person(asked if isinstance(asked, str) else asked.id, context.environment, stdin, stdout)
    plan = await known_plan(context, asked) if isinstance(asked, str) else asked
    show(plan)
    words = ask(f"Type {plan.id[-4:]} (or yes) to do it: ")
    approval = typed(plan, words, getpass.getuser(), context.now())
    return await carry_out(context, plan.id, approval, progress)
