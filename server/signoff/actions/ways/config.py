"""Way to build: a Cloud Build configuration of the repository, on the git source at the commit."""

from __future__ import annotations

from typing import Any

from signoff.actions.buildconfig import read_build_config, trigger_values
from signoff.actions.plan_error import PlanError
from signoff.actions.site import Site
from signoff.actions.steps import StepFailed, known
from signoff.actions.ways.builds import ConfigBuild
from signoff.actions.ways.watch import watched
from signoff.actions.ways.work import Built, Work, tags
from signoff.model.subject import CloudBuildConfig, Commit, Workload
from signoff.model.text import text


async def plan(site: Site, workload: Workload, build: CloudBuildConfig, commit: Commit) -> ConfigBuild:
    """Raises PlanError where the configuration is not in the commit, or is none."""
    await read_config(site, workload, build.config, commit)
    return ConfigBuild(build.config, await site.remote(), commit)


async def read_config(site: Site, workload: Workload, path: str, commit: Commit) -> dict[str, Any]:
    """The configuration at the commit. Raises PlanError."""
    where = f"{path} at {commit[:12]}"
    raw = await site.file_at(commit, path)
    if raw is None:
        fix = "name the file that exists there in signoff.toml"
        raise PlanError(f"the build configuration of {workload.name} does not exist", where=where, fix=fix)
    return read_build_config(raw, where)


async def make(work: Work, planned: ConfigBuild) -> Built:
    """Start the build and watch it to its end."""
    raw = await work.site.file_at(planned.commit, planned.config)
    if raw is None:
        raise StepFailed(text("{} does not exist at {}", planned.config, planned.commit[:12]))
    config = read_build_config(raw, planned.config)
    target = work.site.subject.target
    started = await work.writers.builds.start(
        target.project,
        config,
        (planned.remote, planned.commit),
        substitutions=trigger_values(config, planned.commit, target.branch),
        tags=tags(work.item, planned.commit, work.operation),
    )
    name = known(started, "starting the build", wrote=True)
    work.tell(f"{name.id} started")
    return await watched(work, name, own=True)
