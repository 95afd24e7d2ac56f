"""A person accepts where the tokens of a workload's smoke requests go."""

from __future__ import annotations

import asyncio
import getpass
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from signoff.commands.context import Context
from signoff.commands.identities import destination
from signoff.commands.run import subject_of
from signoff.ledger.events import IdentityAccepted
from signoff.model.errors import SignoffError
from signoff.model.smoke import BearerFrom, Smoke
from signoff.model.subject import Workload

if TYPE_CHECKING:
    from signoff.actions.approval import Terminal


class NotAccepted(SignoffError):
    """Nobody who may say it has said it."""


async def accept(
    context: Context,
    workload: str,
    ask: Callable[[str], str],
    *,
    stdin: Terminal | None = None,
    stdout: Terminal | None = None,
) -> tuple[Smoke, ...]:
    """Ask the person at the terminal, and record each identity that was held back; the requests that now go out.

    `ask` gets the question and gives what was typed. Raises NotAccepted where no person can be typing, where nothing
    is held back, and where anything but the workload's name is typed.
    """
    from signoff.actions.approval import terminal_trouble

    trouble = terminal_trouble(stdin or sys.stdin, stdout or sys.stdout, context.environment)
    if trouble:
        raise NotAccepted(trouble, fix=f"a person types this in a terminal of their own: signoff accept {workload}")
    [chosen] = (await subject_of(context, [workload])).workloads
    held = tuple(smoke for smoke in chosen.smoke if smoke.held)
    if not held:
        raise NotAccepted(f"no token of {chosen.name} is held back", fix="ask again: signoff smoke")
    question = "\n".join([*(_line(chosen, smoke) for smoke in held), f"Type {chosen.name} to accept: "])
    if ask(question).strip() != chosen.name:
        raise NotAccepted("not accepted, and nothing was recorded", fix=f"type the name of the workload: {chosen.name}")
    by, at = getpass.getuser(), context.now()
    events = [
        IdentityAccepted(at, destination(context.target, chosen, smoke), chosen.name, smoke.called, by)
        for smoke in held
    ]  # fmt: skip
    await asyncio.to_thread(context.ledger.append, *events)
    return held


def _line(workload: Workload, smoke: Smoke) -> str:
    identity = smoke.identity
    whose = (
        f"the token in {identity.variable}"
        if isinstance(identity, BearerFrom)
        else f"a Google ID token for {identity.audience if identity else '?'}"
    )
    where = workload.url or f"the own address of the service {workload.resource}"
    return f"{smoke.called}: {whose} goes to {where}"
