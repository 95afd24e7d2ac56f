"""The ways to build: which one a workload has, what it plans, and how it is carried out."""

from __future__ import annotations

from typing import assert_never

from signoff.actions.plan_error import PlanError
from signoff.actions.site import Site
from signoff.actions.ways import command, config, image, trigger, upload
from signoff.actions.ways.builds import CommandBuild, ConfigBuild, ImageBuild, TriggerBuild, UploadBuild, Way
from signoff.actions.ways.work import Built, Work
from signoff.model.subject import BuildCommand, BuildTrigger, CloudBuildConfig, Commit, ExistingImage, Workload


async def plan_way(site: Site, workload: Workload, commit: Commit) -> Way:
    """How the image of this commit will be made. Raises PlanError where it can not be."""
    match workload.build:
        case CloudBuildConfig(source="git") as build:
            return await config.plan(site, workload, build, commit)
        case CloudBuildConfig(source="upload") as build:
            return await upload.plan(site, workload, build, commit)
        case BuildTrigger() as build:
            return await trigger.plan(site, workload, build, commit)
        case BuildCommand() as build:
            return await command.plan(site, workload, build, commit)
        case ExistingImage() as build:
            return await image.plan(site, workload, build, commit)
    where = f"workloads.{workload.name} in signoff.toml"
    fix = 'set build = { config = "cloudbuild.yaml" }, or name an image by digest'
    raise PlanError(f"signoff.toml does not say how {workload.name} is built", where=where, fix=fix)


async def make(work: Work, way: Way) -> Built:
    """Make the image, when no build of the commit is there already."""
    match way:
        case ConfigBuild():
            return await config.make(work, way)
        case TriggerBuild():
            return await trigger.make(work, way)
        case UploadBuild():
            return await upload.make(work, way)
        case CommandBuild():
            return await command.make(work, way)
        case ImageBuild():
            return await image.make(work, way)
    assert_never(way)
