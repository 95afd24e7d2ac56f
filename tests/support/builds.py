"""Builds in a laboratory (`support.cloudrun.lab`): run to their end, described in a line, read by their log."""

from __future__ import annotations

from typing import Any

from google.api_core import exceptions
from google.cloud.devtools.cloudbuild_v1 import Build

from support.cloudrun import PROJECT, Lab


async def run(cloud: Lab, build: Build) -> Build:
    """Run a build to its end, whatever that is."""
    operation = await cloud.builds.create_build(project_id=PROJECT, build=build)
    return await finished(cloud, operation)


async def finished(cloud: Lab, operation: Any) -> Build:
    """The build of an operation, once that is done."""
    try:
        return await cloud.finish(operation)
    except exceptions.GoogleAPICallError as error:
        assert error.message == "Build failed; check build logs for details"
        return await cloud.builds.get_build(project_id=PROJECT, id=operation.metadata.build.id)


async def built(cloud: Lab, name: str) -> Build:
    """The build of that full name, once it is done."""
    done = Build.Status.SUCCESS
    await cloud.until(lambda: cloud.cloud.store.get("builds", name).status >= done)
    return await cloud.builds.get_build(request={"name": name})


def step(*args: str, name: str = "bash", **fields: Any) -> dict[str, Any]:
    """A step that runs a line of bash."""
    return {"name": name, "entrypoint": "bash", "args": ["-c", *args], **fields}


def log_of(cloud: Lab, build: Build) -> list[str]:
    return [
        entry.text_payload
        for entry in cloud.cloud.logbook.everything()
        if entry.resource.type == "build" and entry.resource.labels["build_id"] == build.id
    ]
