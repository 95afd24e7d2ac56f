"""IAM: policies of Cloud Run resources, permissions, and what a denied permission refuses."""

from __future__ import annotations

from typing import Any

import grpc
import httpx2
import pytest
from google.api_core import exceptions
from google.cloud import run_v2
from google.iam.v1.policy_pb2 import Binding, Policy

from signoff_sandbox.server import RunningSandbox
from signoff_sandbox.wire.permissions import permission_of
from support.google_clients import over_grpc
from support.planted import JOB, PLACE, SERVICE

OPEN = Binding(role="roles/run.invoker", members=["allUsers"])


@pytest.fixture
def client(connected: grpc.aio.Channel) -> Any:
    return over_grpc(run_v2.ServicesAsyncClient, connected)


async def test_a_policy_is_set_and_read(client: Any, planted: RunningSandbox, connected: grpc.aio.Channel) -> None:
    assert (await client.get_iam_policy({"resource": SERVICE})).bindings == [OPEN]
    jobs = over_grpc(run_v2.JobsAsyncClient, connected)
    never = await jobs.get_iam_policy({"resource": JOB})
    assert (never.bindings, never.etag) == ([], b"\x00\x20\x01")
    made = await jobs.set_iam_policy({"resource": JOB, "policy": Policy(bindings=[OPEN], etag=never.etag)})
    assert made == await jobs.get_iam_policy({"resource": JOB})
    assert (made.bindings, made.etag != never.etag) == ([OPEN], True)


async def test_a_stale_policy_is_aborted(client: Any, planted: RunningSandbox) -> None:
    with pytest.raises(exceptions.Aborted):
        await client.set_iam_policy({"resource": SERVICE, "policy": Policy(etag=b"stale")})
    assert (await client.get_iam_policy({"resource": SERVICE})).bindings == [OPEN]


async def test_a_policy_of_nothing_is_not_found(client: Any, running: RunningSandbox) -> None:
    with pytest.raises(exceptions.NotFound):
        await client.get_iam_policy({"resource": SERVICE})


async def test_denied_permissions_are_not_granted(
    client: Any, planted: RunningSandbox, http: httpx2.AsyncClient
) -> None:
    asked = ["run.services.get", "run.services.update"]
    planted.cloud.denied_permissions.add("run.services.update")
    answer = await client.test_iam_permissions({"resource": SERVICE, "permissions": asked})
    assert list(answer.permissions) == ["run.services.get"]
    for version in ("v1", "v3"):
        project = await http.post(f"/{version}/projects/demo:testIamPermissions", json={"permissions": asked})
        assert project.json() == {"permissions": ["run.services.get"]}
    wrong = await http.post("/v1/projects/demo:testIamPermissions", json={"permissions": ["run.services.*"]})
    assert wrong.json()["error"]["status"] == "INVALID_ARGUMENT"


async def test_a_denied_permission_refuses_its_methods(client: Any, planted: RunningSandbox) -> None:
    planted.cloud.denied_permissions.add("run.services.list")
    with pytest.raises(exceptions.PermissionDenied, match=r"run\.services\.list") as refused:
        await client.list_services(parent=PLACE)
    assert refused.value.metadata == {"permission": "run.services.list", "resource": PLACE}
    assert (await client.get_service(name=SERVICE)).name == SERVICE


@pytest.mark.parametrize(
    ("method", "permission"),
    [
        ("google.cloud.run.v2.Services/CreateService", "run.services.create"),
        ("google.cloud.run.v2.Jobs/RunJob", "run.jobs.run"),
        ("google.cloud.run.v2.Executions/CancelExecution", "run.executions.cancel"),
        ("google.cloud.run.v2.Services/SetIamPolicy", "run.services.setIamPolicy"),
        ("google.cloud.run.v2.Services/TestIamPermissions", None),
        ("google.devtools.cloudbuild.v1.CloudBuild/ListBuildTriggers", "cloudbuild.builds.list"),
        ("google.logging.v2.LoggingServiceV2/ListLogEntries", "logging.logEntries.list"),
    ],
)
def test_a_methods_permission_is_googles(method: str, permission: str | None) -> None:
    assert permission_of(method) == permission
