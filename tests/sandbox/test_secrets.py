"""Secret Manager over Google's client: secrets, versions, what they hold, and who may read it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import google_crc32c
import grpc
import httpx2
import pytest
from google.api_core import exceptions
from google.cloud import secretmanager_v1
from google.cloud.secretmanager_v1.types import Secret, SecretVersion
from google.iam.v1.policy_pb2 import Binding, Policy

from signoff_sandbox import state
from signoff_sandbox.server import RunningSandbox
from signoff_sandbox.world import identities
from signoff_sandbox.world.projects import number_of
from support.google_clients import channel, over_grpc

PROJECT = "projects/demo"
NUMBER = f"projects/{number_of('demo')}"
NAME = f"{PROJECT}/secrets/db-url"
AUTOMATIC = {"replication": {"automatic": {}}}
State = SecretVersion.State


@pytest.fixture
def client(connected: grpc.aio.Channel) -> Any:
    return over_grpc(secretmanager_v1.SecretManagerServiceAsyncClient, connected)


async def make(client: Any, *payloads: bytes, name: str = "db-url", **fields: Any) -> None:
    await client.create_secret(parent=PROJECT, secret_id=name, secret=Secret({**AUTOMATIC, **fields}))
    for payload in payloads:
        await client.add_secret_version(parent=f"{PROJECT}/secrets/{name}", payload={"data": payload})


async def read(client: Any, version: str = "latest", name: str = NAME) -> bytes:
    return (await client.access_secret_version(name=f"{name}/versions/{version}")).payload.data


async def test_a_version_is_read_by_number_and_as_latest_with_its_checksum(client: Any) -> None:
    await make(client, b"one", b"two")
    assert (await read(client, "1"), await read(client), await read(client, "2")) == (b"one", b"two", b"two")
    answer = await client.access_secret_version(name=f"{NAME}/versions/latest")
    assert answer.name == f"{NUMBER}/secrets/db-url/versions/2", "Google answers with the project's number"
    assert answer.payload.data_crc32c == google_crc32c.value(b"two")
    assert await read(client, "1", f"{NUMBER}/secrets/db-url") == b"one"


async def test_latest_is_the_highest_number_even_if_that_is_disabled(client: Any) -> None:
    await make(client, b"one", b"two")
    version = await client.disable_secret_version(name=f"{NAME}/versions/2")
    assert version.state == State.DISABLED
    with pytest.raises(exceptions.FailedPrecondition, match=rf"Secret Version \[{NUMBER}/.*/2\] is in DISABLED state"):
        await read(client)
    assert await read(client, "1") == b"one"
    await client.enable_secret_version(name=f"{NAME}/versions/2")
    assert await read(client) == b"two"


async def test_a_destroyed_version_is_gone_for_good(client: Any, running: RunningSandbox) -> None:
    await make(client, b"one")
    version = await client.destroy_secret_version(name=f"{NAME}/versions/1")
    assert (version.state, version.destroy_time is not None) == (State.DESTROYED, True)
    with pytest.raises(exceptions.FailedPrecondition, match="is in DESTROYED state"):
        await read(client, "1")
    with pytest.raises(exceptions.FailedPrecondition, match="is in DESTROYED state"):
        await client.enable_secret_version(name=f"{NAME}/versions/1")
    assert "secretPayloads" not in state.dump(running.cloud)
    added = await client.add_secret_version(parent=NAME, payload={"data": b"two"})
    assert added.name.endswith("/versions/2"), "a number is never used again"


async def test_a_delayed_destruction_disables_first(client: Any) -> None:
    await make(client, b"one", version_destroy_ttl=timedelta(days=1))
    version = await client.destroy_secret_version(name=f"{NAME}/versions/1")
    assert version.state == State.DISABLED
    assert version.scheduled_destroy_time - datetime.now(UTC) > timedelta(hours=23)
    assert (await client.destroy_secret_version(name=f"{NAME}/versions/1")).state == State.DESTROYED


async def test_an_alias_names_a_version_that_exists(client: Any) -> None:
    await make(client, b"one", b"two")
    secret = Secret(name=NAME, version_aliases={"stable": 1})
    updated = await client.update_secret(secret=secret, update_mask={"paths": ["version_aliases"]})
    assert dict(updated.version_aliases) == {"stable": 1}
    assert await read(client, "stable") == b"one"
    secret.version_aliases = {"next": 3}
    with pytest.raises(exceptions.InvalidArgument, match="version 3, which does not exist"):
        await client.update_secret(secret=secret, update_mask={"paths": ["version_aliases"]})


@pytest.mark.parametrize(
    ("version", "complaint"),
    [
        ("db-url/versions/9", rf"Secret Version \[{NUMBER}/secrets/db-url/versions/9\] not found\."),
        ("db-url/versions/stable", r"versions/stable\] not found\."),
        ("other/versions/1", rf"Secret \[{NUMBER}/secrets/other\] not found or has no versions\."),
        ("empty/versions/latest", rf"Secret \[{NUMBER}/secrets/empty\] not found or has no versions\."),
    ],
)
async def test_a_version_that_does_not_exist_is_not_found_in_googles_words(
    client: Any, version: str, complaint: str
) -> None:
    await make(client, b"one")
    await make(client, name="empty")
    with pytest.raises(exceptions.NotFound, match=complaint):
        await client.access_secret_version(name=f"{PROJECT}/secrets/{version}")


async def test_lists_are_newest_first_with_their_size_and_a_filter(client: Any) -> None:
    await make(client, b"one", b"two", b"three")
    await make(client, name="other", labels={"team": "web"})
    await client.disable_secret_version(name=f"{NAME}/versions/2")
    pager = await client.list_secret_versions(request={"parent": NAME, "page_size": 2})
    assert pager.total_size == 3
    assert [version.name[-1] async for version in pager] == ["3", "2", "1"]
    enabled = await client.list_secret_versions(request={"parent": NAME, "filter": "state:ENABLED"})
    assert [version.name[-1] async for version in enabled] == ["3", "1"]
    assert [secret.name[-5:] async for secret in await client.list_secrets(parent=PROJECT)] == ["other", "b-url"]
    web = await client.list_secrets(request={"parent": NUMBER, "filter": "labels.team=web"})
    assert [secret.name async for secret in web] == [f"{NUMBER}/secrets/other"]
    with pytest.raises(exceptions.InvalidArgument, match="thud"):
        await client.list_secrets(request={"parent": PROJECT, "filter": "thud=1"})


async def test_a_secret_ends_when_its_time_is_over(client: Any, running: RunningSandbox) -> None:
    await make(client, b"one", ttl=timedelta(hours=1))
    assert (await client.get_secret(name=NAME)).expire_time - datetime.now(UTC) > timedelta(minutes=59)
    running.cloud.clock = lambda: datetime.now(UTC) + timedelta(hours=2)
    with pytest.raises(exceptions.NotFound):
        await read(client)
    assert state.dump(running.cloud) == {}


async def test_deleting_a_secret_deletes_all_of_it(client: Any, running: RunningSandbox) -> None:
    await make(client, b"one")
    await client.set_iam_policy({"resource": NAME, "policy": Policy()})
    with pytest.raises(exceptions.Aborted):
        await client.delete_secret(request={"name": NAME, "etag": '"stale"'})
    await client.delete_secret(name=NAME)
    assert state.dump(running.cloud) == {}
    with pytest.raises(exceptions.NotFound, match=rf"Secret \[{NUMBER}/secrets/db-url\] not found\."):
        await client.get_secret(name=NAME)


async def test_a_wrong_request_is_refused_and_nothing_of_a_payload_is_said(client: Any) -> None:
    await make(client)
    with pytest.raises(exceptions.AlreadyExists, match=rf"Secret \[{NUMBER}/secrets/db-url\] already exists\."):
        await make(client)
    with pytest.raises(exceptions.InvalidArgument, match="replication"):
        await client.create_secret(parent=PROJECT, secret_id="x", secret=Secret())
    with pytest.raises(exceptions.InvalidArgument, match="Secret ID must match"):
        await client.create_secret(parent=PROJECT, secret_id="a.b", secret=Secret(AUTOMATIC))
    with pytest.raises(exceptions.InvalidArgument, match="cannot be empty"):
        await client.add_secret_version(parent=NAME, payload={"data": b""})
    for payload in ({"data": b"hunter2", "data_crc32c": 1}, {"data": b"hunter2" * 10_000}):
        with pytest.raises(exceptions.InvalidArgument) as refused:
            await client.add_secret_version(parent=NAME, payload=payload)
        assert "hunter2" not in str(refused.value)
    with pytest.raises(exceptions.InvalidArgument, match="'name' cannot be updated"):
        await client.update_secret(secret=Secret(name=NAME), update_mask={"paths": ["name"]})


async def test_policies_of_a_secret_decide_who_reads_it(client: Any, running: RunningSandbox) -> None:
    await make(client, b"one")
    email = "app@demo.iam.gserviceaccount.com"
    async with channel(running.grpc_address, identities.access_token(running.cloud, email)) as connected:
        app = over_grpc(secretmanager_v1.SecretManagerServiceAsyncClient, connected)
        with pytest.raises(exceptions.PermissionDenied, match=r"secretmanager\.versions\.access"):
            await read(app)
        binding = Binding(role="roles/secretmanager.secretAccessor", members=[f"serviceAccount:{email}"])
        policy = await client.set_iam_policy({"resource": NAME, "policy": Policy(bindings=[binding], version=3)})
        assert policy.version == 1, "3 only where a binding has a condition"
        assert await read(app) == b"one"
        asked = ["secretmanager.versions.access", "secretmanager.versions.add"]
        answer = await app.test_iam_permissions({"resource": NAME, "permissions": asked})
        assert list(answer.permissions) == asked[:1]


async def test_replicas_of_a_secret_are_those_of_its_versions(client: Any) -> None:
    where = {"user_managed": {"replicas": [{"location": "us-east1"}, {"location": "us-west1"}]}}
    await client.create_secret(parent=PROJECT, secret_id="db-url", secret=Secret(replication=where))
    version = await client.add_secret_version(parent=NAME, payload={"data": b"one"})
    replicas = version.replication_status.user_managed.replicas
    assert [replica.location for replica in replicas] == ["us-east1", "us-west1"]


async def test_a_planted_version_without_its_payload_says_what_is_missing(client: Any, running: RunningSandbox) -> None:
    version = {"name": f"{NAME}/versions/1", "state": "ENABLED"}
    state.merge(running.cloud, {"secrets": [{"name": NAME}], "secretVersions": [version]})
    with pytest.raises(exceptions.FailedPrecondition, match="plant its entry of 'secretPayloads'"):
        await read(client)
    payload = {"name": f"{NUMBER}/secrets/db-url/versions/1", "payload": {"data": "b25l"}}
    state.merge(running.cloud, {"secretPayloads": [payload]})
    assert await read(client) == b"one"


async def test_a_state_brings_back_the_same_secrets(client: Any, running: RunningSandbox) -> None:
    await make(client, b"one", b"two")
    saved = state.dump(running.cloud)
    await client.delete_secret(name=NAME)
    state.merge(running.cloud, saved)
    assert await read(client) == b"two"
    assert state.dump(running.cloud) == saved


async def test_rest_says_the_same(client: Any, http: httpx2.AsyncClient) -> None:
    await make(client, b"one")
    answer = await http.get(f"/v1/{NAME}/versions/latest:access")
    assert answer.json()["payload"] == {"data": "b25l", "dataCrc32c": str(google_crc32c.value(b"one"))}
