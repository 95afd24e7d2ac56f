"""`gcloud beta run worker-pools …` on the sandbox: read over v1, written over gRPC through the proxy's tunnel."""

from __future__ import annotations

import re

import pytest

from support.cloudrun import IMAGE
from support.gcloud import REGION, Gcloud
from support.made import built, created

HERE = ("--region", REGION)
POOLS = ("beta", "run", "worker-pools")
PROGRAM = "import time\nprint('working', flush=True)\ntime.sleep(3600)\n"


@pytest.fixture(scope="module")
def image(gcloud: Gcloud, tmp_path_factory: pytest.TempPathFactory) -> str:
    return built(gcloud.sandbox, tmp_path_factory.mktemp("source") / "repository", PROGRAM, "worker")


def pool(gcloud: Gcloud, name: str, image: str) -> None:
    created(gcloud.sandbox, "workerPools", name, {"containers": [{"image": image}]})


def test_a_deployed_pool_is_listed_and_described(gcloud: Gcloud, image: str) -> None:
    said = gcloud(*POOLS, "deploy", "crunch", "--image", image, "--scaling=2", *HERE).err
    revision = re.search(r"Worker pool \[crunch\] revision \[(crunch-00001-\w{3})\] has been deployed\.", said)
    assert revision, said
    header, row = gcloud(*POOLS, "list", "--filter=metadata.name=crunch").out.splitlines()
    assert header.split()[:2] == ["WORKER_POOL", "REGION"]
    assert row.split()[:4] == ["✔", "crunch", REGION, "you@example.com"]
    told = gcloud(*POOLS, "describe", "crunch", *HERE).out
    assert "✔ WorkerPool crunch in region us-central1" in told
    assert f"100% LATEST (currently {revision[1]})" in told
    assert "Scaling: Manual (Instances: 2)" in told
    assert re.search(rf"Image: +{re.escape(image)}\n", told)


def test_a_second_deployment_is_another_revision(gcloud: Gcloud, image: str) -> None:
    pool(gcloud, "moves", image)
    gcloud(*POOLS, "deploy", "moves", "--image", image, "--update-labels=team=data", *HERE)
    header, newest, oldest = gcloud(*POOLS, "revisions", "list", "--worker-pool=moves", *HERE).out.splitlines()
    assert header.split()[:3] == ["REVISION", "ACTIVE", "WORKER_POOL"]
    assert re.match(r"✔ +moves-00002-\w{3} +yes +moves ", newest)
    assert re.match(r"✔ +moves-00001-\w{3} +moves ", oldest)
    made = gcloud.json(*POOLS, "describe", "moves", *HERE)
    assert made["metadata"]["labels"]["team"] == "data"
    assert made["status"]["latestReadyRevisionName"].startswith("moves-00002-")


def test_an_image_that_does_not_exist_leaves_the_old_revision_at_work(gcloud: Gcloud, image: str) -> None:
    pool(gcloud, "steady", image)
    said = gcloud(*POOLS, "deploy", "steady", "--image", f"{IMAGE}:none", *HERE, code=1).err
    assert f"Image '{IMAGE}:none' not found." in said
    (row,) = gcloud(*POOLS, "list", "--filter=metadata.name=steady", *HERE).out.splitlines()[1:]
    assert row.startswith("!")
    made = gcloud.json(*POOLS, "describe", "steady", *HERE)
    assert made["status"]["latestReadyRevisionName"].startswith("steady-00001-")
    assert made["status"]["latestCreatedRevisionName"].startswith("steady-00002-")
    assert made["status"]["conditions"][0]["reason"] == "ContainerMissing"


def test_scaling_is_updated(gcloud: Gcloud, image: str) -> None:
    pool(gcloud, "grows", image)
    said = gcloud(*POOLS, "update", "grows", "--scaling=3", *HERE).err
    assert re.search(r"revision \[grows-00001-\w{3}\] has been updated", said)
    assert "Scaling: Manual (Instances: 3)" in gcloud(*POOLS, "describe", "grows", *HERE).out


def test_instances_are_split_and_a_revision_without_any_is_deleted(gcloud: Gcloud, image: str) -> None:
    gcloud(*POOLS, "deploy", "splits", "--image", image, "--scaling=4", *HERE)
    gcloud(*POOLS, "deploy", "splits", "--image", image, "--no-promote", *HERE)
    made = gcloud.json(*POOLS, "describe", "splits", *HERE)
    old, new = made["status"]["instanceSplits"][0]["revisionName"], made["status"]["latestReadyRevisionName"]
    assert (old[:12], new[:12]) == ("splits-00001", "splits-00002")
    told = gcloud(*POOLS, "update-instance-split", "splits", f"--to-revisions={old}=75,LATEST=25", *HERE).out
    assert re.search(rf"75% +{old}", told) and re.search(rf"25% +LATEST \(currently {new}\)", told)
    revision = (*POOLS, "revisions", "delete", old, "--worker-pool=splits", *HERE)
    assert "cannot be directly deleted because it is actively serving" in gcloud(*revision, code=1).err
    gcloud(*POOLS, "update-instance-split", "splits", "--to-latest", *HERE)
    assert f"Deleted revision [{old}]." in gcloud(*revision).err


def test_the_output_of_a_pool_is_in_the_log(gcloud: Gcloud, image: str) -> None:
    pool(gcloud, "talks", image)
    wanted = 'resource.type="cloud_run_worker_pool" AND resource.labels.worker_pool_name="talks"'
    (entry,) = gcloud.json("logging", "read", f'{wanted} AND textPayload="working"')
    assert set(entry["resource"]["labels"]) == {"project_id", "location", "worker_pool_name", "revision_name"}


def test_a_deleted_pool_is_gone(gcloud: Gcloud, image: str) -> None:
    pool(gcloud, "brief", image)
    assert "Deleted worker pool [brief]." in gcloud(*POOLS, "delete", "brief", *HERE).err
    assert "Cannot find worker pool [brief]" in gcloud(*POOLS, "describe", "brief", *HERE, code=1).err
    assert "Cannot find worker pool [brief]" in gcloud(*POOLS, "delete", "brief", *HERE, code=1).err
