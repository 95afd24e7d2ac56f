"""Resources as Google's REST JSON, for `signoff record`: lists and single reads, nothing that changes anything."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from signoff.boundary import Boundary, Question
from signoff.model.facts import Known, Unknown
from signoff.model.recording import Resource
from signoff.systems.google.connection import Connection
from signoff.systems.google.pages import Listing, Pages

PAGE = 1000
PAGES = 3
"""Pages of a list at most."""
LogKind = Literal["errors", "requests", "others"]
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_TELLING = '(severity>=ERROR OR logName:"stderr")'
_LOGS: dict[LogKind, str] = {
    "errors": f'{_TELLING} AND NOT logName:"requests"',
    "requests": 'logName:"requests"',
    "others": f'NOT {_TELLING} AND NOT logName:"requests"',
}


@dataclass(frozen=True, slots=True)
class _List:
    """A list of Google's: the client of `Connection` and its method, the field of the entries, the name of the call."""

    system: str
    client: str
    method: str
    field: str
    call: str
    by_project: bool = False  # also asks for the project beside the parent


_RUN = "google.cloud.run.v2"
_BUILD = "google.devtools.cloudbuild.v1.CloudBuild"
_LISTS: dict[str, _List] = {
    "services": _List("run", "services", "list_services", "services", f"{_RUN}.Services/ListServices"),
    "revisions": _List("run", "revisions", "list_revisions", "revisions", f"{_RUN}.Revisions/ListRevisions"),
    "jobs": _List("run", "jobs", "list_jobs", "jobs", f"{_RUN}.Jobs/ListJobs"),
    "executions": _List("run", "executions", "list_executions", "executions", f"{_RUN}.Executions/ListExecutions"),
    "tasks": _List("run", "tasks", "list_tasks", "tasks", f"{_RUN}.Tasks/ListTasks"),
    "workerPools": _List(
        "run", "worker_pools", "list_worker_pools", "worker_pools", f"{_RUN}.WorkerPools/ListWorkerPools"
    ),
    "builds": _List("build", "builds", "list_builds", "builds", f"{_BUILD}/ListBuilds", by_project=True),
    "buildTriggers": _List(
        "build", "builds", "list_build_triggers", "triggers", f"{_BUILD}/ListBuildTriggers", by_project=True
    ),
    "dockerImages": _List(
        "registry",
        "registry",
        "list_docker_images",
        "docker_images",
        "google.devtools.artifactregistry.v1.ArtifactRegistry/ListDockerImages",
    ),
}
_LOG_CALL = "google.logging.v2.LoggingServiceV2/ListLogEntries"
_POLICY_CALLS = {"services": f"{_RUN}.Services/GetIamPolicy", "jobs": f"{_RUN}.Jobs/GetIamPolicy"}


def call_of(key: str, *, policy: bool = False) -> str:
    """Google's name of the call that reads the resources of a key, or their policies."""
    if policy:
        return _POLICY_CALLS[key]
    return _LOG_CALL if key == "logEntries" else _LISTS[key].call


class Recorder:
    """Answers REST JSON as it is; what is in it is masked before anybody sees it."""

    def __init__(self, boundary: Boundary, google: Connection) -> None:
        self._boundary = boundary
        self._google = google
        self._pages = Pages(boundary, google)

    async def listed(
        self, key: str, parent: str, *, pages: int = PAGES, size: int = PAGE
    ) -> Known[Listing[Resource]] | Unknown:
        """The first pages of a list. `key`: of a sandbox's state, such as `services`; `parent`: as Google names it."""
        one = _LISTS[key]

        async def fetch(token: str) -> Any:
            request: dict[str, Any] = {"parent": parent, "page_size": size, "page_token": token}
            if one.by_project:
                request["project_id"] = parent.split("/")[1]
            ask = getattr(getattr(self._google, one.client), one.method)
            return await ask(request=request, **self._google.CALL)

        question = Question(one.system, f"record {key}", f"{parent}/{key}")
        return await self._pages.up_to(question, fetch, one.field, _with_names, pages)

    async def log(
        self,
        project: str,
        kind: LogKind,
        services: Collection[str],
        jobs: Collection[str],
        since: datetime,
        size: int,
    ) -> Known[Listing[Resource]] | Unknown:
        """The newest entries of these services and jobs, `size` at most."""
        wanted = f'{_of(services, jobs)} AND {_LOGS[kind]} AND timestamp>="{since.isoformat(timespec="seconds")}"'

        async def fetch(token: str) -> Any:
            request = {
                "resource_names": [f"projects/{project}"],
                "filter": wanted,
                "order_by": "timestamp desc",
                "page_size": size,
                "page_token": token,
            }
            return await self._google.logging.list_log_entries(request=request, **self._google.CALL)

        look = ("gcloud", "logging", "read", wanted, f"--project={project}", f"--limit={size}")
        question = Question("logging", f"record {kind}", f"projects/{project}", look)
        return await self._pages.up_to(question, fetch, "entries", _as_json, 1)

    async def policy(self, key: str, resource: str) -> Known[Resource] | Unknown:
        """The IAM policy of a service or job (`key`), by its full name."""
        question = Question("run", f"record {key} policy", f"{resource}:getIamPolicy")

        async def fetch() -> Any:
            await self._google.login()
            client: Any = getattr(self._google, key)
            return await client.get_iam_policy(request={"resource": resource}, **self._google.CALL)

        return await self._boundary.ask(question, fetch, lambda raw: _as_json([raw])[0], self._google.why)


def _as_json(raw: Iterable[Any]) -> list[Resource]:
    from google.protobuf import json_format

    return [Resource(json_format.MessageToDict(message)) for message in raw]


def _with_names(raw: Iterable[Any]) -> list[Resource]:
    """ValueError where one has no name: nothing could be joined to it."""
    resources = _as_json(raw)
    if not all(one.rest.get("name") for one in resources):
        raise ValueError("a resource without a name")
    return resources


def _of(services: Collection[str], jobs: Collection[str]) -> str:
    """The filter for what services and jobs wrote. ValueError for a name that is none of Cloud Run."""
    for name in (*services, *jobs):
        if not _NAME.fullmatch(name):
            raise ValueError(f"not a name of Cloud Run: {name!r}")
    kinds = (("cloud_run_revision", "service_name", services), ("cloud_run_job", "job_name", jobs))
    parts = []
    for kind, label, names in kinds:
        either = " OR ".join(f'"{name}"' for name in sorted(names))
        if either:
            parts.append(f'(resource.type="{kind}" AND resource.labels.{label}=({either}))')
    return f"({' OR '.join(parts)})"
