"""What Cloud Run does after a job was written: look whether it could run, and run it if it says so."""

from __future__ import annotations

import uuid
from typing import Any

from google.cloud.run_v2.types import RunJobRequest

from signoff_sandbox.world import run_executions
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError, not_found
from signoff_sandbox.world.planted import strike
from signoff_sandbox.world.run_conditions import Common, Failure, State, set_terminal
from signoff_sandbox.world.run_names import short
from signoff_sandbox.world.run_prerequisites import lacks


async def reconcile(cloud: Cloud, name: str, generation: int, token: tuple[str, str]) -> Any:
    """Bring the job to `generation` and return it; raises ApiError as the operation's error.

    `token` is `("start_execution_token" | "run_execution_token", value)` of a job that is to run now, else empty: the
    operation is done when that execution has started or completed.
    """
    async with cloud.machine.lock(name):
        await cloud.pace.sleep(cloud.settings.reconcile_seconds)
        failure: Failure | None = None
        try:
            await strike(cloud, f"sandbox.Reconciler/{short(name)}")
            failure = lacks(cloud, name, _job(cloud, name).template.template)
        except ApiError as planted:
            failure = Failure(planted.message, planted.code, reason=Common.INTERNAL)
        job = _settled(cloud, name, generation, failure)
    if failure is not None:
        raise failure.error()
    kind, suffix = token
    if not suffix:
        return job
    execution, work = run_executions.begin(cloud, job, RunJobRequest.Overrides.pb()(), suffix=suffix)
    if kind == "run_execution_token":
        await run_executions.completed(cloud, execution.name, work)
    else:
        await run_executions.started(cloud, execution.name)
    return _job(cloud, name)


def _job(cloud: Cloud, name: str) -> Any:
    job = cloud.store.get("jobs", name)
    if job is None:
        raise not_found(name)  # deleted in the meantime
    return job


def _settled(cloud: Cloud, name: str, generation: int, failure: Failure | None) -> Any:
    job = _job(cloud, name)
    job.observed_generation = generation
    job.reconciling = job.generation != generation
    job.etag = f'"{uuid.uuid4().hex[:16]}"'
    now = cloud.now()
    if failure is None:
        set_terminal(job, "Ready", State.CONDITION_SUCCEEDED, now)
    else:
        set_terminal(job, "Ready", State.CONDITION_FAILED, now, message=failure.message, reason=failure.reason)
    cloud.store.put("jobs", name, job)
    return job
