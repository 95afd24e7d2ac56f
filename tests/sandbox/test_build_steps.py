"""Steps by their images: what is interpreted, what runs, and what fails because nobody knows what it would do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from google.cloud.devtools.cloudbuild_v1 import Build

from support.builds import log_of, run, step
from support.cloudrun import IMAGE, Lab, app, lab

Status = Build.Status
DOCKER = "gcr.io/cloud-builders/docker"


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path) as made:
        yield made


async def run_steps(cloud: Lab, *steps: dict[str, Any], **fields: Any) -> Build:
    """A build of the repository's main branch with these steps and no images of its own."""
    build = cloud.build_of("main", **fields)
    build.images, build.steps = [], list(steps)
    return await run(cloud, build)


def images(cloud: Lab) -> dict[str, list[str]]:
    return {image.uri: list(image.tags) for _, image in cloud.cloud.store.items("dockerImages")}


@pytest.mark.parametrize(
    "unknown",
    [
        {"name": "hashicorp/terraform", "args": ["echo", "fine"]},
        {"name": "gcr.io/demo/deployer", "entrypoint": "bash", "args": ["-c", "true"]},
        {"name": "gcr.io/demo/deployer", "script": "true"},
    ],
)
async def test_a_step_of_an_unknown_image_fails_and_says_why(cloud: Lab, unknown: dict[str, Any]) -> None:
    build = await run(cloud, Build(steps=[unknown]))
    assert (build.status, build.steps[0].exit_code) == (Status.FAILURE, 127)
    assert f"{unknown['name']} is not modelled by the sandbox" in " ".join(log_of(cloud, build))


async def test_an_image_without_entrypoint_runs_its_arguments(cloud: Lab) -> None:
    plain = {"name": "docker.io/library/bash:5", "args": ["-c", "echo $$0 [$$1]", "me", ""]}
    build = await run(cloud, Build(steps=[plain, {"name": "alpine", "args": ["echo", "hello"]}]))
    assert build.status == Status.SUCCESS
    assert {"Step #0: me []", "Step #1: hello"} <= set(log_of(cloud, build))
    dashed = await run(cloud, Build(steps=[{"name": "alpine", "args": ["-c", "true"]}]))
    assert dashed.steps[0].exit_code == 127


async def test_a_step_runs_in_an_image_that_an_earlier_step_built(cloud: Lab) -> None:
    dockerfile = 'FROM python:3.12\nCOPY tool.py /tool.py\nENV GREETING=hello\nENTRYPOINT ["python", "/tool.py"]\n'
    tool = "import os, sys\nprint(os.environ['GREETING'], sys.argv[1:], open('data.txt').read())\n"
    cloud.repository.commit({"Dockerfile": dockerfile, "tool.py": tool, "sub/data.txt": "mine"})
    build = await run_steps(
        cloud,
        {"name": DOCKER, "args": ["build", "-t", IMAGE, "."]},
        {"name": IMAGE, "args": ["--check"], "dir_": "sub"},
    )
    assert build.status == Status.SUCCESS
    assert "Step #1: hello ['--check'] mine" in log_of(cloud, build)


async def test_a_push_in_a_step_reaches_the_registry_and_is_no_result_of_the_build(cloud: Lab) -> None:
    cloud.repository.commit(app("one"))
    build = await run_steps(
        cloud,
        {"name": DOCKER, "args": ["build", "-t", f"{IMAGE}:a", "-t", f"{IMAGE}:b", "."]},
        {"name": DOCKER, "args": ["push", "--all-tags", IMAGE]},
    )
    assert build.status == Status.SUCCESS
    assert not build.results.images
    assert list(images(cloud).values()) == [["a", "b"]]


async def test_buildx_builds_and_pushes_at_once_but_not_for_several_platforms(cloud: Lab) -> None:
    cloud.repository.commit(app("one"))
    one = {"name": DOCKER, "args": ["buildx", "build", "--push", "--platform=linux/amd64", "-t", f"{IMAGE}:x", "."]}
    create = {"name": DOCKER, "args": ["buildx", "create", "--use"]}
    assert (await run_steps(cloud, create, one)).status == Status.SUCCESS
    assert list(images(cloud).values()) == [["x"]]
    both = {"name": DOCKER, "args": ["buildx", "build", "--platform", "linux/amd64,linux/arm64", "-t", IMAGE, "."]}
    build = await run_steps(cloud, both)
    assert build.status == Status.FAILURE
    assert "several platforms" in " ".join(log_of(cloud, build))


async def test_kaniko_builds_and_pushes_by_itself(cloud: Lab) -> None:
    cloud.repository.commit({f"web/{name}": text for name, text in app("one").items()})
    kaniko = {
        "name": "gcr.io/kaniko-project/executor:latest",
        "args": [f"--destination={IMAGE}:k", "--context=/workspace/web", "--cache=true", "--cache-ttl=6h"],
    }
    build = await run_steps(cloud, kaniko)
    assert build.status == Status.SUCCESS
    assert not build.results.images
    assert list(images(cloud).values()) == [["k"]]
    service = await cloud.create(f"{IMAGE}:k")
    assert (await cloud.http.get(service.uri)).text.startswith("one ")
    # What gcloud asks with the property builds/use_kaniko.
    asked = ["--destination", f"{IMAGE}:g", "--cache", "--cache-ttl", "6h", "--cache-dir", "", "-c", "web"]
    assert (await run_steps(cloud, {**kaniko, "args": asked})).status == Status.SUCCESS
    wrong = await run_steps(cloud, {**kaniko, "args": [f"-d={IMAGE}", "--dockerfile=Nowhere"]})
    assert "error resolving dockerfile path" in " ".join(log_of(cloud, wrong))


async def test_a_script_calls_docker_by_name(cloud: Lab) -> None:
    cloud.repository.commit({f"web/{name}": text for name, text in app("one").items()})
    script = (
        f"docker pull {IMAGE}:cache || echo none; cd web; export VERSION=2; "
        f"docker build --build-arg VERSION -t {IMAGE}:s . && docker push {IMAGE}:s && docker run {IMAGE}:s; echo $?"
    )
    build = await run_steps(cloud, step(script.replace("$", "$$"), name=DOCKER))
    assert build.status == Status.SUCCESS
    assert list(images(cloud).values()) == [["s"]]
    log = log_of(cloud, build)
    assert "docker run is not modelled by the sandbox; build, tag, push and pull are" in log
    assert log[-2:] == ["1", "DONE"]


async def test_cancelling_a_build_ends_the_tool_that_its_script_waits_for(cloud: Lab) -> None:
    from signoff_sandbox.world import build_steps

    began, ended = asyncio.Event(), asyncio.Event()

    async def endless(*_: Any) -> int:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return 0

    original = build_steps.IN_SCRIPTS["docker"]
    build_steps.IN_SCRIPTS["docker"] = endless
    try:
        operation = await cloud.builds.create_build(project_id="demo", build=Build(steps=[step("docker build .")]))
        await asyncio.wait_for(began.wait(), 10)
        build = await cloud.builds.cancel_build(project_id="demo", id=operation.metadata.build.id)
    finally:
        build_steps.IN_SCRIPTS["docker"] = original
    assert build.status == Status.CANCELLED
    assert ended.is_set()
    assert log_of(cloud, build)[-2:] == ["CANCELLED", "ERROR: context canceled"]
