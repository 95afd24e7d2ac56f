"""`run.namespaces.executions`: a v1 Execution is a v2 Execution, whose name does not say of which job it is.

https://cloud.google.com/run/docs/reference/rest/v1/namespaces.executions
"""

from __future__ import annotations

from typing import Any

from google.cloud.run_v2.types import CancelExecutionRequest, DeleteExecutionRequest
from starlette.responses import Response

from signoff_sandbox.wire.knative import places, specs
from signoff_sandbox.wire.knative.annotations import RUN as GROUP
from signoff_sandbox.wire.knative.annotations import of_resource
from signoff_sandbox.wire.knative.lens import Lens, shown, text, whole
from signoff_sandbox.wire.knative.meta import RUN, conditions, listing, object_meta, timestamp
from signoff_sandbox.wire.knative.selectors import selected
from signoff_sandbox.wire.paths import Visit, json_response
from signoff_sandbox.world import run_executions
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.run_names import short

JOB = f"{GROUP}/job"


def time(key: str, field: str) -> Lens:
    """A time that only the platform writes."""
    return Lens(key, (field,), lambda m: timestamp(m, field), lambda _, __: None)


STATUS = (
    whole("observedGeneration", "observed_generation"),
    time("startTime", "start_time"),
    time("completionTime", "completion_time"),
    *(whole(f"{kind}Count", f"{kind}_count") for kind in ("running", "succeeded", "failed", "cancelled", "retried")),
    text("logUri", "log_uri"),
)
SPEC = (whole("taskCount", "task_count"), whole("parallelism", "parallelism"))


def execution_of(cloud: Cloud, execution: Any) -> dict[str, Any]:
    """The v1 object of a stored v2 Execution."""
    annotations = {
        **of_resource(execution),
        **specs.annotations_of(execution.template),
        f"{GROUP}/creator": execution.creator,
        f"{GROUP}/lastModifier": execution.creator,
    }
    return {
        "apiVersion": RUN,
        "kind": "Execution",
        "metadata": object_meta(
            execution,
            api=RUN,
            collection="executions",
            labels={**execution.labels, **_labels(cloud, execution)},
            annotations={key: value for key, value in annotations.items() if value},
        ),
        "spec": {**shown(SPEC, execution), "template": {"spec": specs.spec_of(execution.template)}},
        "status": {**shown(STATUS, execution), "conditions": conditions(*execution.conditions)},
    }


def _labels(cloud: Cloud, execution: Any) -> dict[str, str]:
    """What the platform says about the job; which of its generations this is, only where that is sure."""
    name = run_executions.job_of(execution.name)
    made = {JOB: short(name)}
    if not execution.HasField("completion_time"):
        made[f"{GROUP}/servingState"] = "Active"
    job: Any = cloud.store.get("jobs", name)
    if job is not None and job.uid:
        made[f"{GROUP}/jobUid"] = job.uid
    if job is not None and execution.create_time.ToNanoseconds() >= job.update_time.ToNanoseconds():
        made[f"{GROUP}/jobGeneration"] = str(job.generation)
    return made


def find(visit: Visit) -> Any:
    """The stored execution that the path names, whichever job it is of. Raises NOT_FOUND."""
    name = places.resource_of(visit, "executions")
    place = name.rpartition("/executions/")[0]
    for stored in visit.cloud.store.list("executions", f"{place}/jobs/-"):
        execution: Any = stored
        if short(execution.name) == short(name):
            return execution
    raise places.missing(name, "EXECUTION")


async def list_executions(visit: Visit) -> Response:
    place = places.place_of(visit)
    places.require(visit, "run.executions.list", place)
    stored, unreachable = places.reached(visit, "executions", f"{place}/jobs/-")
    items, more = selected(visit, [execution_of(visit.cloud, execution) for execution in stored])
    return json_response(listing(RUN, "ExecutionsList", items, more=more, unreachable=unreachable))


async def get_execution(visit: Visit) -> Response:
    places.require(visit, "run.executions.get", places.resource_of(visit, "executions"))
    return json_response(execution_of(visit.cloud, find(visit)))


async def cancel_execution(visit: Visit) -> Response:
    places.require(visit, "run.executions.cancel", places.resource_of(visit, "executions"))
    execution = find(visit)
    await run_executions.cancel_execution(visit.cloud, CancelExecutionRequest.pb()(name=execution.name))
    return json_response(execution_of(visit.cloud, visit.cloud.store.get("executions", execution.name)))


async def delete_execution(visit: Visit) -> Response:
    places.require(visit, "run.executions.delete", places.resource_of(visit, "executions"))
    execution = find(visit)
    await run_executions.delete_execution(visit.cloud, DeleteExecutionRequest.pb()(name=execution.name))
    return json_response(places.deleted(execution, GROUP, "executions"))


ROUTES = (
    *places.methods(
        GROUP, "executions", "cancel", "POST", cancel_execution, f"{places.NAME}:cancel", by_location=False
    ),
    *places.methods(GROUP, "executions", "list", "GET", list_executions, missing="fieldSelector", by_location=False),
    *places.methods(GROUP, "executions", "get", "GET", get_execution, places.NAME, by_location=False),
    *places.methods(
        GROUP,
        "executions",
        "delete",
        "DELETE",
        delete_execution,
        places.NAME,
        missing="propagationPolicy",
        by_location=False,
    ),
)
