"""Who may invoke a service, and what the refused are told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx2
import pytest
from google.cloud import run_v2
from google.iam.v1.policy_pb2 import Binding, Policy

from signoff_sandbox.world import identities
from support.apps import obedient
from support.cloudrun import IMAGE, Lab, lab

ROBOT = "robot@demo.iam.gserviceaccount.com"


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path) as made:
        await made.build(obedient())
        yield made


async def private(cloud: Lab, *members: str, role: str = "roles/run.invoker", **fields: object) -> run_v2.Service:
    service = await cloud.create(f"{IMAGE}:latest", public=False, **fields)
    cloud.cloud.iam_policies[service.name] = Policy(bindings=[Binding(role=role, members=members)])
    return service


def token(cloud: Lab, audience: str, email: str = ROBOT) -> dict[str, str]:
    return {"authorization": f"Bearer {identities.identity_token(cloud.cloud, email, audience)}"}


async def ask(cloud: Lab, service: run_v2.Service, headers: Mapping[str, str] | None = None) -> httpx2.Response:
    return await cloud.http.get(f"{service.uri}/pid?<b>", headers=headers)


async def test_whoever_says_nothing_is_refused_with_googles_page_and_the_log_knows_no_instance(cloud: Lab) -> None:
    service = await private(cloud, f"serviceAccount:{ROBOT}")
    answer = await ask(cloud, service)
    assert (answer.status_code, answer.headers["server"]) == (403, "Google Frontend")
    assert "<h1>Error: Forbidden</h1>" in answer.text
    assert "does not have permission to get URL <code>/pid?" in answer.text
    assert "<b>" not in answer.text
    [entry] = cloud.entries("requests")
    assert (entry.http_request.status, entry.severity, dict(entry.labels)) == (403, 400, {})
    assert entry.text_payload.startswith("The request was not authenticated. Either allow unauthenticated invocations")
    assert entry.resource.labels["revision_name"] == service.latest_ready_revision.rpartition("/")[2]


@pytest.mark.parametrize("value", ["Bearer a.b.c", "bearer sandbox"])
async def test_a_token_that_is_no_identity_token_of_the_sandbox_is_401(cloud: Lab, value: str) -> None:
    service = await private(cloud, "allAuthenticatedUsers")
    answer = await ask(cloud, service, {"authorization": value})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_token"')
    [entry] = cloud.entries("requests")
    assert "The access token could not be verified" in entry.text_payload
    assert (entry.http_request.status, dict(entry.labels)) == (401, {})


async def test_a_token_for_another_service_is_401_and_an_access_token_too(cloud: Lab) -> None:
    service = await private(cloud, "allAuthenticatedUsers")
    assert (await ask(cloud, service, token(cloud, "https://other.example.com"))).status_code == 401
    access = {"authorization": f"Bearer {identities.access_token(cloud.cloud, ROBOT)}"}
    assert (await ask(cloud, service, access)).status_code == 401


async def test_every_url_of_the_service_is_an_audience_and_so_is_a_custom_one(cloud: Lab) -> None:
    service = await private(cloud, f"serviceAccount:{ROBOT}", custom_audiences=["https://app.example.com"])
    assert len(service.urls) == 3
    for audience in (*service.urls, "https://app.example.com"):
        assert (await ask(cloud, service, token(cloud, audience))).status_code == 200, audience


@pytest.mark.parametrize(
    ("members", "role", "status"),
    [
        ([f"serviceAccount:{ROBOT}"], "roles/run.invoker", 200),
        ([f"serviceAccount:{ROBOT}"], "roles/run.servicesInvoker", 200),
        ([f"serviceAccount:{ROBOT}"], "roles/run.viewer", 403),
        (["serviceAccount:other@demo.iam.gserviceaccount.com"], "roles/run.invoker", 403),
        (["allAuthenticatedUsers"], "roles/run.invoker", 200),
        ([], "roles/run.invoker", 403),
    ],
)
async def test_iam_decides_about_those_who_are_known(cloud: Lab, members: list[str], role: str, status: int) -> None:
    service = await private(cloud, *members, role=role)
    assert (await ask(cloud, service, token(cloud, service.uri))).status_code == status
    [entry] = cloud.entries("requests")
    assert ("instanceId" in entry.labels) == (status == 200)


async def test_everybody_may_where_all_users_may_whatever_token_an_application_has_of_its_own(cloud: Lab) -> None:
    service = await private(cloud, "allUsers")
    answer = await cloud.http.get(f"{service.uri}/headers", headers={"authorization": "Bearer of-the-application"})
    assert answer.json()["authorization"] == "Bearer of-the-application"


async def test_without_the_check_nobody_is_asked(cloud: Lab) -> None:
    service = await private(cloud, invoker_iam_disabled=True)
    assert (await ask(cloud, service)).status_code == 200


async def test_a_second_header_leaves_the_first_to_the_application(cloud: Lab) -> None:
    service = await private(cloud, f"serviceAccount:{ROBOT}")
    headers = {
        "x-serverless-authorization": token(cloud, service.uri)["authorization"],
        "authorization": "Bearer of-the-application",
    }
    answer = await cloud.http.get(f"{service.uri}/headers", headers=headers)
    assert answer.json()["authorization"] == "Bearer of-the-application"
