"""`run.namespaces.jobs`: a v1 Job is a v2 Job.

https://cloud.google.com/run/docs/reference/rest/v1/namespaces.jobs
"""

from __future__ import annotations

from typing import Any

from google.cloud.run_v2.types import DeleteJobRequest, Execution, ExecutionReference, Job, RunJobRequest
from starlette.responses import Response

from signoff_sandbox.wire.knative import places, specs
from signoff_sandbox.wire.knative.annotations import PLATFORM, of_resource, take_resource
from signoff_sandbox.wire.knative.annotations import RUN as GROUP
from signoff_sandbox.wire.knative.executions import execution_of
from signoff_sandbox.wire.knative.kinds import Kind
from signoff_sandbox.wire.knative.lens import refuse_unknown, shown, take, text, whole
from signoff_sandbox.wire.knative.meta import (
    RUN,
    conditions,
    object_meta,
    section,
    strings,
    timestamp,
)
from signoff_sandbox.wire.paths import Visit, json_response
from signoff_sandbox.world import operations, run_executions, run_jobs
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import invalid_argument
from signoff_sandbox.world.run_names import short

LAST_UPDATED = f"{GROUP}/lastUpdatedTime"
TOKENS = (text("startExecutionToken", "start_execution_token"), text("runExecutionToken", "run_execution_token"))
COUNTS = (whole("taskCount", "task_count"), whole("parallelism", "parallelism"))


def job_of(cloud: Cloud, job: Any) -> dict[str, Any]:
    """The v1 object of a stored v2 Job."""
    annotations = {
        **of_resource(job),
        f"{GROUP}/creator": job.creator,
        f"{GROUP}/lastModifier": job.last_modifier,
        f"{GROUP}/operation-id": short(operations.latest_of(cloud, job.name)),
    }
    labels = {**job.labels, LAST_UPDATED: timestamp(job, "update_time") or ""}
    return {
        "apiVersion": RUN,
        "kind": "Job",
        "metadata": object_meta(
            job,
            api=RUN,
            collection="jobs",
            labels={key: value for key, value in labels.items() if value or key != LAST_UPDATED},
            annotations={key: value for key, value in annotations.items() if value or key not in PLATFORM},
        ),
        "spec": {"template": _template_of(job.template), **shown(TOKENS, job)},
        "status": _status(job),
    }


def _template_of(template: Any) -> dict[str, Any]:
    """The v1 ExecutionTemplateSpec of a v2 ExecutionTemplate."""
    meta = {
        "labels": dict(sorted(template.labels.items())),
        "annotations": dict(sorted({**template.annotations, **specs.annotations_of(template.template)}.items())),
    }
    spec = {**shown(COUNTS, template), "template": {"spec": specs.spec_of(template.template)}}
    return {"metadata": {key: value for key, value in meta.items() if value}, "spec": spec}


def _status(job: Any) -> dict[str, Any]:
    terminal = [job.terminal_condition] if job.HasField("terminal_condition") else []
    made: dict[str, Any] = {
        "observedGeneration": job.observed_generation,
        "conditions": conditions(*terminal, *job.conditions),
        "executionCount": job.execution_count,
        "latestCreatedExecution": _reference(job.latest_created_execution),
    }
    return {key: value for key, value in made.items() if value}


def _reference(reference: Any) -> dict[str, Any]:
    status = ExecutionReference.CompletionStatus
    made = {
        "name": short(reference.name),
        "creationTimestamp": timestamp(reference, "create_time"),
        "completionTimestamp": timestamp(reference, "completion_time"),
        "deletionTimestamp": timestamp(reference, "delete_time"),
        "completionStatus": status(reference.completion_status).name if reference.completion_status else "",
    }
    return {key: value for key, value in made.items() if value}


def take_job(job: Any, meta: dict[str, Any], spec: dict[str, Any]) -> None:
    """Change a v2 Job in place so that it shows metadata and spec of a v1 one. Raises INVALID_ARGUMENT."""
    refuse_unknown("spec", spec, {"template", *(lens.key for lens in TOKENS)})
    template = section(spec, "template")
    refuse_unknown("spec.template", template, {"metadata", "spec"})
    take_resource(job, strings(meta, "annotations"))
    job.labels.clear()
    ours = PLATFORM | {LAST_UPDATED}
    job.labels.update({key: value for key, value in strings(meta, "labels").items() if key not in ours})
    _take_tokens(job, spec)
    _take_template(job.template, section(template, "metadata"), section(template, "spec"))


def _take_tokens(job: Any, spec: dict[str, Any]) -> None:
    """At most one of them is there, as both are one field of v2."""
    job.ClearField("start_execution_token")
    job.ClearField("run_execution_token")
    take([lens for lens in TOKENS if spec.get(lens.key)], job, spec)


def _take_template(template: Any, meta: dict[str, Any], spec: dict[str, Any]) -> None:
    annotations = strings(meta, "annotations")
    template.labels.clear()
    template.labels.update(strings(meta, "labels"))
    refuse_unknown("spec.template.spec", spec, {"template", *(lens.key for lens in COUNTS)})
    take(COUNTS, template, spec)
    task = section(spec, "template")
    refuse_unknown("spec.template.spec.template", task, {"spec"})
    specs.take_spec(template.template, section(task, "spec"), annotations)
    specs.keep_annotations(template.annotations, annotations)


async def run_job(visit: Visit) -> Response:
    content = await places.body_of(visit)
    wanted = section(content, "overrides") if isinstance(content, dict) else {}
    resource = places.resource_of(visit, "jobs")
    places.require(visit, "run.jobs.runWithOverrides" if wanted else "run.jobs.run", resource)
    overrides = RunJobRequest.Overrides.pb()()
    take_overrides(overrides, wanted)
    operation = run_executions.start(visit.cloud, KIND.find(visit), overrides)
    execution = Execution.pb()()
    operation.metadata.Unpack(execution)
    return json_response(execution_of(visit.cloud, execution))


def take_overrides(overrides: Any, content: dict[str, Any]) -> None:
    """v1 Overrides into v2 ones. Raises INVALID_ARGUMENT."""
    refuse_unknown("overrides", content, {"containerOverrides", "taskCount", "timeoutSeconds"})
    try:
        overrides.task_count = int(content.get("taskCount") or 0)
        if content.get("timeoutSeconds"):
            overrides.timeout.seconds = int(content["timeoutSeconds"])
        for index, one in enumerate(content.get("containerOverrides") or []):
            refuse_unknown(f"overrides.containerOverrides[{index}]", one, {"name", "args", "env", "clearArgs"})
            made = overrides.container_overrides.add(
                name=one.get("name") or "", args=one.get("args") or [], clear_args=bool(one.get("clearArgs"))
            )
            for variable in one.get("env") or []:
                made.env.add(name=variable["name"], value=variable.get("value") or "")
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise invalid_argument(f"overrides: {error}", overrides="invalid") from error


def _create(cloud: Cloud, place: str, name: str, job: Any, dry_run: bool) -> Any:
    return run_jobs.create(cloud, place, name, job, validate_only=dry_run)


def _update(cloud: Cloud, job: Any, dry_run: bool) -> Any:
    return run_jobs.update(cloud, job, validate_only=dry_run)


async def _delete(cloud: Cloud, name: str, dry_run: bool) -> Any:
    return await run_jobs.delete_job(cloud, DeleteJobRequest.pb()(name=name, validate_only=dry_run))


KIND = Kind(
    kind="Job",
    kinds="JobsList",
    word="JOB",
    api=RUN,
    group=GROUP,
    collection="jobs",
    message=Job.pb(),
    shown=job_of,
    take=take_job,
    create=_create,
    update=_update,
    delete=_delete,
    missing={
        "list": "fieldSelector",
        "create": run_jobs.KEPT,
        "replaceJob": run_jobs.KEPT,
        "delete": "propagationPolicy",
    },
)
ROUTES = (
    *places.methods(
        GROUP, "jobs", "run", "POST", run_job, f"{places.NAME}:run", missing=run_jobs.ONE_CONTAINER, by_location=False
    ),
    *KIND.routes(),
)
