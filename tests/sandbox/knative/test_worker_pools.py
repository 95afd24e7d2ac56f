"""The Knative paths of worker pools: read, created, replaced, deleted, and refused."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from google.protobuf import json_format

from sandbox.knative.conftest import SERVING, Run
from signoff_sandbox import state
from signoff_sandbox.server import RunningSandbox
from support.discovery import problems
from support.planted import AT, POOL, READY

POOLS = "/apis/run.googleapis.com/v1/namespaces/demo/workerpools"
MODE, COUNT = "run.googleapis.com/scalingMode", "run.googleapis.com/manualInstanceCount"
BODY: dict[str, Any] = {
    "apiVersion": "run.googleapis.com/v1",
    "kind": "WorkerPool",
    "metadata": {"name": "drain", "annotations": {MODE: "manual", COUNT: "0"}},
    "spec": {"template": {"spec": {"containers": [{"image": "us-central1-docker.pkg.dev/demo/apps/web:latest"}]}}},
}


def stored(sandbox: RunningSandbox, name: str) -> dict[str, Any]:
    message = sandbox.cloud.store.get("workerPools", POOL.replace("crunch", name))
    assert message is not None
    return json_format.MessageToDict(message)


async def settled(sandbox: RunningSandbox, name: str = "drain") -> None:
    assert await sandbox.cloud.store.wait_until(lambda: not stored(sandbox, name).get("reconciling"), 20)


async def test_a_pool_shows_how_it_is_scaled(planted: RunningSandbox, run: Run) -> None:
    found = await run("GET", f"{POOLS}/crunch")
    assert problems("run.v1", "WorkerPool", found) == []
    assert (found["metadata"]["annotations"][MODE], found["metadata"]["annotations"][COUNT]) == ("manual", "2")
    listed = await run("GET", POOLS, region="")
    assert problems("run.v1", "ListWorkerPoolsResponse", listed) == []
    assert (listed["kind"], [one["metadata"]["name"] for one in listed["items"]]) == ("WorkerPoolList", ["crunch"])


async def test_a_created_pool_is_ready_and_names_its_revision(planted: RunningSandbox, run: Run) -> None:
    made = await run("POST", POOLS, BODY)
    assert problems("run.v1", "WorkerPool", made) == []
    await settled(planted)
    made = await run("GET", f"{POOLS}/drain")
    revision = made["status"]["latestReadyRevisionName"]
    assert made["status"]["instanceSplits"] == [{"revisionName": revision, "latestRevision": True, "percent": 100}]
    assert made["spec"]["instanceSplits"] == [{"latestRevision": True, "percent": 100}]
    assert stored(planted, "drain")["scaling"] == {"manualInstanceCount": 0}
    listed = await run("GET", f"{SERVING}/revisions?labelSelector=run.googleapis.com/workerPool=drain")
    assert problems("run.v1", "ListRevisionsResponse", listed) == []
    assert [one["metadata"]["name"] for one in listed["items"]] == [revision]
    assert "serving.knative.dev/service" not in listed["items"][0]["metadata"]["labels"]


async def test_what_is_read_and_written_back_makes_no_revision(planted: RunningSandbox, run: Run) -> None:
    await run("POST", POOLS, BODY)
    await settled(planted)
    before, read = stored(planted, "drain"), await run("GET", f"{POOLS}/drain")
    await run("PUT", f"{POOLS}/drain", read)
    after = stored(planted, "drain")
    assert {key for key in {*before, *after} if before.get(key) != after.get(key)} <= {"etag", "updateTime"}


async def test_a_split_is_replaced(planted: RunningSandbox, run: Run) -> None:
    await run("POST", POOLS, BODY)
    await settled(planted)
    read = await run("GET", f"{POOLS}/drain")
    revision = read["status"]["latestReadyRevisionName"]
    read["spec"]["instanceSplits"] = [{"revisionName": revision, "percent": 100}]
    await run("PUT", f"{POOLS}/drain", read)
    await settled(planted)
    after = await run("GET", f"{POOLS}/drain")
    assert after["status"]["instanceSplits"] == [{"revisionName": revision, "percent": 100}]
    read = deepcopy(after)
    read["spec"]["instanceSplits"][0]["percent"] = 90
    refused = await run("PUT", f"{POOLS}/drain", read, status=400)
    assert "must sum to 100" in refused["error"]["message"]


async def test_automatic_scaling_is_refused_by_name(planted: RunningSandbox, run: Run) -> None:
    body = deepcopy(BODY)
    body["metadata"]["annotations"][MODE] = "automatic"
    assert "scalingMode: automatic" in (await run("POST", POOLS, body, status=501))["error"]["message"]


async def test_a_pool_without_a_revision_has_nothing_to_split(planted: RunningSandbox, run: Run) -> None:
    bare = {"name": POOL.replace("crunch", "bare"), "createTime": AT, "terminalCondition": READY}
    state.merge(planted.cloud, {"workerPools": [bare]})
    found = await run("GET", f"{POOLS}/bare")
    assert problems("run.v1", "WorkerPool", found) == []
    assert "instanceSplits" not in found["status"]


async def test_a_deleted_pool_is_answered_with_a_status(planted: RunningSandbox, run: Run) -> None:
    status = await run("DELETE", f"{POOLS}/crunch")
    assert problems("run.v1", "Status", status) == []
    assert await planted.cloud.store.wait_until(lambda: planted.cloud.store.get("workerPools", POOL) is None, 20)
    missing = await run("GET", f"{POOLS}/crunch", status=404)
    assert "of kind 'WORKER_POOL'" in missing["error"]["message"]
