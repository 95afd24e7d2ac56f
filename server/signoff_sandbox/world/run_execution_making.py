"""An execution as it is created from its job: images become digests here, and overrides hold for this one only."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

from google.cloud.run_v2.types import Execution, ExecutionEnvironment
from google.protobuf.duration_pb2 import Duration

from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import already_exists, invalid_argument
from signoff_sandbox.world.identities import current, default_service_account
from signoff_sandbox.world.image_refs import resolve
from signoff_sandbox.world.run_conditions import State, set_condition
from signoff_sandbox.world.run_defaults import limit
from signoff_sandbox.world.run_names import location_of, project_of, short

#: https://cloud.google.com/run/quotas#cloud_run_limits, https://cloud.google.com/run/docs/configuring/task-timeout
MOST_TASKS = 10_000
LONGEST_TIMEOUT = Duration(seconds=7 * 24 * 3600)
DEFAULT_TIMEOUT = Duration(seconds=600)
DEFAULT_RETRIES = 3


def made_from(cloud: Cloud, job: Any, overrides: Any, suffix: str = "") -> Any:
    """The execution `JOB-SUFFIX`, not yet stored. Raises INVALID_ARGUMENT, and ALREADY_EXISTS for a used suffix."""
    template = job.template
    now = cloud.now()
    execution = Execution.pb()(
        name=f"{job.name}/executions/{short(job.name)}-{suffix or cloud.machine.suffix(5)}",
        uid=str(uuid.uuid4()),
        creator=current(cloud),
        generation=1,
        labels=template.labels,
        annotations=template.annotations,
        create_time=now,
        update_time=now,
        launch_stage=job.launch_stage,
        job=short(job.name),
        task_count=overrides.task_count or template.task_count or 1,
        template=template.template,
        reconciling=True,
        etag=new_etag(),
    )
    if cloud.store.get("executions", execution.name) is not None:
        raise already_exists(execution.name)
    execution.parallelism = template.parallelism or execution.task_count
    execution.log_uri = log_uri(job.name, {"run.googleapis.com/execution_name": short(execution.name)})
    complete(execution.template, project_of(job.name))
    if overrides.HasField("timeout"):
        execution.template.timeout.CopyFrom(overrides.timeout)
    require_bounds(execution.task_count, execution.template.timeout)
    for container in execution.template.containers:
        container.image = resolve(cloud, container.image) or container.image
    for wanted in overrides.container_overrides:
        _override(execution.template.containers, wanted)
    set_condition(
        execution.conditions,
        "Completed",
        State.CONDITION_RECONCILING,
        now,
        message="Waiting for execution to complete.",
    )
    for kind in ("ResourcesAvailable", "Started", "ContainerReady"):
        set_condition(execution.conditions, kind, State.CONDITION_RECONCILING, now)
    return execution


def complete(task: Any, project: str) -> None:
    """Fill in the defaults of a task template. Zero retries is a wish where the field is set."""
    task.service_account = task.service_account or default_service_account(project)
    if not task.HasField("max_retries"):
        task.max_retries = DEFAULT_RETRIES
    if not task.HasField("timeout"):
        task.timeout.CopyFrom(DEFAULT_TIMEOUT)
    if not task.execution_environment:
        task.execution_environment = ExecutionEnvironment.EXECUTION_ENVIRONMENT_GEN2  # jobs know no other
    for container in task.containers:
        limit(container)


def require_bounds(task_count: int, timeout: Any) -> None:
    """INVALID_ARGUMENT for a number of tasks, or a timeout of each attempt, that Cloud Run does not allow."""
    if not 1 <= task_count <= MOST_TASKS:
        raise invalid_argument(f"task_count must be between 1 and {MOST_TASKS}.", task_count=f"{task_count}")
    if not 0 < timeout.ToNanoseconds() <= LONGEST_TIMEOUT.ToNanoseconds():
        raise invalid_argument(
            f"timeout must be between 1 and {LONGEST_TIMEOUT.seconds} seconds.", timeout="out of range"
        )


def _override(containers: Any, wanted: Any) -> None:
    """One container's overrides: by name, or without one for the only container."""
    container = next((known for known in containers if known.name == wanted.name), None)
    if container is None and len(containers) == 1:
        container = containers[0]
    if container is None:
        raise invalid_argument(f"overrides: there is no container '{wanted.name}'.", overrides=f"'{wanted.name}'")
    if wanted.args and wanted.clear_args:
        raise invalid_argument("overrides: args must be empty where clear_args is set.", overrides="args")
    if wanted.args or wanted.clear_args:
        container.args[:] = wanted.args
    for variable in wanted.env:
        known = next((one for one in container.env if one.name == variable.name), None)
        (known if known is not None else container.env.add()).CopyFrom(variable)


def log_uri(job: str, labels: dict[str, str]) -> str:
    """Where the console shows the logs of a job, narrowed by labels of its entries."""
    resource = {"job_name": short(job), "location": location_of(job)}
    terms = [
        'resource.type="cloud_run_job"',
        *(f'resource.labels.{key}="{value}"' for key, value in resource.items()),
        *(f'labels."{key}"="{value}"' for key, value in labels.items()),
    ]
    viewer = f"https://console.cloud.google.com/logs/viewer?project={project_of(job)}"
    return f"{viewer}&advancedFilter={quote(chr(10).join(terms), safe='/')}"


def new_etag() -> str:
    return f'"{uuid.uuid4().hex[:16]}"'
