"""Run jobs of Cloud Run, watch and cancel their executions. Part of the writing adapter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from signoff.boundary import Question
from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.systems.google import edit
from signoff.systems.google.access import Access
from signoff.systems.google.deployed import Execution, TaskEnd
from signoff.systems.google.waiting import unbroken, until

PAGE = 100
PAGES = 10
"""Executions are listed the newest first; what runs among the newest thousand is what runs."""
_SUCCEEDED = 4  # run.v2 Condition.State


class JobWriter:
    """`job` and `execution` are full resource names."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def executions(self, job: str, since: datetime | None = None) -> Known[tuple[Execution, ...]] | Unknown:
        """The newest executions of a job: those that run, and those made at `since` or later."""
        question = Question(
            "run", "executions.list", f"{job}/executions", _look("list", job, f"--job={edit.short(job)}")
        )

        async def fetch() -> Any:
            google, found, token = self._access.google, [], ""
            await google.login()
            for _ in range(PAGES):
                request = {"parent": job, "page_size": PAGE, "page_token": token}
                pager = await google.executions.list_executions(request=request, **google.CALL)
                page = pager._pb if hasattr(pager, "_pb") else pager._response._pb
                found.extend(page.executions)
                token = page.next_page_token
                if not token:
                    break
            return found

        def read(entries: Any) -> tuple[Execution, ...]:
            every = (_execution(entry) for entry in entries)
            return tuple(e for e in every if not e.completed or (since is not None and e.created >= since))

        return await self._access.reading.ask(question, fetch, read, self._access.google.why)

    async def run(self, job: str) -> Known[str] | Unknown:
        """Start an execution as the template says; its full name."""
        question = Question("run", "jobs.run", job, _look("describe", job, edit.short(job)))

        async def start() -> str:
            google = self._access.google
            await google.login()
            operation = await google.jobs.run_job(name=job, **google.CALL)
            return str(operation.metadata.name)

        return await unbroken(self._access.writing.ask(question, start, lambda name: name, self._access.google.why))

    async def ended(
        self, execution: str, seconds: float, told: Callable[[str], None]
    ) -> Known[Execution | None] | Unknown:
        """Wait until the execution has ended; Known(None) when it has not within `seconds`."""
        question = Question("run", "executions.get", execution, _look("describe", execution, edit.short(execution)))

        async def fetch() -> Any:
            google = self._access.google
            from google.cloud.run_v2 import types

            return types.Execution.pb(await google.executions.get_execution(name=execution, **google.CALL))

        async def look() -> Known[Execution | None] | Unknown:
            answer = await self._access.reading.ask(question, fetch, _execution, self._access.google.why)
            if isinstance(answer, Unknown):
                return answer
            if answer.value.completed:
                return Known(answer.value, answer.ref)
            told(f"{answer.value.done} of {answer.value.tasks} tasks done")
            return Known(None, answer.ref)

        return await until(look, seconds, lambda _passed: None)

    async def failed_tasks(self, execution: str) -> Known[tuple[TaskEnd, ...]] | Unknown:
        """How the tasks that did not succeed ended."""
        question = Question(
            "run", "tasks.list", f"{execution}/tasks", _look("describe", execution, edit.short(execution))
        )

        async def fetch() -> Any:
            google = self._access.google
            pager = await google.tasks.list_tasks(request={"parent": execution, "page_size": PAGE}, **google.CALL)
            return [task async for task in pager]

        def read(tasks: Any) -> tuple[TaskEnd, ...]:
            return tuple(
                TaskEnd(
                    index=task.index,
                    attempts=task.retried + 1,
                    exit_code=task.last_attempt_result.exit_code,
                    says=Quoted(task.last_attempt_result.status.message),
                )
                for task in tasks
                if task.last_attempt_result.exit_code or task.last_attempt_result.status.code
            )

        return await self._access.reading.ask(question, fetch, read, self._access.google.why)

    async def cancel(self, execution: str) -> Known[None] | Unknown:
        """Ask for its end; `ended` says when it came."""
        question = Question("run", "executions.cancel", execution, _look("describe", execution, edit.short(execution)))

        async def cancel() -> None:
            await self._access.google.executions.cancel_execution(name=execution, **self._access.google.CALL)

        return await unbroken(self._access.writing.ask(question, cancel, lambda _none: None, self._access.google.why))


def _execution(message: Any) -> Execution:
    container = edit.main_container(message.template)
    completed = message.HasField("completion_time")
    ended = next((c for c in message.conditions if c.type_ == "Completed"), None)
    return Execution(
        name=message.name,
        image=container.image if container is not None else "",
        created=message.create_time.ToDatetime(UTC),
        completed=completed,
        succeeded=completed and ended is not None and ended.state == _SUCCEEDED,
        tasks=message.task_count,
        done=message.succeeded_count,
        says=Quoted(ended.message if ended is not None else ""),
    )


def _look(verb: str, resource: str, what: str) -> tuple[str, ...]:
    _, project, _, region, *_ = resource.split("/")
    return ("gcloud", "run", "jobs", "executions", verb, what, f"--region={region}", f"--project={project}")
