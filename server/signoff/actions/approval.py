"""A person's yes. Nothing that a model can produce is one: no argument of a tool, no file, no piped input.

Three ways lead to an `Approval`: the user answered an elicitation, the client is known to ask its user at every call
of a tool that requires it, or a person typed at a terminal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from signoff.actions.plan import Plan
from signoff.actions.plan_error import PlanError

Way = Literal["elicitation", "enforced-prompt", "terminal"]

ENFORCING_CLIENTS = frozenset({"claude-code"})
"""Clients that ask their user at every call of a tool with `_meta["anthropic/requiresUserInteraction"]`, in every
permission mode (https://docs.claude.com/en/docs/claude-code/mcp)."""

AGENT_VARIABLES = ("CLAUDECODE", "CURSOR_AGENT", "GEMINI_CLI", "CODEX_SANDBOX")
"""Set by coding agents in the shells that they drive: a terminal with one of them is not a person's."""


@dataclass(frozen=True, slots=True)
class Approval:
    """Made only by the functions below. `by`: the client or the user name; `at`: an aware UTC time."""

    plan: str
    way: Way
    by: str
    at: datetime


class Terminal(Protocol):
    """What is needed of stdin and stdout."""

    def isatty(self) -> bool: ...


def answered(plan: Plan, client: str, at: datetime) -> Approval:
    """The user accepted an elicitation that showed this plan; the question names the plan's id."""
    return Approval(plan.id, "elicitation", client, at)


def enforced(plan: Plan, client: str, named_plan: str, at: datetime) -> Approval | None:
    """The call named this plan, and the client let its user decide on the call. None: no yes."""
    if client in ENFORCING_CLIENTS and named_plan == plan.id:
        return Approval(plan.id, "enforced-prompt", client, at)
    return None


def terminal_trouble(stdin: Terminal, stdout: Terminal, environ: Mapping[str, str]) -> str | None:
    """Why no person can be typing here, or None. Asked before anything is shown or read."""
    if not (stdin.isatty() and stdout.isatty()):
        return "approving needs a terminal: input and output of this command are not both one"
    agent = next((name for name in AGENT_VARIABLES if environ.get(name)), None)
    return f"this terminal is driven by a coding agent ({agent} is set)" if agent else None


def typed(plan: Plan, words: str, by: str, at: datetime) -> Approval:
    """A person typed the last 4 characters of the plan's id, or `yes`. Anything else is a no.

    The caller has asked `terminal_trouble` first. Raises PlanError on a no.
    """
    if words.strip().lower() not in {plan.id[-4:], "yes"}:
        raise PlanError("not approved, and nothing was changed", fix=f"signoff approve {plan.id}, and type yes")
    return Approval(plan.id, "terminal", by, at)
