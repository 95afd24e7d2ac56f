"""A project planted in a sandbox, with its logs, and what signoff makes of them: entries are Google's own REST JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from signoff.boundary import Boundary
from signoff.claims import claims
from signoff.gather.health import health
from signoff.model.health import Health
from signoff.model.report import ClaimReport
from signoff.model.subject import Claim, Target, Workload
from signoff.survey import Survey
from signoff.systems import Systems
from support.samples import WEB, subject
from support.sandbox import Sandbox

NOW = datetime.now(UTC)
GONE = "KeyError: 'School'"


def service(name: str = "web", revision: str = "web-00002-new") -> dict[str, Any]:
    return {
        "name": f"services/{name}",
        "updateTime": stamp(600),
        "latestReadyRevision": f"services/{name}/revisions/{revision}",
        "latestCreatedRevision": f"services/{name}/revisions/{revision}",
        "template": {"containers": [{"image": f"us-central1-docker.pkg.dev/demo/app/{name}@sha256:{'a' * 64}"}]},
        "trafficStatuses": [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "revision": revision, "percent": 100}],
        "terminalCondition": {"type": "Ready", "state": "CONDITION_SUCCEEDED"},
    }


def stamp(ago: float) -> str:
    return (NOW - timedelta(seconds=ago)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def revision(ready: float, name: str = "web-00002-new", of: str = "web", created: float = 600) -> dict[str, Any]:
    """A revision of a service that became ready so many seconds ago."""
    image = f"us-central1-docker.pkg.dev/demo/app/{of}@sha256:{'a' * 64}"
    state = {"type": "Ready", "state": "CONDITION_SUCCEEDED", "lastTransitionTime": stamp(ready)}
    return {
        "name": f"services/{of}/revisions/{name}",
        "service": of,
        "createTime": stamp(created),
        "containers": [{"image": image}],
        "conditions": [state],
    }


def job(status: str = "EXECUTION_SUCCEEDED", *, ended: bool = True, execution: str = "extractor-2") -> dict[str, Any]:
    """The job extractor, whose newest execution began 200 seconds ago and ended 100 seconds ago."""
    newest = {"name": execution, "createTime": stamp(200), "completionStatus": status}
    return {
        "name": "jobs/extractor",
        "updateTime": stamp(600),
        "template": {"template": {"containers": [{"image": f"us-central1-docker.pkg.dev/p/a/j@sha256:{'b' * 64}"}]}},
        "latestCreatedExecution": newest | ({"completionTime": stamp(100)} if ended else {}),
    }


def pool(updated: float = 600) -> dict[str, Any]:
    """The worker pool crunch with all instances on its revision crunch-00002-new."""
    split = {"type": "INSTANCE_SPLIT_ALLOCATION_TYPE_LATEST", "revision": "crunch-00002-new", "percent": 100}
    return {
        "name": "workerPools/crunch",
        "updateTime": stamp(updated),
        "template": {"containers": [{"image": f"us-central1-docker.pkg.dev/p/a/w@sha256:{'c' * 64}"}]},
        "latestReadyRevision": "workerPools/crunch/revisions/crunch-00002-new",
        "latestCreatedRevision": "workerPools/crunch/revisions/crunch-00002-new",
        "instanceSplitStatuses": [split],
        "terminalCondition": {"type": "Ready", "state": "CONDITION_SUCCEEDED"},
    }


def entry(log: str, ago: float, revision: str = "web-00002-new", name: str = "web", **fields: Any) -> dict[str, Any]:
    labels = {"service_name": name, "revision_name": revision, "location": "us-central1"}
    return _entry(log, ago, "cloud_run_revision", labels, fields)


def job_entry(log: str, ago: float, execution: str = "extractor-2", *, task: int = 0, **fields: Any) -> dict[str, Any]:
    run = "run.googleapis.com"
    labels = {f"{run}/execution_name": execution, f"{run}/task_index": f"{task}", f"{run}/task_attempt": "0"}
    of = {"job_name": "extractor", "location": "us-central1"}
    return _entry(log, ago, "cloud_run_job", of, {"labels": labels, **fields})


def pool_entry(log: str, ago: float, revision: str = "crunch-00002-new", **fields: Any) -> dict[str, Any]:
    labels = {"worker_pool_name": "crunch", "revision_name": revision, "location": "us-central1"}
    return _entry(log, ago, "cloud_run_worker_pool", labels, fields)


def _entry(log: str, ago: float, kind: str, labels: dict[str, str], fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "logName": f"logs/run.googleapis.com%2F{log}",
        "resource": {"type": kind, "labels": labels},
        "timestamp": stamp(ago),
        "receiveTimestamp": stamp(ago),
        "insertId": uuid4().hex,
        **fields,
    }


def asked(path: str, status: int, ago: float, revision: str = "web-00002-new", *, answered: bool = True) -> Any:
    request = {"requestMethod": "GET", "requestUrl": f"https://web.example.com{path}?q=1", "status": status}
    labels = {"instanceId": "0001"} if answered else {}
    return entry("requests", ago, revision, httpRequest=request, labels=labels)


def broke(ago: float, revision: str, last: str = GONE) -> list[Any]:
    said = ["Traceback (most recent call last):", '  File "/app/main.py", line 7', last]
    return [entry("stderr", ago - i / 1000, revision, textPayload=line) for i, line in enumerate(said)]


OLD = [*broke(900, "web-00001-old"), asked("/report", 500, 900, "web-00001-old")]


@dataclass(frozen=True)
class World:
    """A project of its own in a sandbox that the tests of this file share."""

    sandbox: Sandbox
    systems: Systems
    project: str

    def plant(self, *entries: dict[str, Any], **state: Sequence[dict[str, Any]]) -> None:
        """Log entries and, by their kind, resources; their names are filled up."""
        place = f"projects/{self.project}/locations/us-central1/"
        full = {"name", "latestReadyRevision", "latestCreatedRevision"}
        named = {
            kind: [{key: place + value if key in full else value for key, value in one.items()} for one in resources]
            for kind, resources in state.items()
        }
        logs = [one | {"logName": f"projects/{self.project}/{one['logName']}"} for one in entries]
        self.sandbox.plant({**named, "logEntries": logs})

    def survey(self, *gone: str, workloads: tuple[Workload, ...] = (WEB,)) -> Survey:
        about = replace(
            subject(*workloads),
            target=Target("production", self.project, ("us-central1",), "main"),
            claims=tuple(Claim(None, text) for text in gone),
        )
        return Survey(about, self.systems, NOW)

    async def facts(self, *gone: str, workload: Workload = WEB, others: tuple[Workload, ...] = ()) -> Health:
        async with self.survey(*gone, workloads=(workload, *others)) as survey:
            found = await health(survey, workload)
        assert isinstance(found, Health), found
        return found

    async def claim(self, gone: str, *workloads: Workload) -> ClaimReport:
        async with self.survey(gone, workloads=workloads or (WEB,)) as survey:
            return (await claims(survey))[0]


@asynccontextmanager
async def a_logged_world(sandbox: Sandbox) -> AsyncIterator[World]:
    """With the service web, and nothing in its log."""
    systems = Systems(Boundary(), Path("/nowhere"), sandbox=sandbox.grpc)
    made = World(sandbox, systems, f"p-{uuid4().hex[:12]}")
    made.plant(services=[service()])
    try:
        yield made
    finally:
        sandbox.clear_faults()
        await systems.close()
