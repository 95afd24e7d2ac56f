"""A person takes the place of a proof: this link does not count for this workload, for this commit, and why."""

from __future__ import annotations

import asyncio
import getpass
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from signoff.commands.context import Context
from signoff.commands.run import chosen_workloads, head
from signoff.ledger.events import LinkWaived
from signoff.model.errors import SignoffError
from signoff.model.judgement import Link
from signoff.model.report import Waiver

if TYPE_CHECKING:
    from signoff.actions.approval import Terminal


class NotWaived(SignoffError):
    """Nobody who may say it has said it."""


async def waive(
    context: Context,
    workload: str,
    link: Link,
    reason: str,
    ask: Callable[[str], str],
    *,
    stdin: Terminal | None = None,
    stdout: Terminal | None = None,
) -> Waiver:
    """Ask the person at the terminal, and record the waiver. `ask` gets the question and gives what was typed.

    Raises NotWaived where no person can be typing (no terminal, or one that a coding agent drives), without a reason,
    and where anything but the workload's name is typed.
    """
    from signoff.actions.approval import terminal_trouble

    trouble = terminal_trouble(stdin or sys.stdin, stdout or sys.stdout, context.environment)
    if trouble:
        fix = f"a person types this in a terminal of their own: signoff waive {workload} {link} --reason '…'"
        raise NotWaived(trouble, fix=fix)
    if not reason.strip():
        raise NotWaived("a waiver has a reason", fix="give one with --reason")
    chosen = chosen_workloads(context, [workload])[0]
    commit = await head(context)
    question = (
        f"{link} of {chosen.name} in {context.target.name} will not count for commit {commit[:12]}, and every report "
        f"will say so with your name.\nType {chosen.name} to confirm: "
    )
    if ask(question).strip() != chosen.name:
        raise NotWaived("not waived, and nothing was recorded", fix=f"type the name of the workload: {chosen.name}")
    made = Waiver(chosen.name, link, reason.strip(), getpass.getuser(), context.now())
    event = LinkWaived(made.at, context.target.name, commit, chosen.name, link.value, made.reason, made.by)
    await asyncio.to_thread(context.ledger.append, event)
    return made
