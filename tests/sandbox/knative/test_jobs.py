"""The Knative paths of jobs: read, created, replaced, run, deleted, and refused."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from google.protobuf import json_format

from sandbox.knative.conftest import Run
from signoff_sandbox.server import RunningSandbox
from support.discovery import problems

JOBS = "/apis/run.googleapis.com/v1/namespaces/demo/jobs"
NAME = "projects/demo/locations/us-central1/jobs/extract"
BODY: dict[str, Any] = {
    "apiVersion": "run.googleapis.com/v1",
    "kind": "Job",
    "metadata": {
        "name": "load",
        "labels": {"team": "data"},
        "annotations": {"run.googleapis.com/client-name": "gcloud", "mine": "kept"},
    },
    "spec": {
        "template": {
            "metadata": {"annotations": {"run.googleapis.com/execution-environment": "gen2"}},
            "spec": {
                "taskCount": 4,
                "parallelism": 2,
                "template": {
                    "spec": {
                        "containers": [{"image": "us-central1-docker.pkg.dev/demo/apps/web:latest", "args": ["x"]}],
                        "maxRetries": 0,
                        "timeoutSeconds": "90",
                    }
                },
            },
        }
    },
}


def stored(sandbox: RunningSandbox, name: str = "extract") -> dict[str, Any]:
    message = sandbox.cloud.store.get("jobs", NAME.replace("extract", name))
    assert message is not None
    return json_format.MessageToDict(message)


async def settled(sandbox: RunningSandbox, name: str = "load") -> None:
    """Wait until the job has been reconciled."""
    assert await sandbox.cloud.store.wait_until(lambda: not stored(sandbox, name).get("reconciling"), 20)


async def test_a_job_is_found_by_region_and_listed_in_all_of_them(planted: RunningSandbox, run: Run) -> None:
    found = await run("GET", f"{JOBS}/extract")
    assert problems("run.v1", "Job", found) == []
    assert found["status"]["latestCreatedExecution"]["completionStatus"] == "EXECUTION_SUCCEEDED"
    listed = await run("GET", JOBS, region="")
    assert problems("run.v1", "ListJobsResponse", listed) == []
    assert [one["metadata"]["name"] for one in listed["items"]] == ["extract"]
    assert (await run("GET", JOBS, region="europe-west1"))["items"] == []
    missing = await run("GET", f"{JOBS}/extract", region="europe-west1", status=404)
    assert missing["error"]["message"].startswith("Resource 'extract' of kind 'JOB' in region 'europe-west1'")


async def test_a_created_job_is_the_one_that_was_asked_for(planted: RunningSandbox, run: Run) -> None:
    made = await run("POST", JOBS, BODY)
    assert problems("run.v1", "Job", made) == []
    assert made["status"]["conditions"][0]["status"] == "Unknown"
    await settled(planted)
    made = await run("GET", f"{JOBS}/load")
    assert made["status"]["conditions"][0]["status"] == "True"
    assert made["metadata"]["labels"]["team"] == "data"
    annotations = made["metadata"]["annotations"]
    assert (annotations["run.googleapis.com/client-name"], annotations["mine"]) == ("gcloud", "kept")
    assert annotations["run.googleapis.com/creator"] == "you@example.com"
    spec = made["spec"]["template"]["spec"]
    assert (spec["taskCount"], spec["parallelism"]) == (4, 2)
    task = spec["template"]["spec"]
    assert (task["maxRetries"], task["timeoutSeconds"], task["containers"][0]["args"]) == (0, "90", ["x"])
    in_v2 = stored(planted, "load")
    assert (in_v2["client"], in_v2["annotations"]) == ("gcloud", {"mine": "kept"})
    assert in_v2["template"]["template"]["timeout"] == "90s"
    assert "annotations" not in in_v2["template"]
    assert (await run("POST", JOBS, BODY, status=409))["error"]["status"] == "ALREADY_EXISTS"


async def test_what_is_read_and_written_back_makes_no_generation(planted: RunningSandbox, run: Run) -> None:
    await run("POST", JOBS, BODY)
    await settled(planted)
    before, read = stored(planted, "load"), await run("GET", f"{JOBS}/load")
    await run("PUT", f"{JOBS}/load", read)
    after = stored(planted, "load")
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    assert changed <= {"etag", "updateTime"}


async def test_a_replaced_job_needs_the_version_that_was_read(planted: RunningSandbox, run: Run) -> None:
    await run("POST", JOBS, BODY)
    await settled(planted)
    read = await run("GET", f"{JOBS}/load")
    newer = deepcopy(read)
    newer["spec"]["template"]["spec"]["taskCount"] = 5
    await run("PUT", f"{JOBS}/load", newer)
    conflict = await run("PUT", f"{JOBS}/load", read, status=409)
    assert "was specified but current version is" in conflict["error"]["message"]
    assert stored(planted, "load")["template"]["taskCount"] == 5


async def test_a_job_is_run_with_overrides(planted: RunningSandbox, run: Run) -> None:
    overrides = {
        "containerOverrides": [{"args": ["--day", "7"], "env": [{"name": "MODE", "value": "x"}]}],
        "taskCount": 2,
        "timeoutSeconds": 30,
    }
    execution = await run("POST", f"{JOBS}/extract:run", {"overrides": overrides})
    assert problems("run.v1", "Execution", execution) == []
    assert execution["spec"]["taskCount"] == 2
    task = execution["spec"]["template"]["spec"]
    assert (task["timeoutSeconds"], task["containers"][0]["args"]) == ("30", ["--day", "7"])
    assert {"name": "MODE", "value": "x"} in task["containers"][0]["env"]
    assert execution["metadata"]["labels"]["run.googleapis.com/job"] == "extract"


async def test_to_run_and_to_override_are_two_permissions(planted: RunningSandbox, run: Run) -> None:
    planted.cloud.denied_permissions.add("run.jobs.runWithOverrides")
    await run("POST", f"{JOBS}/extract:run", {})
    refused = await run("POST", f"{JOBS}/extract:run", {"overrides": {"taskCount": 2}}, status=403)
    assert "run.jobs.runWithOverrides" in refused["error"]["message"]
    planted.cloud.denied_permissions.add("run.jobs.run")
    await run("POST", f"{JOBS}/extract:run", {}, status=403)


async def test_a_dry_run_changes_nothing(planted: RunningSandbox, run: Run) -> None:
    await run("POST", f"{JOBS}?dryRun=all", BODY)
    assert planted.cloud.store.get("jobs", NAME.replace("extract", "load")) is None
    await run("DELETE", f"{JOBS}/extract?dryRun=all")
    await run("GET", f"{JOBS}/extract")


async def test_a_deleted_job_is_answered_with_a_status(planted: RunningSandbox, run: Run) -> None:
    status = await run("DELETE", f"{JOBS}/extract")
    assert problems("run.v1", "Status", status) == []
    assert status["status"] == "Success"
    await run("GET", f"{JOBS}/extract", status=404)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("kind",), "Service", "kind: must be 'Job'"),
        (("spec", "surprise"), 1, "surprise"),
        (("spec", "template", "spec", "template", "spec", "maxRetries"), 11, "max_retries"),
        (("spec", "template", "spec", "template", "spec", "containers"), [], "at least one container"),
        (("metadata", "name"), "Not_A_Name", "Resource name must use only lowercase"),
    ],
)
async def test_a_job_that_makes_no_sense_is_refused(
    planted: RunningSandbox, run: Run, path: tuple[str, ...], value: Any, words: str
) -> None:
    body = deepcopy(BODY)
    target = body
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    assert words in (await run("POST", JOBS, body, status=400))["error"]["message"]


@pytest.mark.parametrize(
    "overrides", [{"taskCount": "many"}, {"surprise": 1}, {"containerOverrides": [{"env": [{"value": "x"}]}]}]
)
async def test_overrides_that_make_no_sense_are_refused(
    planted: RunningSandbox, run: Run, overrides: dict[str, Any]
) -> None:
    await run("POST", f"{JOBS}/extract:run", {"overrides": overrides}, status=400)
