"""`deploy_service`: the plan, the person's yes, the steps, and what the chain says afterwards."""

# Without `from __future__ import annotations`: the resolvers below are local, and the SDK evaluates annotations.
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from mcp.server.mcpserver import (
    AcceptedElicitation,
    CancelledElicitation,
    Context,
    DeclinedElicitation,
    Elicit,
    Resolve,
)
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import BaseModel, Field

from signoff.mcp.answers import answer
from signoff.mcp.desk import Desk
from signoff.mcp.progress import reporting
from signoff.mcp.tools.making import READS, make_tool

if TYPE_CHECKING:
    from signoff.actions.approval import Approval
    from signoff.actions.plan import Plan
    from signoff.actions.refusal import Refused

    Planned = Plan | Refused
else:
    Planned = Any  # actions load at the first deploy: how fast the server answers at its start is measured

DEPLOYS = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=True)

META = {"anthropic/requiresUserInteraction": True}
"""Clients that know it ask their user at every call, in every permission mode."""

Stale = Annotated[list[str], Field(default_factory=list, description="empty: this session's that are stale")]
Image = Annotated[str, Field(description="instead of building: an image by digest")]
PlanId = Annotated[str, Field(description="the plan you were given, when calling again")]
Operation = Annotated[str, Field(description="its id; empty: the last one")]
Confirm = Annotated[bool, Field(description="a person has to say yes; this alone is none")]


class Yes(BaseModel):
    """What the user fills in."""

    deploy: bool = Field(description="Deploy this to production now")


def can_ask(desk: Desk, ctx: Context[Any, Any]) -> bool:
    """Whether this client can put a form before its user, and nobody else can answer it."""
    if not desk.private:
        return False
    capabilities = ctx.client_capabilities
    asks = capabilities.elicitation if capabilities is not None else None
    return asks is not None and (asks.form is not None or asks.url is None)


def client_name(ctx: Context[Any, Any]) -> str:
    """As the client calls itself; empty where it says nothing."""
    params = ctx.session.client_params
    return params.client_info.name if params is not None else ""


def deploy_tools(desk: Desk) -> list[Tool]:
    """`deploy_service` and `deploy_status`."""

    async def planned(workloads: list[str], image: str) -> Planned:
        """Made again in every round of a call: a changed world changes the question, and its old answer is dropped."""
        from signoff.actions.refusal import Refused
        from signoff.commands.deploy import plan_deploy

        try:
            context = await desk.context()
            await desk.recorded()
            return await plan_deploy(context, workloads, image or None)
        except Refused as refused:
            return refused

    async def asked(plan_made: Annotated[Planned, Resolve(planned)], ctx: Context[Any, Any]) -> Elicit[Yes] | Yes:
        from signoff.actions.refusal import Refused
        from signoff.views.deploy import question

        if isinstance(plan_made, Refused) or not can_ask(desk, ctx):
            return Yes(deploy=False)
        return Elicit(question(plan_made), Yes)

    async def deploy_service(
        workloads: Stale,
        ctx: Context[Any, Any],
        plan_made: Annotated[Planned, Resolve(planned)],
        yes: Annotated[AcceptedElicitation[Yes] | DeclinedElicitation | CancelledElicitation, Resolve(asked)],
        image: Image = "",
        plan: PlanId = "",
        confirm: Confirm = False,
    ) -> CallToolResult:
        """Build at the pushed commit and deploy by digest, keeping all other settings, then prove it. Shows the \
plan first; a person decides. Only an answer that says deployed is a deploy."""
        del workloads, image  # the resolvers take them by name
        from signoff.actions.refusal import Refused
        from signoff.commands.deploy import carry_out, watch
        from signoff.views.deploy import declined, needs_approval, refused, result, watched

        if isinstance(plan_made, Refused):
            if not plan_made.watchable:
                return answer(*refused(plan_made))
            others = [one for one in plan_made.theirs if one.by != "ci"]
            async with reporting(ctx) as progress:
                return answer(*watched(await watch(await desk.context(), plan_made.watchable, progress), others))
        approval = _approval(desk, ctx, plan_made, yes, plan if confirm else "")
        if approval is None:
            return answer(*(declined(plan_made) if can_ask(desk, ctx) else needs_approval(plan_made)))
        async with reporting(ctx) as progress:
            return answer(*result(await carry_out(await desk.context(), plan_made.id, approval, progress)))

    async def deploy_status(operation: Operation = "") -> CallToolResult:
        """Where a deploy is, or how it ended, and what the target runs now."""
        from signoff.commands.deploy_status import deploy_status as status_of
        from signoff.views.operation import as_answer

        return answer(*as_answer(await status_of(await desk.context(), operation)))

    return [make_tool(deploy_service, DEPLOYS, meta=META), make_tool(deploy_status, READS)]


def _approval(desk: Desk, ctx: Context[Any, Any], plan: "Plan", yes: Any, named_plan: str) -> "Approval | None":
    """The user's answer where the client can ask, else the client's own prompt; never an argument by itself."""
    from signoff.actions.approval import answered, enforced

    now = datetime.now(UTC)
    if not can_ask(desk, ctx):
        return enforced(plan, client_name(ctx), named_plan, now) if desk.private else None
    if isinstance(yes, AcceptedElicitation) and yes.data.deploy:
        return answered(plan, client_name(ctx), now)
    return None
