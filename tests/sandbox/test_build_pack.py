"""Buildpacks: what the source itself says is started; everything else is not known."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from google.api_core import exceptions
from google.cloud import run_v2
from google.cloud.devtools.cloudbuild_v1 import Build

from support.builds import built, log_of, run
from support.cloudrun import IMAGE, PLACE, Lab, app, lab
from support.google_clients import over_grpc

Status = Build.Status
MAIN = {"main.py": app("packed")["main.py"]}


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path) as made:
        yield made


async def packed(cloud: Lab, files: dict[str, str], *arguments: str) -> Build:
    cloud.repository.commit(files)
    build = cloud.build_of("main")
    args = ["build", f"{IMAGE}:latest", "--network", "cloudbuild", *arguments]
    build.steps = [{"name": "gcr.io/k8s-skaffold/pack", "entrypoint": "pack", "args": args}]
    return await run(cloud, build)


async def test_a_procfile_says_what_to_start(cloud: Lab) -> None:
    build = await packed(cloud, {**MAIN, "Procfile": "web: python main.py\n"})
    assert build.status == Status.SUCCESS, log_of(cloud, build)
    service = await cloud.create(f"{IMAGE}:latest")
    assert (await cloud.http.get(service.uri)).text.startswith("packed ")


async def test_an_entrypoint_of_the_build_comes_first(cloud: Lab) -> None:
    files = {**MAIN, "Procfile": "web: false\n"}
    build = await packed(cloud, files, "--env", "GOOGLE_ENTRYPOINT=python main.py", "--builder", "b")
    assert build.status == Status.SUCCESS
    service = await cloud.create(f"{IMAGE}:latest")
    assert (await cloud.http.get(service.uri)).text.startswith("packed ")


@pytest.mark.parametrize(
    "files",
    [MAIN, {**MAIN, "Procfile": "worker: x\n"}, {"package.json": '{"scripts": {}}'}, {"package.json": "{"}],
)
async def test_a_source_that_does_not_say_fails(cloud: Lab, files: dict[str, str]) -> None:
    build = await packed(cloud, files)
    assert build.status == Status.FAILURE
    assert any("is not known to the sandbox" in line or "cannot be read" in line for line in log_of(cloud, build))


async def test_node_starts_its_start_script(cloud: Lab) -> None:
    build = await packed(cloud, {"package.json": '{"scripts": {"start": "node server.js"}}'})
    assert build.status == Status.SUCCESS
    image = cloud.cloud.machine.images.get(build.results.images[0].digest)
    assert image is not None
    assert image.config.cmd == ("exec npm start",)


async def test_cloud_run_submits_to_cloud_build_in_its_region(cloud: Lab) -> None:
    client = over_grpc(run_v2.BuildsAsyncClient, cloud._channel)
    source = {"bucket": "nowhere", "object_": "x.zip"}
    request = {"parent": PLACE, "image_uri": f"{IMAGE}:a", "storage_source": source, "tags": ["service_web"]}
    packs = {"environment_variables": {"B": "2", "A": "1"}, "function_target": "hello"}
    answer = await client.submit_build({**request, "buildpack_build": packs})
    assert answer.build_operation.name.startswith(f"{PLACE}/operations/")
    build = await built(cloud, f"{PLACE}/builds/{answer.build_operation.name.rpartition('/')[2]}")
    assert build.status == Status.FAILURE
    assert build.failure_info.type_.name == "FETCH_SOURCE_FAILED"
    assert list(build.steps[0].args)[6:] == ["--env", "A=1", "--env", "B=2", "--env", "GOOGLE_FUNCTION_TARGET=hello"]
    docker = await client.submit_build(
        {**request, "docker_build": {}, "service_account": "projects/p/serviceAccounts/a"}
    )
    build = await built(cloud, f"{PLACE}/builds/{docker.build_operation.name.rpartition('/')[2]}")
    assert (build.steps[0].name, list(build.images)) == ("gcr.io/cloud-builders/docker", [f"{IMAGE}:a"])
    for wrong in ({}, {"docker_build": {}, "image_uri": ""}, {"docker_build": {}, "storage_source": None}):
        with pytest.raises(exceptions.InvalidArgument):
            await client.submit_build({**request, **wrong})
