"""One attempt of a task: a process with an exit code, ended when its time is over."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from signoff_sandbox.runtime.containers import NoCommand, program, unpack_image
from signoff_sandbox.world import run_logs, run_secrets
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.image_refs import digest_of
from signoff_sandbox.world.run_environment import SecretUnreadable, environment_of
from signoff_sandbox.world.run_names import short

EXITED = "The container exited with an error."
TIMED_OUT = "The configured timeout was reached."


@dataclass(frozen=True, slots=True)
class Attempt:
    """How it ended; `message` is empty if it succeeded. A signal ends with exit code 0 and its number."""

    message: str
    code: grpc.StatusCode = grpc.StatusCode.OK
    exit_code: int = 0
    signal: int = 0


async def attempt(cloud: Cloud, execution_name: str, task: Any, number: int) -> Attempt:
    """Run the first container of the task once. More containers are not modelled."""
    job = execution_name.partition("/executions/")[0]
    container = task.containers[0]
    labels = {
        "instanceId": secrets.token_hex(56),
        "run.googleapis.com/execution_name": short(execution_name),
        "run.googleapis.com/task_index": str(task.index),
        "run.googleapis.com/task_attempt": str(number),
    }
    resource = run_logs.job_resource(job)
    image = cloud.machine.images.get(digest_of(cloud, container.image) or "")
    if image is None:
        reason = f"image {container.image} was not built in this sandbox: there is nothing to run"
        return Attempt(reason, grpc.StatusCode.INTERNAL)
    folder = Path(tempfile.mkdtemp(prefix="task-", dir=cloud.machine.folder))
    timeout = task.timeout.ToTimedelta().total_seconds()
    try:
        mounted = run_secrets.files(cloud, job, task, container)
        root = await asyncio.to_thread(unpack_image, image, folder, mounted)
        what = program(
            image,
            root,
            command=container.command,
            arguments=container.args,
            workdir=container.working_dir,
            environment=await environment_of(cloud, job, container, task.service_account)
            | _own(cloud, execution_name, task, number),
        )
        child = await cloud.machine.processes.start(
            what.argv,
            environment=what.environment,
            folder=what.folder,
            on_line=run_logs.output(cloud, resource, labels),
        )
        async with asyncio.timeout(timeout or None):
            code = await child.finish(cloud.settings.instance_grace_seconds)
    except TimeoutError:
        text = (
            f"Terminating task because it has reached the maximum timeout of {timeout:g} seconds. To change this "
            "limit, see https://cloud.google.com/run/docs/configuring/task-timeout"
        )
        run_logs.system(cloud, resource, text, "ERROR", labels)
        return Attempt(TIMED_OUT, grpc.StatusCode.DEADLINE_EXCEEDED)
    except (NoCommand, SecretUnreadable) as error:
        return Attempt(str(error), grpc.StatusCode.INTERNAL)
    finally:
        await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))
    return _ended(cloud, resource, labels, code)


def _own(cloud: Cloud, execution_name: str, task: Any, number: int) -> dict[str, str]:
    """https://cloud.google.com/run/docs/container-contract#jobs-env-vars"""
    execution: Any = cloud.store.get("executions", execution_name)
    return {
        "CLOUD_RUN_JOB": execution.job,
        "CLOUD_RUN_EXECUTION": short(execution_name),
        "CLOUD_RUN_TASK_INDEX": str(task.index),
        "CLOUD_RUN_TASK_ATTEMPT": str(number),
        "CLOUD_RUN_TASK_COUNT": str(execution.task_count),
    }


def _ended(cloud: Cloud, resource: Any, labels: dict[str, str], code: int) -> Attempt:
    """`code` as subprocesses have it: minus the number of the signal that ended one."""
    if code == 0:
        run_logs.system(cloud, resource, "Container called exit(0).", "INFO", labels)
        return Attempt("")
    if code > 0:
        run_logs.system(cloud, resource, f"Container called exit({code}).", "WARNING", labels)
        return Attempt(EXITED, grpc.StatusCode.ABORTED, exit_code=code)
    run_logs.system(cloud, resource, f"Container terminated on signal {-code}.", "WARNING", labels)
    return Attempt(EXITED, grpc.StatusCode.ABORTED, signal=-code)
