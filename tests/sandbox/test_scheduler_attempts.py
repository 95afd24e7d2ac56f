"""Attempts of Cloud Scheduler: the request that goes out, as whom, and what its log says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.cloud import run_v2, scheduler_v1
from google.cloud.scheduler_v1.types import Job
from google.iam.v1.policy_pb2 import Binding, Policy
from google.protobuf import json_format

from signoff_sandbox.world import identities, run_urls
from signoff_sandbox.world.scheduler_attempts import Outcome
from support.cloudrun import IMAGE, PLACE, Lab, app, lab
from support.endpoint import endpoint

CRON = "cron@demo.iam.gserviceaccount.com"
NAME = f"{PLACE}/jobs/nightly"
OIDC, OAUTH = {"oidc_token": {"service_account_email": CRON}}, {"oauth_token": {"service_account_email": CRON}}


class Tried:
    """A lab in which a job is made, run once, and read with its log."""

    def __init__(self, made: Lab) -> None:
        self.lab = made
        self.client = made._client(scheduler_v1.CloudSchedulerAsyncClient)

    async def run(self, uri: str, **fields: Any) -> tuple[int, dict[str, Any]]:
        """The code of the job's status, and the entry of its last AttemptFinished as JSON."""
        deadline = fields.pop("attempt_deadline", None)
        job = Job(name=NAME, schedule="0 3 1 1 *", attempt_deadline=deadline, http_target={"uri": uri, **fields})
        if self.lab.cloud.store.get("schedulerJobs", NAME) is None:
            await self.client.create_job(parent=PLACE, job=job)
        else:
            await self.client.update_job(job=job)
        before = len(self.finished())
        await self.client.run_job(name=NAME)
        await self.lab.until(lambda: len(self.finished()) > before)
        await self.lab.until(lambda: (self.lab.cloud.store.get("schedulerJobs", NAME)).status.code >= 0)
        return (await self.client.get_job(name=NAME)).status.code, self.finished()[-1]

    def finished(self) -> list[dict[str, Any]]:
        return [entry for entry in self.log() if entry["jsonPayload"]["@type"].endswith("AttemptFinished")]

    def log(self) -> list[dict[str, Any]]:
        entries = map(json_format.MessageToDict, self.lab.cloud.logbook.everything())
        return [entry for entry in entries if entry["resource"]["type"] == "cloud_scheduler_job"]

    def grant(self, resource: str, role: str) -> None:
        binding = Binding(role=role, members=[f"serviceAccount:{CRON}"])
        self.lab.cloud.iam_policies[resource] = Policy(bindings=[binding])


@pytest.fixture
async def tried(tmp_path: Path) -> AsyncIterator[Tried]:
    async with lab(tmp_path) as made:
        yield Tried(made)


async def test_the_request_is_schedulers_and_carries_what_the_job_says(tried: Tried) -> None:
    async with endpoint() as target:
        code, _ = await tried.run(
            f"{target.url}/a?b=c", http_method="PUT", body=b"{}", headers={"X-Own": "yes"}, **OIDC
        )
        ((line, headers, body),) = target.requests
    assert (code, line, body) == (0, "PUT /a?b=c", b"{}")
    assert headers["user-agent"] == "Google-Cloud-Scheduler"
    assert (headers["x-own"], headers["x-cloudscheduler"]) == ("yes", "true")
    assert headers["x-cloudscheduler-jobname"] == "nightly"
    assert headers["x-cloudscheduler-scheduletime"].endswith("Z")
    token = headers["authorization"].removeprefix("Bearer ")
    assert identities.speaker(tried.lab.cloud, token) == identities.Speaker(CRON, f"{target.url}/a?b=c")


async def test_both_entries_of_an_attempt_are_in_the_log(tried: Tried) -> None:
    async with endpoint(500) as target:
        await tried.run(target.url)
    started, finished = tried.log()
    labels = {"project_id": "demo", "location": "us-central1", "job_id": "nightly"}
    for entry in (started, finished):
        assert entry["resource"] == {"type": "cloud_scheduler_job", "labels": labels}
        assert entry["logName"] == "projects/demo/logs/cloudscheduler.googleapis.com%2Fexecutions"
    time = started["jsonPayload"].pop("scheduledTime")
    common = {"jobName": NAME, "targetType": "HTTP", "url": target.url}
    kind = "type.googleapis.com/google.cloud.scheduler.logging"
    assert time.endswith("Z")
    assert started["jsonPayload"] == {"@type": f"{kind}.AttemptStarted", **common}
    assert finished["jsonPayload"] == {
        "@type": f"{kind}.AttemptFinished",
        "debugInfo": "URL_UNREACHABLE-UNREACHABLE_5xx. Original HTTP response code number = 500",
        "status": "INTERNAL",
        **common,
    }
    assert (started["severity"], finished["severity"], finished["httpRequest"]) == ("INFO", "ERROR", {"status": 500})


@pytest.mark.parametrize(
    ("status", "code", "debug"),
    [
        (204, "OK", "URL_CRAWLED"),
        (302, "UNKNOWN", "URL_ERROR-ERROR_OTHER"),
        (401, "UNAUTHENTICATED", "URL_ERROR-ERROR_AUTHENTICATION"),
        (403, "PERMISSION_DENIED", "URL_ERROR-ERROR_OTHER"),
        (404, "NOT_FOUND", "URL_ERROR-ERROR_NOT_FOUND"),
        (429, "RESOURCE_EXHAUSTED", "URL_ERROR-ERROR_OTHER"),
        (503, "UNAVAILABLE", "URL_UNREACHABLE-UNREACHABLE_5xx"),
        (504, "DEADLINE_EXCEEDED", "URL_TIMEOUT-TIMEOUT_WEB"),
    ],
)
def test_an_answer_is_read_as_scheduler_reads_it(status: int, code: str, debug: str) -> None:
    outcome = Outcome.of(status)
    assert outcome.code is grpc.StatusCode[code]
    assert outcome.debug == f"{debug}. Original HTTP response code number = {status}"


async def test_whoever_does_not_answer_in_time_is_a_failure(tried: Tried, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signoff_sandbox.world.scheduler.SHORTEST_DEADLINE", 0)
    async with endpoint(0) as target:
        code, entry = await tried.run(target.url, attempt_deadline=timedelta(milliseconds=50))
    assert (code, entry["jsonPayload"]["status"]) == (4, "DEADLINE_EXCEEDED")
    assert entry["jsonPayload"]["debugInfo"].startswith("URL_TIMEOUT-TIMEOUT_WEB.")


async def test_nobody_outside_of_this_machine_is_called(tried: Tried) -> None:
    code, entry = await tried.run("https://example.com/")
    assert (code, entry["jsonPayload"]["status"]) == (14, "UNAVAILABLE")
    assert "nobody outside of this machine" in entry["jsonPayload"]["debugInfo"]
    async with endpoint() as gone:
        pass
    code, entry = await tried.run(gone.url)
    assert (code, "httpRequest" in entry) == (14, False)


async def test_iam_decides_whether_a_service_lets_it_in_and_both_logs_tell(tried: Tried) -> None:
    await tried.lab.build(app("one"))
    service = await tried.lab.create(f"{IMAGE}:latest", public=False)
    code, entry = await tried.run(f"{service.uri}/cron")
    assert (code, entry["httpRequest"]["status"]) == (7, 403), "without an identity"
    code, entry = await tried.run(f"{service.uri}/cron", **OIDC)
    assert (code, entry["jsonPayload"]["status"]) == (7, "PERMISSION_DENIED")
    tried.grant(service.name, "roles/run.invoker")
    assert (await tried.run(f"{service.uri}/cron", **OAUTH))[0] == 16, "an access token is for Google's APIs"
    code, entry = await tried.run(f"{service.uri}/cron", http_method="GET", **OIDC)
    assert (code, entry["jsonPayload"]["debugInfo"][:11]) == (0, "URL_CRAWLED")
    requests = tried.lab.entries("requests", service_name="web")
    assert [one.http_request.status for one in requests] == [403, 403, 401, 200]
    assert {one.http_request.user_agent for one in requests} == {"Google-Cloud-Scheduler"}


async def test_a_service_is_found_by_its_run_app_url_and_an_internal_one_lets_it_in(tried: Tried) -> None:
    await tried.lab.build(app("one"))
    ingress = run_v2.IngressTraffic.INGRESS_TRAFFIC_INTERNAL_ONLY
    service = await tried.lab.create(f"{IMAGE}:latest", public=False, ingress=ingress)
    tried.grant(service.name, "roles/run.invoker")
    (uri, *_) = run_urls.urls(service.name)
    assert (await tried.lab.http.get(service.uri)).status_code == 404, "from outside it is not there"
    for url in (f"{uri}/a", f"{service.uri}/a"):
        assert (await tried.run(url, http_method="GET", **OIDC))[0] == 0
    assert (await tried.run("https://other-abc-uc.a.run.app/", **OIDC))[0] == 5


RUN = "https://us-central1-run.googleapis.com"


@pytest.mark.parametrize(
    "uri",
    [
        f"{RUN}/apis/run.googleapis.com/v1/namespaces/demo/jobs/extract:run",
        f"{RUN}/v2/{PLACE}/jobs/extract:run",
        f"https://run.googleapis.com/v2/{PLACE}/jobs/extract:run",
    ],
)
async def test_a_job_of_cloud_run_is_run_as_the_account_if_iam_lets_it(tried: Tried, uri: str) -> None:
    files = {"Dockerfile": 'FROM python:3.12\nCOPY . .\nCMD ["python", "main.py"]\n', "main.py": "print('ran')\n"}
    await tried.lab.build(files)
    job = run_v2.Job(template={"template": {"containers": [{"image": f"{IMAGE}:latest"}]}})
    await tried.lab.finish(await tried.lab.jobs.create_job(parent=PLACE, job=job, job_id="extract"))
    assert (await tried.run(uri))[0] == 16, "without an identity"
    code, entry = await tried.run(uri, **OIDC)
    assert (code, entry["jsonPayload"]["debugInfo"]) == (
        16,
        "URL_ERROR-ERROR_AUTHENTICATION. Original HTTP response code number = 401",
    ), "Google's APIs take no identity token"
    assert (await tried.run(uri, **OAUTH))[0] == 7
    tried.grant(f"{PLACE}/jobs/extract", "roles/run.invoker")
    overrides = b'{"overrides": {"taskCount": 1}}'
    assert (await tried.run(uri, body=overrides, **OAUTH))[0] == 7, "overrides need a permission that invokers lack"
    assert (await tried.run(uri, **OAUTH))[0] == 0
    (execution,) = tried.lab.cloud.store.list("executions", f"{PLACE}/jobs/extract")
    assert execution.creator == CRON  # type: ignore[attr-defined]
    await tried.lab.until(lambda: bool(tried.lab.entries("stdout", job_name="extract")))
