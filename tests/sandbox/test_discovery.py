"""Every get and list answers what Google's discovery documents declare."""

from __future__ import annotations

import copy
from typing import Any

import httpx2
import pytest

from signoff_sandbox.server import RunningSandbox
from support.discovery import problems
from support.planted import (
    BUILD,
    EXECUTION,
    JOB,
    PLACE,
    POOL,
    REPOSITORY,
    REVISION,
    SCHEDULE,
    SECRET,
    SERVICE,
    STATE,
    TASK,
    TRIGGER,
)

RUN = "GoogleCloudRunV2"
ANSWERS = [
    ("run.v2", f"{RUN}Service", f"/v2/{SERVICE}"),
    ("run.v2", f"{RUN}ListServicesResponse", f"/v2/{PLACE}/services"),
    ("run.v2", f"{RUN}Revision", f"/v2/{REVISION}"),
    ("run.v2", f"{RUN}ListRevisionsResponse", f"/v2/{SERVICE}/revisions"),
    ("run.v2", f"{RUN}Job", f"/v2/{JOB}"),
    ("run.v2", f"{RUN}ListJobsResponse", f"/v2/{PLACE}/jobs"),
    ("run.v2", f"{RUN}Execution", f"/v2/{EXECUTION}"),
    ("run.v2", f"{RUN}ListExecutionsResponse", f"/v2/{JOB}/executions"),
    ("run.v2", f"{RUN}Task", f"/v2/{TASK}"),
    ("run.v2", f"{RUN}ListTasksResponse", f"/v2/{EXECUTION}/tasks"),
    ("run.v2", f"{RUN}WorkerPool", f"/v2/{POOL}"),
    ("run.v2", f"{RUN}ListWorkerPoolsResponse", f"/v2/{PLACE}/workerPools"),
    ("run.v2", "GoogleIamV1Policy", f"/v2/{SERVICE}:getIamPolicy"),
    ("cloudbuild.v1", "Build", f"/v1/{BUILD}"),
    ("cloudbuild.v1", "ListBuildsResponse", f"/v1/{PLACE}/builds"),
    ("cloudbuild.v1", "BuildTrigger", f"/v1/{TRIGGER}"),
    ("cloudbuild.v1", "ListBuildTriggersResponse", f"/v1/{PLACE}/triggers"),
    ("artifactregistry.v1", "Repository", f"/v1/{REPOSITORY}"),
    ("artifactregistry.v1", "ListRepositoriesResponse", f"/v1/{PLACE}/repositories"),
    ("artifactregistry.v1", "ListDockerImagesResponse", f"/v1/{REPOSITORY}/dockerImages"),
    ("artifactregistry.v1", "ListPackagesResponse", f"/v1/{REPOSITORY}/packages"),
    ("artifactregistry.v1", "ListTagsResponse", f"/v1/{REPOSITORY}/packages/web/tags"),
    ("logging.v2", "ListLogsResponse", "/v2/projects/demo/logs"),
    ("logging.v2", "ListMonitoredResourceDescriptorsResponse", "/v2/monitoredResourceDescriptors"),
    ("cloudscheduler.v1", "Job", f"/v1/{SCHEDULE}"),
    ("cloudscheduler.v1", "ListJobsResponse", f"/v1/{PLACE}/jobs"),
    ("secretmanager.v1", "Secret", f"/v1/{SECRET}"),
    ("secretmanager.v1", "ListSecretsResponse", "/v1/projects/demo/secrets"),
    ("secretmanager.v1", "SecretVersion", f"/v1/{SECRET}/versions/latest"),
    ("secretmanager.v1", "ListSecretVersionsResponse", f"/v1/{SECRET}/versions"),
    ("secretmanager.v1", "AccessSecretVersionResponse", f"/v1/{SECRET}/versions/1:access"),
]


@pytest.mark.parametrize(("api", "schema", "path"), ANSWERS, ids=[schema for _, schema, _ in ANSWERS])
async def test_an_answer_has_the_shape_of_the_discovery_document(
    planted: RunningSandbox, http: httpx2.AsyncClient, api: str, schema: str, path: str
) -> None:
    answer = await http.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.json(), "an empty answer examines nothing"
    assert problems(api, schema, answer.json()) == []


async def test_log_entries_have_the_shape_of_the_discovery_document(
    planted: RunningSandbox, http: httpx2.AsyncClient
) -> None:
    answer = await http.post("/v2/entries:list", json={"resourceNames": ["projects/demo"]})
    assert len(answer.json()["entries"]) == 3
    assert problems("logging.v2", "ListLogEntriesResponse", answer.json()) == []


WRONG: list[tuple[str, Any, str]] = [
    ("generation", 7, "is no string"),
    ("generation", "seven", "is no int64"),
    ("createTime", "yesterday", "is no google-datetime"),
    ("createTime", "2026-13-01T00:00:00Z", "is no google-datetime"),
    ("ingress", "INGRESS_EVERYWHERE", "is none of the enum"),
    ("labels", ["a"], "is no object"),
    ("labels", {"a": 1}, "is no string"),
    ("traffic", {}, "is no list"),
    ("reconciling", "true", "is no boolean"),
    ("observed_generation", "7", "unknown field"),
    ("template", {"timeout": 300}, "is no string"),
    ("template", {"timeout": "5m"}, "is no google-duration"),
    ("template", {"maxInstanceRequestConcurrency": 2**31}, "is no int32"),
    ("template", {"maxInstanceRequestConcurrency": True}, "is no integer"),
]


@pytest.mark.parametrize(("field", "value", "problem"), WRONG)
def test_the_examiner_names_a_wrong_answer(field: str, value: Any, problem: str) -> None:
    service = copy.deepcopy(STATE["services"][0])
    assert problems("run.v2", f"{RUN}Service", service) == []
    service[field] = value
    (found,) = problems("run.v2", f"{RUN}Service", service)
    assert problem in found
    assert field in found
