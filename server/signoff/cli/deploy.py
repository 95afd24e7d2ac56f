"""`signoff deploy`, `signoff rollback` and `signoff approve`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from signoff.cli.asking import asked, stopping_once
from signoff.cli.output import put, put_json, tell
from signoff.cli.progress import Shown
from signoff.cli.work import work
from signoff.commands.context import Context
from signoff.model.errors import SignoffError
from signoff.model.report import EXIT_CODES, Verdict

if TYPE_CHECKING:
    from signoff.actions.deploy import DeployResult
    from signoff.actions.plan import Plan, Theirs
    from signoff.actions.watching import Watched
    from signoff.views.deploy import Answer

REFUSED, PENDING = EXIT_CODES[Verdict.REFUSED], EXIT_CODES[Verdict.PENDING]
_CODES = {
    "deployed": 0,
    "rolled-back": 0,
    "ran": 0,
    "waiting": PENDING,
    "busy": PENDING,
    "unproven": EXIT_CODES[Verdict.UNVERIFIED],
}
"""Exit codes by outcome; every other one is refused."""


def deploy(options: argparse.Namespace) -> int:
    """Shows the plan. With a person at this terminal it asks, and carries it out on a yes; else it waits for one."""
    from signoff.commands.deploy import plan_deploy

    if options.status is not None:
        return status(options)
    return _planned(options, lambda context: plan_deploy(context, options.workloads, options.image), options.wait)


def rollback(options: argparse.Namespace) -> int:
    """As `deploy`, by traffic alone."""
    from signoff.commands.deploy import plan_roll_back

    return _planned(options, lambda context: plan_roll_back(context, options.workloads, options.revision))


def run_job(options: argparse.Namespace) -> int:
    """As `deploy`: a plan to run jobs, a yes, and the proof of their runs."""
    from signoff.commands.deploy import plan_run

    return _planned(options, lambda context: plan_run(context, options.jobs))


def status(options: argparse.Namespace) -> int:
    """Shows an operation, the last one where none is named; what is under way is pending."""
    from signoff.commands.deploy_status import deploy_status
    from signoff.views.operation import as_answer

    found = work(options, lambda context, _progress: deploy_status(context, options.status))
    _put(as_answer(found, "terminal"), as_json=options.json)
    if found.state != "ended":
        return PENDING
    ended = found.operation.ended
    return _CODES.get(ended.outcome if ended else "", REFUSED)


def _planned(
    options: argparse.Namespace, plan_it: Callable[[Context], Awaitable[Plan]], wait: float | None = None
) -> int:
    """`wait`: how long what a pipeline deploys is watched; None: as long as usual."""
    from signoff.actions.approval import terminal_trouble
    from signoff.actions.refusal import Refused
    from signoff.views.deploy import needs_approval, refused, watched

    others: list[Theirs] = []

    async def job(context: Context, progress: Shown) -> DeployResult | Plan | Watched:
        from signoff.commands.deploy import watch

        try:
            plan = await plan_it(context)
        except Refused as refusal:
            if not refusal.watchable:
                raise
            others.extend(one for one in refusal.theirs if one.by != "ci")
            return await watch(context, refusal.watchable, progress, wait)
        if options.json or terminal_trouble(sys.stdin, sys.stdout, context.environment):
            return plan
        return await _approved(context, plan, progress)

    from signoff.actions.deploy import DeployResult
    from signoff.actions.watching import Watched

    try:
        made = work(options, job)
    except Refused as refusal:
        _put(refused(refusal, "terminal"), as_json=options.json)
        return 0 if refusal.nothing_to_do else REFUSED
    if isinstance(made, Watched):
        answer = watched(made, others, "terminal")
        _put(answer, as_json=options.json)
        return _CODES.get(answer[1]["outcome"], REFUSED)
    if isinstance(made, DeployResult):
        return _told(made, as_json=options.json)
    _put(needs_approval(made, "terminal"), as_json=options.json)
    return PENDING


def approve(options: argparse.Namespace) -> int:
    """Shows the plan as it is now, asks the person at this terminal, and carries it out."""

    async def job(context: Context, progress: Shown) -> DeployResult:
        return await _approved(context, options.plan, progress)

    return _told(work(options, job), as_json=options.json)


async def _approved(context: Context, plan: str | Plan, progress: Shown) -> DeployResult:
    """Shows the plan, asks, and carries it out. Ctrl-C stops at a safe point; where that was is said before the end."""
    from signoff.commands.approve import approve as approve_it
    from signoff.ledger.folds import last_operation
    from signoff.ledger.store import LedgerError
    from signoff.views.deploy import plan_text

    def show(plan: Plan) -> None:
        progress.hide()
        put(plan_text(plan))

    def ask(question: str) -> str:
        return asked(f"\n{question}", progress)

    began = context.now()
    try:
        with stopping_once(progress):
            return await approve_it(context, plan, show, ask, progress)
    except SignoffError:
        raise
    except BaseException:  # cancelled, or a bug of ours
        from signoff.views.operation import stopped

        progress.hide()
        with suppress(LedgerError):
            last = last_operation(context.ledger, context.target.name)
            if last is not None and last.ended is not None and last.ended.at >= began:
                tell(stopped(last))
            elif last is None or last.began.at < began:
                tell("\nStopped before anything was begun: nothing was changed.")
        raise


def _told(done: DeployResult, *, as_json: bool) -> int:
    from signoff.views.deploy import result

    _put(result(done, "terminal"), as_json=as_json)
    return _CODES.get(done.outcome, REFUSED)


def _put(answer: Answer, *, as_json: bool) -> None:
    says, structure = answer
    if as_json:
        put_json({"schema": 1, **structure})
    else:
        put(says)
