"""Helpers for tests of jobs: programs that the sandbox built, made a job, run to their end."""

from __future__ import annotations

from typing import Any

from google.api_core import exceptions
from google.cloud import run_v2

from support.cloudrun import IMAGE, PLACE, Lab

JOB = f"{PLACE}/jobs/nightly"
DOCKERFILE = 'FROM python:3.12\nWORKDIR /job\nCOPY . .\nENTRYPOINT ["python", "main.py"]\n'


def described(task_count: int = 1, parallelism: int = 0, image: str = f"{IMAGE}:latest", **template: Any) -> run_v2.Job:
    """A job of one container; `template` are fields of its task template."""
    task = {"containers": [{"image": image}], **template}
    return run_v2.Job(template={"task_count": task_count, "parallelism": parallelism, "template": task})


async def make(cloud: Lab, program: str, task_count: int = 1, **fields: Any) -> str:
    """Build a program and make it the job `nightly`; the image's digest."""
    digest = await cloud.build({"Dockerfile": DOCKERFILE, "main.py": program})
    job = described(task_count, **fields)
    await cloud.finish(await cloud.jobs.create_job(parent=PLACE, job=job, job_id="nightly"))
    return digest


async def run(cloud: Lab, **overrides: Any) -> run_v2.Execution:
    """Run the job to its end, whatever that is."""
    operation = await cloud.jobs.run_job(run_v2.RunJobRequest(name=JOB, overrides=overrides or None))
    try:
        return await cloud.finish(operation)
    except exceptions.GoogleAPICallError:
        return await cloud.executions.get_execution(name=operation.metadata.name)


async def begun(cloud: Lab, tasks: int = 1) -> tuple[Any, str]:
    """Run the job until that many tasks run; the operation and the execution's name."""
    operation = await cloud.jobs.run_job(name=JOB)
    name = operation.metadata.name
    await cloud.until(lambda: cloud.cloud.store.get("executions", name).running_count == tasks)
    return operation, name


def condition(resource: Any, kind: str = "Completed") -> run_v2.Condition:
    return {condition.type_: condition for condition in resource.conditions}[kind]


def counts(execution: run_v2.Execution) -> dict[str, int]:
    """The counts of tasks that are not zero."""
    names = ("running", "succeeded", "failed", "cancelled", "retried")
    return {name: number for name in names if (number := getattr(execution, f"{name}_count"))}
