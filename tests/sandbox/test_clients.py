"""Google's own clients, over gRPC and over REST, read what is planted; both see the same."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import httpx2
import pytest
from google.api_core import exceptions
from google.cloud import artifactregistry_v1, run_v2
from google.cloud.devtools import cloudbuild_v1

from signoff_sandbox.server import RunningSandbox
from support.google_clients import channel, over_grpc, over_rest
from support.planted import BUILD, DIGEST, EXECUTION, JOB, PLACE, POOL, REPOSITORY, REVISION, SERVICE, TASK, TRIGGER

TAG = f"{REPOSITORY}/packages/web/tags/latest"
IMAGE = f"{REPOSITORY}/dockerImages/web@{DIGEST}"
NESTED = f"{REPOSITORY}/packages/team%2Fapi"
AR, CB = artifactregistry_v1, cloudbuild_v1
GETS = [
    (run_v2, "Services", "get_service", SERVICE),
    (run_v2, "Revisions", "get_revision", REVISION),
    (run_v2, "Jobs", "get_job", JOB),
    (run_v2, "Executions", "get_execution", EXECUTION),
    (run_v2, "Tasks", "get_task", TASK),
    (run_v2, "WorkerPools", "get_worker_pool", POOL),
    (AR, "ArtifactRegistry", "get_repository", REPOSITORY),
    (AR, "ArtifactRegistry", "get_docker_image", IMAGE),
    (AR, "ArtifactRegistry", "get_package", NESTED),
    (AR, "ArtifactRegistry", "get_tag", TAG),
]
LISTS = [
    (run_v2, "Services", "list_services", PLACE, [SERVICE]),
    (run_v2, "Revisions", "list_revisions", SERVICE, [REVISION]),
    (run_v2, "Revisions", "list_revisions", f"{PLACE}/services/-", [REVISION]),
    (run_v2, "Jobs", "list_jobs", PLACE, [JOB]),
    (run_v2, "Executions", "list_executions", JOB, [EXECUTION]),
    (run_v2, "Executions", "list_executions", f"{PLACE}/jobs/-", [EXECUTION]),
    (run_v2, "Tasks", "list_tasks", EXECUTION, [TASK]),
    (run_v2, "WorkerPools", "list_worker_pools", PLACE, [POOL]),
    (AR, "ArtifactRegistry", "list_repositories", PLACE, [REPOSITORY]),
    (AR, "ArtifactRegistry", "list_tags", f"{REPOSITORY}/packages/web", [TAG, f"{REPOSITORY}/packages/web/tags/v2"]),
]


def ids(cases: list[Any]) -> list[str]:
    return [f"{case[2]}-{case[3].rpartition('/')[2]}" for case in cases]


@pytest.mark.parametrize(("package", "client", "method", "name"), GETS, ids=ids(GETS))
async def test_a_resource_reads_the_same_over_both_wires(
    planted: RunningSandbox, connected: grpc.aio.Channel, package: Any, client: str, method: str, name: str
) -> None:
    over_one = await getattr(over_grpc(getattr(package, f"{client}AsyncClient"), connected), method)(name=name)
    rest = over_rest(getattr(package, f"{client}Client"), planted.http_address)
    other = await asyncio.to_thread(getattr(rest, method), name=name)
    assert over_one.name == name
    assert over_one == other


@pytest.mark.parametrize(("package", "client", "method", "name"), GETS, ids=ids(GETS))
async def test_a_resource_that_is_not_there_is_not_found_over_both_wires(
    running: RunningSandbox, connected: grpc.aio.Channel, package: Any, client: str, method: str, name: str
) -> None:
    with pytest.raises(exceptions.NotFound):
        await getattr(over_grpc(getattr(package, f"{client}AsyncClient"), connected), method)(name=name)
    rest = over_rest(getattr(package, f"{client}Client"), running.http_address)
    with pytest.raises(exceptions.NotFound):
        await asyncio.to_thread(getattr(rest, method), name=name)


@pytest.mark.parametrize(("package", "client", "method", "parent", "names"), LISTS, ids=ids(LISTS))
async def test_a_list_reads_the_same_over_both_wires(
    planted: RunningSandbox,
    connected: grpc.aio.Channel,
    package: Any,
    client: str,
    method: str,
    parent: str,
    names: list[str],
) -> None:
    pager = await getattr(over_grpc(getattr(package, f"{client}AsyncClient"), connected), method)(parent=parent)
    over_one = [item async for item in pager]
    rest = over_rest(getattr(package, f"{client}Client"), planted.http_address)
    other = await asyncio.to_thread(lambda: list(getattr(rest, method)(parent=parent)))
    assert [item.name for item in over_one] == names
    assert over_one == other


async def test_builds_and_triggers_read_the_same_over_both_wires(
    planted: RunningSandbox, connected: grpc.aio.Channel
) -> None:
    client = over_grpc(CB.CloudBuildAsyncClient, connected)
    rest = over_rest(CB.CloudBuildClient, planted.http_address)
    build = await client.get_build(CB.GetBuildRequest(name=BUILD))
    assert build.results.images[0].digest == DIGEST
    assert build == await asyncio.to_thread(rest.get_build, CB.GetBuildRequest(name=BUILD))
    builds = CB.ListBuildsRequest(parent=PLACE, filter='status="SUCCESS"')
    assert [one.name async for one in await client.list_builds(builds)] == [BUILD]
    assert [one.name for one in await asyncio.to_thread(lambda: list(rest.list_builds(builds)))] == [BUILD]
    triggers = CB.ListBuildTriggersRequest(parent=PLACE)
    assert [one.resource_name async for one in await client.list_build_triggers(triggers)] == [TRIGGER]
    listed = await asyncio.to_thread(lambda: list(rest.list_build_triggers(triggers)))
    assert [one.resource_name for one in listed] == [TRIGGER]


@pytest.mark.parametrize(
    ("client", "method"),
    [
        (run_v2.ServicesAsyncClient, "list_services"),
        (run_v2.JobsAsyncClient, "list_jobs"),
        (run_v2.WorkerPoolsAsyncClient, "list_worker_pools"),
    ],
)
@pytest.mark.parametrize("parent", ["projects/demo/locations/-", "projects/demo", "locations/us-central1", ""])
async def test_run_v2_wants_one_location(
    planted: RunningSandbox, connected: grpc.aio.Channel, client: Any, method: str, parent: str
) -> None:
    with pytest.raises(exceptions.InvalidArgument) as refused:
        await getattr(over_grpc(client, connected), method)(parent=parent)
    assert "parent" in str(refused.value.details)


async def test_a_deleted_service_is_listed_only_when_asked_for(
    planted: RunningSandbox, connected: grpc.aio.Channel
) -> None:
    service: Any = planted.cloud.store.get("services", SERVICE)
    service.delete_time.FromJsonString("2026-01-01T00:00:00Z")
    planted.cloud.store.put("services", SERVICE, service)
    client = over_grpc(run_v2.ServicesAsyncClient, connected)
    assert [one async for one in await client.list_services(parent=PLACE)] == []
    shown = await client.list_services(run_v2.ListServicesRequest(parent=PLACE, show_deleted=True))
    assert [one.name async for one in shown] == [SERVICE]


async def test_a_wrong_token_is_refused_over_both_wires(planted: RunningSandbox, http: httpx2.AsyncClient) -> None:
    async with channel(planted.grpc_address, token="stranger") as strange:
        with pytest.raises(exceptions.Unauthenticated):
            await over_grpc(run_v2.ServicesAsyncClient, strange).get_service(name=SERVICE)
    async with grpc.aio.insecure_channel(planted.grpc_address) as bare:
        with pytest.raises(exceptions.Unauthenticated):
            await over_grpc(run_v2.ServicesAsyncClient, bare).get_service(name=SERVICE)
    for header in ("Bearer stranger", "", "sandbox", "Basic c2FuZGJveDpzYW5kYm94"):
        answer = await http.get(f"/v2/{SERVICE}", headers={"authorization": header})
        assert answer.status_code == 401
        assert answer.json()["error"]["status"] == "UNAUTHENTICATED"
    assert planted.cloud.calls.total() == 0


async def test_what_is_not_modelled_says_so_by_name(running: RunningSandbox, connected: grpc.aio.Channel) -> None:
    method = "google.devtools.artifactregistry.v1.ArtifactRegistry/DeletePackage"
    client = over_grpc(AR.ArtifactRegistryAsyncClient, connected)
    with pytest.raises(exceptions.MethodNotImplemented, match=method):
        await client.delete_package(name=NESTED)
    rest = over_rest(AR.ArtifactRegistryClient, running.http_address)
    with pytest.raises(exceptions.GoogleAPICallError, match=method) as refused:
        await asyncio.to_thread(rest.delete_package, name=NESTED)
    assert refused.value.code == 501
    assert running.cloud.calls[method] == 2
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await connected.unary_unary("/no.such.Service/Method")(b"")
    assert unknown.value.code() == grpc.StatusCode.UNIMPLEMENTED


async def test_a_handler_that_breaks_is_an_internal_error_over_both_wires(
    planted: RunningSandbox, connected: grpc.aio.Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("bug")

    monkeypatch.setattr(planted.cloud.store, "get", broken)
    with pytest.raises(exceptions.InternalServerError, match="sandbox bug: ZeroDivisionError"):
        await over_grpc(run_v2.ServicesAsyncClient, connected).get_service(name=SERVICE)
    rest = over_rest(run_v2.ServicesClient, planted.http_address)
    with pytest.raises(exceptions.InternalServerError, match="sandbox bug: ZeroDivisionError"):
        await asyncio.to_thread(rest.get_service, name=SERVICE)
