"""`gcloud run jobs executions …` on the sandbox."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from support.gcloud import REGION, Gcloud
from support.made import built, created

HERE = ("--region", REGION)
#: Task 0 works on; the others end, number 1 with an error.
PROGRAM = """\
import os, time
index = int(os.environ["CLOUD_RUN_TASK_INDEX"])
print("task", index, flush=True)
if index == 0 and os.environ.get("MODE") == "wait":
    time.sleep(600)
raise SystemExit(index == 1)
"""


@pytest.fixture(scope="module")
def image(gcloud: Gcloud, tmp_path_factory: pytest.TempPathFactory) -> str:
    return built(gcloud.sandbox, tmp_path_factory.mktemp("source") / "repository", PROGRAM, "tasks")


@pytest.fixture(scope="module")
def job(gcloud: Gcloud, image: str) -> str:
    """A job of three tasks, two at a time."""
    task = {"containers": [{"image": image}], "maxRetries": 0}
    created(gcloud.sandbox, "jobs", "work", {"taskCount": 3, "parallelism": 2, "template": task})
    return "work"


def started(gcloud: Gcloud, job: str, *more: str, code: int = 0) -> str:
    said = gcloud("run", "jobs", "execute", job, *more, *HERE, code=code).err
    found = re.search(r"executions describe (\S+)", said)
    assert found, said
    return found[1]


def eventually(gcloud: Gcloud, execution: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The execution as the sandbox has it once `holds` is true of it."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for known in gcloud.sandbox.state()["executions"]:
            if known["name"].endswith(f"/{execution}") and holds(known):
                return known
        time.sleep(0.05)
    raise AssertionError("it did not come to hold")


def test_executions_are_listed_newest_first(gcloud: Gcloud, image: str) -> None:
    job = "listed"
    created(gcloud.sandbox, "jobs", job, {"template": {"containers": [{"image": image}], "maxRetries": 0}})
    first = started(gcloud, job, "--wait", "--tasks=1")
    second = started(gcloud, job, "--wait", "--tasks=2", code=1)
    header, *rows = gcloud("run", "jobs", "executions", "list", "--job", job, *HERE).out.splitlines()
    assert header.split() == ["JOB", "EXECUTION", "REGION", "RUNNING", "COMPLETE", "CREATED", "RUN", "BY"]
    assert [row.split()[:8] for row in rows] == [
        ["X", job, second, REGION, "0", "1", "/", "2"],
        ["✔", job, first, REGION, "0", "1", "/", "1"],
    ]


def test_an_execution_tells_of_its_tasks(gcloud: Gcloud, job: str) -> None:
    name = started(gcloud, job, "--wait", code=1)
    told = gcloud("run", "jobs", "executions", "describe", name, *HERE).out
    assert f"X Execution {name} in region us-central1" in told
    assert "2 tasks completed successfully" in told and "1 task failed to complete" in told
    assert "Log URI: https://console.cloud.google.com/logs/viewer?project=demo" in told
    settings = dict(re.findall(r"^(Tasks|Parallelism|Max Retries): +(\S+)$", told, re.MULTILINE))
    assert settings == {"Tasks": "3", "Parallelism": "2", "Max Retries": "0"}
    assert re.search(r"Image: +\S+@sha256:[0-9a-f]{64}", told)
    listed = gcloud.json("run", "jobs", "executions", "tasks", "list", "--execution", name, *HERE)
    states = [task["metadata"]["labels"]["run.googleapis.com/runningState"] for task in listed]
    assert states == ["Succeeded", "Failed", "Succeeded"]
    assert listed[1]["status"]["lastAttemptResult"]["exitCode"] == 1
    told = gcloud("run", "jobs", "executions", "tasks", "describe", f"{name}-task1", *HERE).out
    assert re.search(r"Running state: +Failed", told) and re.search(r"Exit Code: +1", told)


def test_an_execution_in_json_is_a_knative_object(gcloud: Gcloud, job: str) -> None:
    name = started(gcloud, job, "--wait", "--tasks=1")
    execution = gcloud.json("run", "jobs", "executions", "describe", name, *HERE)
    assert (execution["kind"], execution["metadata"]["name"]) == ("Execution", name)
    labels = execution["metadata"]["labels"]
    assert (labels["run.googleapis.com/job"], labels["run.googleapis.com/jobGeneration"]) == (job, "1")
    conditions = {one["type"]: one["status"] for one in execution["status"]["conditions"]}
    assert conditions == dict.fromkeys(("Completed", "ResourcesAvailable", "Started", "ContainerReady"), "True")
    assert execution["status"]["succeededCount"] == 1
    assert "failedCount" not in execution["status"]


def test_a_running_execution_is_cancelled(gcloud: Gcloud, job: str) -> None:
    name = started(gcloud, job, "--async", "--update-env-vars=MODE=wait")
    eventually(gcloud, name, lambda one: one.get("runningCount") == 1 and "failedCount" in one)
    told = gcloud("run", "jobs", "executions", "describe", name, *HERE).out
    assert "1 task currently running" in told and "… Waiting for execution to complete." in told
    said = gcloud("run", "jobs", "executions", "cancel", name, *HERE).err
    assert f"Cancelled execution [{name}]." in said
    execution = gcloud.json("run", "jobs", "executions", "describe", name, *HERE)
    completed = next(one for one in execution["status"]["conditions"] if one["type"] == "Completed")
    assert (completed["status"], completed["reason"]) == ("False", "Cancelled")
    assert execution["status"]["cancelledCount"] == 1
    again = gcloud("run", "jobs", "executions", "cancel", name, *HERE, code=1).err
    assert f"Execution '{name}' cannot be cancelled because it is not running." in again


def test_an_execution_is_only_started_unless_asked_to_wait(gcloud: Gcloud, job: str) -> None:
    name = started(gcloud, job, "--update-env-vars=MODE=wait")
    execution = eventually(gcloud, name, lambda one: one.get("runningCount", 0) > 0)
    assert "completionTime" not in execution
    said = gcloud("run", "jobs", "executions", "delete", name, *HERE).err
    assert f"Deleted execution [{name}]." in said
    missing = gcloud("run", "jobs", "executions", "describe", name, *HERE, code=1).err
    assert f"Cannot find execution [{name}]" in missing


def test_a_task_that_takes_too_long_is_ended(gcloud: Gcloud, job: str) -> None:
    name = started(gcloud, job, "--wait", "--tasks=1", "--task-timeout=1s", "--update-env-vars=MODE=wait", code=1)
    told = " ".join(gcloud("run", "jobs", "executions", "describe", name, *HERE).out.split())
    assert f"Task {name}-task0 failed with exit code: 0 and message: The configured timeout was reached." in told
