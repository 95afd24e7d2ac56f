"""Make the plan of what was asked for: a deploy, of an image that exists or not, a roll back or a run."""

from __future__ import annotations

from signoff.actions.plan import Plan, Request
from signoff.actions.site import Site


async def make(site: Site, request: Request, *, held: bool = False) -> Plan:
    """The plan of what was asked for, from the world as it is. Changes nothing.

    `held`: this process holds the workloads' locks already. Raises Refused with the report that shows why not, and
    PlanError where something can not be read, is not ours, or is being deployed by somebody else (Busy).
    """
    if request.action == "roll-back":
        from signoff.actions.rollback import plan_roll_back

        return await plan_roll_back(site, request, held=held)
    if request.action == "run":
        from signoff.actions.running import plan_run

        return await plan_run(site, request, held=held)
    if request.image is not None:
        from signoff.actions.given import plan_given

        return await plan_given(site, request, held=held)
    from signoff.actions.deploying import plan_deploy

    return await plan_deploy(site, request, held=held)
