"""Calls to Google grow with regions, not with workloads: pages count as calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from signoff.model.report import Report
from signoff.model.subject import Workload, WorkloadName
from support.estate import JOB, REGION, WEB, Estate, at, git_source
from support.repositories import project
from support.sandbox import running_sandbox

HISTORY = 50
GOOGLE = {"run", "build", "registry", "storage", "logging"}


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Estate]:
    monkeypatch.setenv("SIGNOFF_STATE", str(tmp_path / "state"))
    with running_sandbox() as sandbox:
        yield Estate(sandbox, "demo", project(tmp_path / "repository"))


def workloads(count: int, kind: str) -> tuple[Workload, ...]:
    sample = WEB if kind == "service" else JOB
    return tuple(
        replace(sample, name=WorkloadName(f"w{number:03d}"), resource=f"w{number:03d}") for number in range(count)
    )


def fill(estate: Estate, count: int, kind: str, *, by_tag: bool, index: bool) -> None:
    """Workloads with a history of builds and revisions (executions), the newest of which is all as it should be."""
    commit = estate.clone.head()
    kinds = ("services", "revisions", "jobs", "executions", "builds", "dockerImages", "logEntries")
    state: dict[str, list[Any]] = {one: [] for one in kinds}
    for workload in workloads(count, kind):
        name, path = workload.resource, estate.path(workload.resource)
        for number in range(HISTORY + 1):
            made = f"sha256:{number:04x}{int(name[1:]):04x}".ljust(71, "a")
            built = made if not index else made[:-1] + "b"
            image = f"{path}@{made}"
            state["builds"].append(
                {
                    "name": f"projects/demo/locations/global/builds/b-{name}-{number}",
                    "id": f"b-{name}-{number}",
                    "status": "SUCCESS",
                    "createTime": at(number * 60 + int(name[1:]) / 10),
                    "results": {"images": [{"name": f"{path}:latest", "digest": built}]},
                    **git_source(commit),
                }
            )
            if kind == "service":
                state["revisions"].append(estate.revision(number + 1, image, number * 60 + 30, name=name))
            else:
                state["executions"].append(estate.execution(number, image, number * 60 + 30, name=name))
            if index and number == HISTORY:
                entry = {"name": f"{estate.place()}/repositories/apps/dockerImages/{name}@{built}"}
                children = [{"architecture": "amd64", "os": "linux", "digest": made}]
                state["dockerImages"].append(entry | {"uri": f"{path}@{built}", "imageManifests": children})
        template = [{"image": f"{path}:latest" if by_tag else image}]
        if kind == "service":
            state["services"].append(_service(estate, name, template))
            state["logEntries"].append(_answered(estate, name))
        else:
            state["jobs"].append(_job(estate, name, template))
    estate.sandbox.plant(state)


def _service(estate: Estate, name: str, containers: list[Any]) -> dict[str, Any]:
    newest = f"{name}-{HISTORY + 1:05d}-abc"
    full = f"{estate.place()}/services/{name}"
    return {
        "name": full,
        "updateTime": at(HISTORY * 60 + 30),
        "template": {"containers": containers},
        "latestCreatedRevision": f"{full}/revisions/{newest}",
        "latestReadyRevision": f"{full}/revisions/{newest}",
        "trafficStatuses": [{"revision": newest, "percent": 100}],
    }


def _answered(estate: Estate, name: str) -> dict[str, Any]:
    """A request that the newest revision answered: a clean service is one that is used."""
    labels = {"service_name": name, "revision_name": f"{name}-{HISTORY + 1:05d}-abc", "location": REGION}
    moment = at(HISTORY * 60 + 40)
    return {
        "logName": f"projects/{estate.project}/logs/run.googleapis.com%2Frequests",
        "resource": {"type": "cloud_run_revision", "labels": labels},
        "timestamp": moment,
        "receiveTimestamp": moment,
        "insertId": name,
        "labels": {"instanceId": "0001"},
        "httpRequest": {"requestMethod": "GET", "requestUrl": "https://example.com/", "status": 200},
    }


def _job(estate: Estate, name: str, containers: list[Any]) -> dict[str, Any]:
    newest = {"name": f"{name}-{HISTORY}", "createTime": at(HISTORY * 60 + 30), "completionTime": at(HISTORY * 60 + 31)}
    return {
        "name": f"{estate.place()}/jobs/{name}",
        "updateTime": at(HISTORY * 60 + 29),
        "template": {"template": {"containers": containers}},
        "latestCreatedExecution": newest | {"completionStatus": "EXECUTION_SUCCEEDED"},
    }


async def calls(estate: Estate, count: int, kind: str, **how: bool) -> tuple[Report, int, int]:
    """The report, the calls that went through the boundary, and those that arrived."""
    fill(estate, count, kind, **how)
    estate.sandbox.reset_calls()
    estate.boundary.calls.clear()
    report = await estate.report(*workloads(count, kind), whole=True)
    asked = sum(number for (system, _), number in estate.boundary.calls.items() if system in GOOGLE)
    return report, asked, sum(estate.sandbox.calls().values())


@pytest.mark.parametrize(
    ("kind", "by_tag", "index"),
    [("service", False, False), ("service", True, True), ("job", False, False)],
)
async def test_two_hundred_workloads_cost_at_most_three_calls_more_than_five(
    estate: Estate, kind: str, by_tag: bool, index: bool
) -> None:
    few, asked_few, arrived_few = await calls(estate, 5, kind, by_tag=by_tag, index=index)
    many, asked_many, arrived_many = await calls(estate, 200, kind, by_tag=by_tag, index=index)
    assert (few.verdict, many.verdict) == ("signed-off", "signed-off")
    assert (asked_few, asked_many) == (arrived_few, arrived_many)
    assert asked_many - asked_few <= 3
