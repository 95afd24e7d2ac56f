"""Service accounts: tokens that speak for them, and policies that say what they may do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from google.api_core import exceptions
from google.cloud import run_v2
from google.iam.v1.policy_pb2 import Binding, Policy
from google.type.expr_pb2 import Expr

from signoff_sandbox.server import RunningSandbox
from signoff_sandbox.settings import Settings
from signoff_sandbox.world import identities
from signoff_sandbox.world.cloud import Cloud
from support.cloudrun import IMAGE, Lab, app, lab
from support.google_clients import channel, over_grpc
from support.planted import JOB, PLACE, SERVICE

CRON = "cron@demo.iam.gserviceaccount.com"
START = datetime(2026, 1, 1, tzinfo=UTC)


def grant(cloud: Cloud, resource: str, role: str, member: str = f"serviceAccount:{CRON}", **more: Any) -> None:
    cloud.iam_policies[resource] = Policy(bindings=[Binding(role=role, members=[member], **more)])


def test_a_token_speaks_for_its_account_until_it_expires() -> None:
    now = START
    cloud = Cloud(Settings(), clock=lambda: now)
    token = identities.identity_token(cloud, CRON, "https://web.example.com")
    assert identities.speaker(cloud, token) == identities.Speaker(CRON, "https://web.example.com")
    assert identities.speaker(cloud, identities.access_token(cloud, CRON)) == identities.Speaker(CRON)
    now += timedelta(hours=1)
    assert identities.speaker(cloud, token) is None


@pytest.mark.parametrize("spoiled", ["", "x", "a.b.c", "{0}x", "x{0}"])
def test_a_token_that_the_sandbox_did_not_make_speaks_for_nobody(spoiled: str) -> None:
    cloud = Cloud(Settings())
    assert identities.speaker(cloud, spoiled.format(identities.access_token(cloud, CRON))) is None
    stranger = Cloud(Settings(token="another"))
    assert identities.speaker(cloud, identities.access_token(stranger, CRON)) is None


@pytest.mark.parametrize(
    ("resource", "role", "member", "permission", "allowed"),
    [
        (JOB, "roles/run.invoker", f"serviceAccount:{CRON}", "run.jobs.run", True),
        ("projects/demo", "roles/run.invoker", f"serviceAccount:{CRON}", "run.jobs.run", True),
        (JOB, "roles/run.invoker", "allAuthenticatedUsers", "run.jobs.run", True),
        (JOB, "roles/run.invoker", f"serviceAccount:{CRON}", "run.jobs.runWithOverrides", False),
        (JOB, "roles/run.viewer", f"serviceAccount:{CRON}", "run.jobs.run", False),
        (JOB, "roles/run.invoker", "serviceAccount:other@demo.iam.gserviceaccount.com", "run.jobs.run", False),
        (f"{PLACE}/jobs/other", "roles/run.invoker", f"serviceAccount:{CRON}", "run.jobs.run", False),
        ("projects/demo", "roles/editor", f"serviceAccount:{CRON}", "run.services.update", True),
        ("projects/demo", "roles/editor", f"serviceAccount:{CRON}", "secretmanager.versions.access", False),
        ("projects/demo", "roles/owner", f"serviceAccount:{CRON}", "secretmanager.versions.access", True),
    ],
)
def test_policies_of_the_resource_and_its_project_decide(
    resource: str, role: str, member: str, permission: str, allowed: bool
) -> None:
    cloud = Cloud(Settings())
    grant(cloud, resource, role, member)
    assert identities.may(cloud, f"serviceAccount:{CRON}", permission, JOB) is allowed


def test_nobody_in_particular_is_not_everybody_who_is_somebody() -> None:
    cloud = Cloud(Settings())
    grant(cloud, SERVICE, "roles/run.invoker", "allAuthenticatedUsers")
    assert not identities.may(cloud, "allUsers", "run.routes.invoke", SERVICE)
    grant(cloud, SERVICE, "roles/run.invoker", "allUsers")
    assert identities.may(cloud, "allUsers", "run.routes.invoke", SERVICE)


def test_a_binding_with_a_condition_gives_nothing() -> None:
    cloud = Cloud(Settings())
    grant(cloud, JOB, "roles/run.invoker", condition=Expr(expression="request.time < timestamp('2030-01-01')"))
    assert not identities.may(cloud, f"serviceAccount:{CRON}", "run.jobs.run", JOB)


async def test_googles_apis_answer_an_account_what_it_may_ask(planted: RunningSandbox) -> None:
    cloud = planted.cloud
    async with channel(planted.grpc_address, identities.access_token(cloud, CRON)) as connected:
        jobs = over_grpc(run_v2.JobsAsyncClient, connected)
        with pytest.raises(exceptions.PermissionDenied, match=r"run\.jobs\.get"):
            await jobs.get_job(name=JOB)
        grant(cloud, "projects/demo", "roles/run.admin")
        assert (await jobs.get_job(name=JOB)).name == JOB
        cloud.denied_permissions.add("run.jobs.get")
        with pytest.raises(exceptions.PermissionDenied):
            await jobs.get_job(name=JOB)


async def test_a_run_with_overrides_needs_another_permission_than_a_run(planted: RunningSandbox) -> None:
    cloud = planted.cloud
    grant(cloud, JOB, "roles/run.invoker")
    async with channel(planted.grpc_address, identities.access_token(cloud, CRON)) as connected:
        jobs = over_grpc(run_v2.JobsAsyncClient, connected)
        request = run_v2.RunJobRequest(name=JOB, overrides={"task_count": 1}, validate_only=True)
        with pytest.raises(exceptions.PermissionDenied, match=r"run\.jobs\.runWithOverrides"):
            await jobs.run_job(request)
        operation = await jobs.run_job(name=JOB)
        assert operation.metadata.creator == CRON


async def test_an_identity_token_is_nothing_to_googles_apis(running: RunningSandbox) -> None:
    async with httpx2.AsyncClient(trust_env=False, base_url=f"http://{running.http_address}") as http:
        token = identities.identity_token(running.cloud, CRON, "https://run.googleapis.com")
        answer = await http.get(f"/v2/{PLACE}/jobs", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 401


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path) as made:
        yield made


async def test_iam_decides_who_invokes_a_service_and_the_log_tells(cloud: Lab) -> None:
    await cloud.build(app("one"))
    service = await cloud.create(f"{IMAGE}:latest", public=False)
    world = cloud.cloud

    async def status(token: str) -> int:
        return (await cloud.http.get(f"{service.uri}/a", headers={"authorization": f"Bearer {token}"})).status_code

    token = identities.identity_token(world, CRON, f"{service.uri}/a")
    assert await status(token) == 403
    grant(world, service.name, "roles/run.invoker")
    assert await status(token) == 200
    assert await status(identities.identity_token(world, CRON, "https://other.example.com")) == 401
    assert await status(identities.access_token(world, CRON)) == 401
    texts = [(e.http_request.status, e.text_payload[:37]) for e in cloud.entries("requests")]
    assert texts == [
        (403, "The request was not authorized to inv"),
        (200, ""),
        (401, "The request was not authorized to inv"),
        (401, "The request was not authorized to inv"),
    ]
