"""`run.namespaces.tasks`: a v1 Task is a v2 Task, found by the label of its execution.

https://cloud.google.com/run/docs/reference/rest/v1/namespaces.tasks
"""

from __future__ import annotations

from typing import Any

from google.cloud.run_v2.types import Condition
from starlette.responses import Response

from signoff_sandbox.wire.knative import places, specs
from signoff_sandbox.wire.knative.annotations import RUN as GROUP
from signoff_sandbox.wire.knative.executions import JOB, time
from signoff_sandbox.wire.knative.lens import shown, text, whole
from signoff_sandbox.wire.knative.meta import RUN, conditions, listing, object_meta, timestamp
from signoff_sandbox.wire.knative.selectors import selected
from signoff_sandbox.wire.paths import Visit, json_response
from signoff_sandbox.world.run_conditions import OfExecution
from signoff_sandbox.world.run_conditions import find as condition_of
from signoff_sandbox.world.run_names import short

STATUS = (
    whole("observedGeneration", "observed_generation"),
    time("startTime", "start_time"),
    time("completionTime", "completion_time"),
    whole("retried", "retried"),
    text("logUri", "log_uri"),
)


def task_of(task: Any) -> dict[str, Any]:
    """The v1 object of a stored v2 Task."""
    _, _, execution = task.name.partition("/executions/")
    labels = {
        **task.labels,
        JOB: short(task.job),
        f"{GROUP}/execution": execution.partition("/")[0],
        f"{GROUP}/runningState": running_state(task),
    }
    annotations = {**task.annotations, **specs.annotations_of(task)}
    scheduled = timestamp(task, "scheduled_time")
    if scheduled:
        annotations[f"{GROUP}/scheduled-time"] = scheduled
    return {
        "apiVersion": RUN,
        "kind": "Task",
        "metadata": object_meta(task, api=RUN, collection="tasks", labels=labels, annotations=annotations),
        "spec": specs.spec_of(task),
        "status": {"index": task.index, **shown(STATUS, task), **_result(task)},
    }


def _result(task: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"conditions": conditions(*task.conditions)}
    if task.HasField("last_attempt_result"):
        result = task.last_attempt_result
        status = {"code": result.status.code, "message": result.status.message}
        last = {"exitCode": result.exit_code, "termSignal": result.term_signal}
        made["lastAttemptResult"] = {
            "status": {key: value for key, value in status.items() if value},
            **{key: value for key, value in last.items() if value},
        }
    return made


def running_state(task: Any) -> str:
    """`Pending`, `Running`, `Succeeded`, `Failed`; `Cancelled` if it ran when that came, `Abandoned` if it had not."""
    completed = condition_of(task.conditions, "Completed")
    if completed is None or completed.state not in (
        Condition.State.CONDITION_SUCCEEDED,
        Condition.State.CONDITION_FAILED,
    ):
        return "Running" if task.HasField("start_time") else "Pending"
    if completed.state == Condition.State.CONDITION_SUCCEEDED:
        return "Succeeded"
    if completed.execution_reason == OfExecution.CANCELLED:
        return "Cancelled" if task.HasField("start_time") else "Abandoned"
    return "Failed"


async def list_tasks(visit: Visit) -> Response:
    place = places.place_of(visit)
    places.require(visit, "run.tasks.list", place)
    stored, unreachable = places.reached(visit, "tasks", f"{place}/jobs/-/executions/-")
    stored.sort(key=lambda task: (task.execution, task.index))
    items, more = selected(visit, [task_of(task) for task in stored])
    return json_response(listing(RUN, "TasksList", items, more=more, unreachable=unreachable))


async def get_task(visit: Visit) -> Response:
    name = places.resource_of(visit, "tasks")
    places.require(visit, "run.tasks.get", name)
    place = name.rpartition("/tasks/")[0]
    for stored in visit.cloud.store.list("tasks", f"{place}/jobs/-/executions/-"):
        task: Any = stored
        if short(task.name) == short(name):
            return json_response(task_of(task))
    raise places.missing(name, "TASK")


ROUTES = (
    *places.methods(GROUP, "tasks", "list", "GET", list_tasks, missing="fieldSelector", by_location=False),
    *places.methods(GROUP, "tasks", "get", "GET", get_task, places.NAME, by_location=False),
)
