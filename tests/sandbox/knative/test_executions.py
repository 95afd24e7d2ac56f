"""The Knative paths of executions and tasks: found without their job's name, selected by labels."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from sandbox.knative.conftest import Run
from signoff_sandbox import state
from signoff_sandbox.server import RunningSandbox
from support.discovery import problems
from support.planted import AT, EXECUTION, JOB, STATE, TASK

API = "/apis/run.googleapis.com/v1/namespaces/demo"
EXECUTIONS, TASKS = f"{API}/executions", f"{API}/tasks"


def selecting(path: str, selector: str) -> str:
    return f"{path}?labelSelector={quote(selector)}"


async def test_an_execution_is_found_without_its_job(planted: RunningSandbox, run: Run) -> None:
    found = await run("GET", f"{EXECUTIONS}/extract-x1")
    assert problems("run.v1", "Execution", found) == []
    assert (found["kind"], found["metadata"]["labels"]["run.googleapis.com/job"]) == ("Execution", "extract")
    assert found["status"]["succeededCount"] == 1
    missing = await run("GET", f"{EXECUTIONS}/extract-x2", status=404)
    assert "'extract-x2' of kind 'EXECUTION'" in missing["error"]["message"]


async def test_executions_are_selected_by_the_label_of_their_job(planted: RunningSandbox, run: Run) -> None:
    other = {**STATE["executions"][0], "name": f"{JOB.replace('extract', 'load')}/executions/load-1"}
    state.merge(planted.cloud, {"executions": [other]})

    async def names(path: str) -> list[str]:
        listed = await run("GET", path)
        assert problems("run.v1", "ListExecutionsResponse", listed) == []
        return [one["metadata"]["name"] for one in listed["items"]]

    assert await names(EXECUTIONS) == ["extract-x1", "load-1"]
    assert await names(selecting(EXECUTIONS, "run.googleapis.com/job = load")) == ["load-1"]
    assert await names(selecting(EXECUTIONS, "run.googleapis.com/servingState = Active")) == []


async def test_a_running_execution_says_so_and_can_be_cancelled(planted: RunningSandbox, run: Run) -> None:
    running = {**STATE["executions"][0], "runningCount": 1, "conditions": []}
    del running["completionTime"], running["succeededCount"]
    state.merge(planted.cloud, {"executions": [running]})
    found = await run("GET", selecting(EXECUTIONS, "run.googleapis.com/servingState = Active"))
    assert [one["metadata"]["name"] for one in found["items"]] == ["extract-x1"]
    cancelling = await run("POST", f"{EXECUTIONS}/extract-x1:cancel", {})
    assert problems("run.v1", "Execution", cancelling) == []
    (completed,) = cancelling["status"]["conditions"]
    assert (completed["status"], completed["reason"]) == ("Unknown", "Cancelling")
    assert await planted.cloud.store.wait_until(
        lambda: planted.cloud.store.get("executions", EXECUTION).HasField("completion_time"), 20
    )
    (completed,) = (await run("GET", f"{EXECUTIONS}/extract-x1"))["status"]["conditions"]
    assert (completed["status"], completed["reason"]) == ("False", "Cancelled")
    refused = await run("POST", f"{EXECUTIONS}/extract-x1:cancel", {}, status=400)
    assert refused["error"]["status"] == "FAILED_PRECONDITION"


async def test_which_generation_ran_is_said_only_where_that_is_sure(planted: RunningSandbox, run: Run) -> None:
    label = "run.googleapis.com/jobGeneration"
    assert (await run("GET", f"{EXECUTIONS}/extract-x1"))["metadata"]["labels"][label] == "2"
    state.merge(planted.cloud, {"jobs": [{**STATE["jobs"][0], "updateTime": AT}]})
    assert label not in (await run("GET", f"{EXECUTIONS}/extract-x1"))["metadata"]["labels"]


async def test_an_execution_is_deleted_with_its_tasks(planted: RunningSandbox, run: Run) -> None:
    status = await run("DELETE", f"{EXECUTIONS}/extract-x1")
    assert problems("run.v1", "Status", status) == []
    assert await planted.cloud.store.wait_until(lambda: planted.cloud.store.get("tasks", TASK) is None, 20)
    await run("GET", f"{EXECUTIONS}/extract-x1", status=404)


async def test_tasks_are_selected_by_execution_and_state(planted: RunningSandbox, run: Run) -> None:
    def task(number: int, **fields: Any) -> dict[str, Any]:
        return {**STATE["tasks"][0], "name": f"{TASK[:-1]}{number}", "index": number, **fields}

    def completed(state: str, **reason: str) -> dict[str, Any]:
        return {"conditions": [{"type": "Completed", "state": state, **reason}]}

    cancelled = completed("CONDITION_FAILED", executionReason="CANCELLED")
    tasks = [
        task(0),
        task(1, startTime=AT),
        task(2, startTime=AT, **completed("CONDITION_SUCCEEDED")),
        task(3, startTime=AT, **completed("CONDITION_FAILED", executionReason="NON_ZERO_EXIT_CODE")),
        task(4, startTime=AT, **cancelled),
        task(5, **cancelled),
    ]
    state.merge(planted.cloud, {"tasks": tasks})
    listed = await run("GET", selecting(TASKS, "run.googleapis.com/execution = extract-x1"))
    assert problems("run.v1", "ListTasksResponse", listed) == []
    assert [one["status"]["index"] for one in listed["items"]] == [0, 1, 2, 3, 4, 5]
    label = "run.googleapis.com/runningState"
    states = [one["metadata"]["labels"][label] for one in listed["items"]]
    assert states == ["Pending", "Running", "Succeeded", "Failed", "Cancelled", "Abandoned"]
    some = await run("GET", selecting(TASKS, f"run.googleapis.com/execution=extract-x1,{label} in (Failed,Running)"))
    assert [one["status"]["index"] for one in some["items"]] == [1, 3]
    assert (await run("GET", selecting(TASKS, "run.googleapis.com/execution = other")))["items"] == []


async def test_a_task_says_how_its_last_attempt_ended(planted: RunningSandbox, run: Run) -> None:
    found = await run("GET", f"{TASKS}/extract-x1-task0")
    assert problems("run.v1", "Task", found) == []
    assert found["status"]["lastAttemptResult"] == {"exitCode": 1, "status": {"code": 2, "message": "exit 1"}}
    assert found["status"]["retried"] == 1
    await run("GET", f"{TASKS}/extract-x1-task9", status=404)


@pytest.mark.parametrize(
    ("permission", "verb", "path"),
    [
        ("run.executions.list", "GET", EXECUTIONS),
        ("run.executions.get", "GET", f"{EXECUTIONS}/extract-x1"),
        ("run.executions.cancel", "POST", f"{EXECUTIONS}/extract-x1:cancel"),
        ("run.executions.delete", "DELETE", f"{EXECUTIONS}/extract-x1"),
        ("run.tasks.list", "GET", TASKS),
        ("run.tasks.get", "GET", f"{TASKS}/extract-x1-task0"),
    ],
)
async def test_each_method_asks_for_its_permission(
    planted: RunningSandbox, run: Run, permission: str, verb: str, path: str
) -> None:
    planted.cloud.denied_permissions.add(permission)
    assert permission in (await run(verb, path, status=403))["error"]["message"]
