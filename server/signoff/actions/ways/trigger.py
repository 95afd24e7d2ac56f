"""Way to build: a Cloud Build trigger, run at the commit of its repository."""

from __future__ import annotations

import asyncio

from signoff.actions.plan_error import PlanError, Unread
from signoff.actions.site import Site
from signoff.actions.steps import known
from signoff.actions.ways.builds import TriggerBuild
from signoff.actions.ways.watch import watched
from signoff.actions.ways.work import Built, Work
from signoff.model.facts import Unknown
from signoff.model.subject import BuildTrigger, Commit, Workload
from signoff.systems.google.triggers import Trigger


async def plan(site: Site, workload: Workload, build: BuildTrigger, commit: Commit) -> TriggerBuild:
    """Raises PlanError where the trigger can not be found or run."""
    target = site.subject.target
    places = list(dict.fromkeys([*target.regions, "global"]))
    answers = await asyncio.gather(
        *(site.systems.triggers.find(target.project, place, build.trigger) for place in places)
    )
    where = f"workloads.{workload.name}.build in signoff.toml"
    found: list[Trigger] = []
    for answer in answers:
        if isinstance(answer, Unknown):
            raise Unread(f"the trigger {build.trigger!r} could not be read", answer, where=where)
        if answer.value is not None:
            found.append(answer.value)
    if not found:
        fix = f"name one of: gcloud builds triggers list --project={target.project}"
        raise PlanError(f"there is no trigger {build.trigger!r} in {', '.join(places)}", where=where, fix=fix)
    if len(found) > 1:
        fix = "name it by its id: " + ", ".join(f"{one.id} ({one.location})" for one in found)
        raise PlanError(f"several triggers are called {build.trigger!r}", where=where, fix=fix)
    if found[0].disabled:
        fix = "enable it in Cloud Build, or build in another way"
        raise PlanError(f"the trigger {build.trigger!r} is disabled, so it can not be run", where=where, fix=fix)
    return TriggerBuild(found[0], commit)


async def make(work: Work, planned: TriggerBuild) -> Built:
    """Run the trigger and watch its build to the end."""
    started = await work.writers.builds.run(planned.trigger, planned.commit)
    name = known(started, f"running the trigger {planned.trigger.name}", wrote=True)
    work.tell(f"{name.id} started")
    return await watched(work, name, own=True)
