"""`deploy_service`, `run_job`: the plan, the person's yes, the steps, and what the chain says; `deploy_status`."""

# Without `from __future__ import annotations`: the resolvers below are local, and the SDK evaluates annotations.
from collections.abc import Awaitable, Callable
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
    from signoff.commands.context import Context as Opened

    Planned = Plan | Refused
else:
    Planned = Any  # actions load at the first deploy: how fast the server answers at its start is measured

DEPLOYS = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=True)

META = {"anthropic/requiresUserInteraction": True}
"""Clients that know it ask their user at every call, in every permission mode."""

Jobs = Annotated[list[str], Field(default_factory=list, description="empty: this session's that wait for a run")]
Stale = Annotated[list[str], Field(default_factory=list, description="empty: this session's that are stale")]
Image = Annotated[str, Field(description="instead of building: an image by digest")]
PlanId = Annotated[str, Field(description="the plan you were given, when calling again")]
Operation = Annotated[str, Field(description="its id; empty: the last one")]
Confirm = Annotated[bool, Field(description="a person has to say yes; this alone is none")]


class Yes(BaseModel):
    """What the user fills in."""

    deploy: bool = Field(description="Do this in production now")


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
    """`deploy_service`, `run_job` and `deploy_status`."""

    async def to_deploy(workloads: list[str], image: str) -> Planned:
        """Made again in every round of a call: a changed world changes the question, and its old answer is dropped."""
        from signoff.commands.deploy import plan_deploy

        return await _planned(desk, lambda context: plan_deploy(context, workloads, image or None))

    async def to_run(jobs: list[str]) -> Planned:
        from signoff.commands.deploy import plan_run

        return await _planned(desk, lambda context: plan_run(context, jobs))

    async def ask_deploy(made: Annotated[Planned, Resolve(to_deploy)], ctx: Context[Any, Any]) -> Elicit[Yes] | Yes:
        return _question(desk, ctx, made)

    async def ask_run(made: Annotated[Planned, Resolve(to_run)], ctx: Context[Any, Any]) -> Elicit[Yes] | Yes:
        return _question(desk, ctx, made)

    async def deploy_service(
        workloads: Stale,
        ctx: Context[Any, Any],
        made: Annotated[Planned, Resolve(to_deploy)],
        yes: Annotated[AcceptedElicitation[Yes] | DeclinedElicitation | CancelledElicitation, Resolve(ask_deploy)],
        image: Image = "",
        plan: PlanId = "",
        confirm: Confirm = False,
    ) -> CallToolResult:
        """Build at the pushed commit and deploy by digest, keeping all other settings, then prove it. Shows the \
plan first; a person decides. Only an answer that says deployed is a deploy."""
        del workloads, image  # the resolvers take them by name
        return await _carried_out(desk, ctx, made, yes, plan if confirm else "")

    async def run_job(
        jobs: Jobs,
        ctx: Context[Any, Any],
        made: Annotated[Planned, Resolve(to_run)],
        yes: Annotated[AcceptedElicitation[Yes] | DeclinedElicitation | CancelledElicitation, Resolve(ask_run)],
        plan: PlanId = "",
        confirm: Confirm = False,
    ) -> CallToolResult:
        """Run jobs on what was released, wait, and prove it by exit codes, image and logs. Plan and yes as in \
deploy_service."""
        del jobs
        return await _carried_out(desk, ctx, made, yes, plan if confirm else "")

    async def deploy_status(operation: Operation = "") -> CallToolResult:
        """Where a deploy or a run is, or how it ended, and what the target runs now."""
        from signoff.commands.deploy_status import deploy_status as status_of
        from signoff.views.operation import as_answer

        return answer(*as_answer(await status_of(await desk.context(), operation)))

    return [
        make_tool(deploy_service, DEPLOYS, meta=META),
        make_tool(run_job, DEPLOYS, meta=META),
        make_tool(deploy_status, READS),
    ]


async def _planned(desk: Desk, plan_it: Callable[["Opened"], Awaitable["Plan"]]) -> Planned:
    """The plan, or why there is none."""
    from signoff.actions.refusal import Refused

    try:
        context = await desk.context()
        await desk.recorded()
        return await plan_it(context)
    except Refused as refused:
        return refused


def _question(desk: Desk, ctx: Context[Any, Any], made: Any) -> Elicit[Yes] | Yes:
    from signoff.actions.refusal import Refused
    from signoff.views.deploy import question

    if isinstance(made, Refused) or not can_ask(desk, ctx):
        return Yes(deploy=False)
    return Elicit(question(made), Yes)


async def _carried_out(desk: Desk, ctx: Context[Any, Any], made: Any, yes: Any, named_plan: str) -> CallToolResult:
    """What came of the plan: refused, declined, not approved yet, or carried out."""
    from signoff.actions.refusal import Refused
    from signoff.commands.deploy import carry_out, watch
    from signoff.views.deploy import declined, needs_approval, refused, result, watched

    if isinstance(made, Refused):
        if not made.watchable:
            return answer(*refused(made))
        others = [one for one in made.theirs if one.by != "ci"]
        try:
            async with reporting(ctx) as progress:
                return answer(*watched(await watch(await desk.context(), made.watchable, progress), others))
        except Refused as refusal:  # there is nothing to watch: the pipeline has no commit yet
            return answer(*refused(refusal))
    approval = _approval(desk, ctx, made, yes, named_plan)
    if approval is None:
        return answer(*(declined(made) if can_ask(desk, ctx) else needs_approval(made)))
    async with reporting(ctx) as progress:
        return answer(*result(await carry_out(await desk.context(), made.id, approval, progress)))


def _approval(desk: Desk, ctx: Context[Any, Any], plan: "Plan", yes: Any, named_plan: str) -> "Approval | None":
    """The user's answer where the client can ask, else the client's own prompt; never an argument by itself."""
    from signoff.actions.approval import answered, enforced

    now = datetime.now(UTC)
    if not can_ask(desk, ctx):
        return enforced(plan, client_name(ctx), named_plan, now) if desk.private else None
    if isinstance(yes, AcceptedElicitation) and yes.data.deploy:
        return answered(plan, client_name(ctx), now)
    return None
