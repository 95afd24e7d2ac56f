"""Deploying services: a build of a commit becomes a revision, and the revision answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from google.api_core import exceptions
from google.cloud import run_v2

from support.cloudrun import IMAGE, PLACE, Lab, app, lab

SUCCEEDED, FAILED = run_v2.Condition.State.CONDITION_SUCCEEDED, run_v2.Condition.State.CONDITION_FAILED
LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
REVISION = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
BROKEN = {"main.py": "import sys\nprint('cannot start', file=sys.stderr)\nsys.exit(7)\n"}


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path) as made:
        yield made


def short(name: str) -> str:
    return name.rpartition("/")[2]


async def test_a_deployed_service_is_ready_and_answers(cloud: Lab) -> None:
    digest = await cloud.build(app("one"))
    service = await cloud.create(f"{IMAGE}:latest")
    assert service.terminal_condition.state == SUCCEEDED
    assert {c.type_: c.state for c in service.conditions} == {
        "ConfigurationsReady": SUCCEEDED,
        "RoutesReady": SUCCEEDED,
    }
    assert (service.generation, service.observed_generation, service.reconciling) == (1, 1, False)
    assert service.latest_ready_revision == service.latest_created_revision
    assert short(service.latest_ready_revision).startswith("web-00001-")
    assert [(t.type_, t.percent, t.revision) for t in service.traffic_statuses] == [(LATEST, 100, "")]
    assert service.template.containers[0].image == f"{IMAGE}:latest"
    revision = await cloud.revisions.get_revision(name=service.latest_ready_revision)
    assert revision.containers[0].image == f"{IMAGE}@{digest}"
    answer = await cloud.http.get(f"{service.uri}/hello?x=1")
    assert answer.text == f"one {short(service.latest_ready_revision)} /hello?x=1"
    assert service.urls[0] == service.uri


async def test_a_new_image_is_a_new_revision_and_takes_the_traffic(cloud: Lab) -> None:
    await cloud.build(app("one"), f"{IMAGE}:one")
    first = await cloud.create(f"{IMAGE}:one")
    await cloud.build(app("two"), f"{IMAGE}:two")
    first.template.containers[0].image = f"{IMAGE}:two"
    second = await cloud.update(first)
    assert second.generation == 2
    assert second.latest_ready_revision != first.latest_ready_revision
    assert second.uri == first.uri
    assert (await cloud.http.get(second.uri)).text.startswith("two ")


async def test_a_moved_tag_alone_makes_no_revision(cloud: Lab) -> None:
    await cloud.build(app("one"))
    first = await cloud.create(f"{IMAGE}:latest")
    await cloud.build(app("two"))
    second = await cloud.update(first)
    assert (second.generation, second.latest_created_revision) == (1, first.latest_created_revision)
    assert (await cloud.http.get(second.uri)).text.startswith("one ")


async def test_a_revision_that_cannot_start_fails_the_operation_and_the_old_one_keeps_serving(cloud: Lab) -> None:
    await cloud.build(app("one"), f"{IMAGE}:one")
    good = await cloud.create(f"{IMAGE}:one")
    await cloud.build(BROKEN, f"{IMAGE}:two")
    wanted = run_v2.Service(good)
    wanted.template.containers[0].image = f"{IMAGE}:two"
    with pytest.raises(exceptions.GoogleAPICallError, match="failed to start and listen on the port") as failed:
        await cloud.update(wanted)
    assert failed.value.errors[0].code == 9
    service = await cloud.service()
    assert service.terminal_condition.state == FAILED
    assert "is not ready and cannot serve traffic" in service.terminal_condition.message
    assert service.latest_ready_revision == good.latest_ready_revision
    assert service.latest_created_revision != good.latest_created_revision
    assert (service.generation, service.observed_generation, service.reconciling) == (2, 2, False)
    revision = await cloud.revisions.get_revision(name=service.latest_created_revision)
    ready = {c.type_: c for c in revision.conditions}["Ready"]
    assert ready.state == FAILED
    assert ready.revision_reason == run_v2.Condition.RevisionReason.HEALTH_CHECK_CONTAINER_ERROR
    assert (await cloud.http.get(service.uri)).text.startswith("one ")
    said = cloud.entries("stderr", revision_name=short(service.latest_created_revision))
    assert [entry.text_payload for entry in said] == ["cannot start"]
    platform = cloud.entries("varlog%2Fsystem", revision_name=short(service.latest_created_revision))
    assert any("exit(7)" in entry.text_payload for entry in platform)


async def test_an_image_that_is_not_in_the_registry_is_container_missing(cloud: Lab) -> None:
    with pytest.raises(exceptions.GoogleAPICallError, match=r"Image '.*' not found"):
        await cloud.create(f"{IMAGE}:nowhere")
    service = await cloud.service()
    assert service.terminal_condition.reason == run_v2.Condition.CommonReason.CONTAINER_MISSING
    assert not service.latest_ready_revision
    assert (await cloud.http.get(service.uri)).status_code == 503


async def test_a_program_that_never_listens_fails_after_the_startup_timeout(tmp_path: Path) -> None:
    async with lab(tmp_path, startup_timeout_seconds=0.3) as cloud:
        await cloud.build(app("x") | {"main.py": "import time\ntime.sleep(60)\n"})
        with pytest.raises(exceptions.GoogleAPICallError, match="within the allocated timeout"):
            await cloud.create(f"{IMAGE}:latest")
        assert any("DEADLINE_EXCEEDED" in e.text_payload for e in cloud.entries("varlog%2Fsystem"))


async def test_a_stale_etag_is_aborted(cloud: Lab) -> None:
    await cloud.build(app("one"))
    first = await cloud.create(f"{IMAGE}:latest")
    first.labels["team"] = "a"
    first.template.max_instance_request_concurrency = 5
    second = await cloud.update(first)
    assert second.etag != first.etag
    with pytest.raises(exceptions.Aborted):
        await cloud.update(first)


async def test_a_template_that_names_a_used_revision_conflicts(cloud: Lab) -> None:
    await cloud.build(app("one"))
    fields = {"template": {"revision": "web-first", "containers": [{"image": f"{IMAGE}:latest"}]}}
    service = await cloud.create("", **fields)
    assert short(service.latest_ready_revision) == "web-first"
    service.template.max_instance_request_concurrency = 3
    with pytest.raises(exceptions.AlreadyExists, match="Revision named 'web-first' with different configuration"):
        await cloud.update(service)
    service.template.revision = ""
    assert short((await cloud.update(service)).latest_ready_revision).startswith("web-00002-")


async def test_only_masked_fields_change(cloud: Lab) -> None:
    await cloud.build(app("one"))
    service = await cloud.create(f"{IMAGE}:latest")
    service.labels["team"] = "blue"
    service.template.containers[0].image = "nonsense"
    updated = await cloud.update(service, ["labels"])
    assert dict(updated.labels) == {"team": "blue"}
    assert updated.etag != service.etag
    assert updated.generation == 1
    assert updated.template.containers[0].image == f"{IMAGE}:latest"


async def test_validate_only_changes_nothing(cloud: Lab) -> None:
    await cloud.build(app("one"))
    request = run_v2.CreateServiceRequest(
        parent=PLACE,
        service_id="web",
        service={"template": {"containers": [{"image": f"{IMAGE}:latest"}]}},
        validate_only=True,
    )
    await cloud.finish(await cloud.services.create_service(request))
    with pytest.raises(exceptions.NotFound):
        await cloud.service()


async def test_allow_missing_creates_the_service(cloud: Lab) -> None:
    await cloud.build(app("one"))
    service = run_v2.Service(name=f"{PLACE}/services/web", template={"containers": [{"image": f"{IMAGE}:latest"}]})
    with pytest.raises(exceptions.NotFound):
        await cloud.update(service)
    request = run_v2.UpdateServiceRequest(service=service, allow_missing=True)
    assert (await cloud.finish(await cloud.services.update_service(request))).generation == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"labels": {"run.googleapis.com/x": "1"}}, "system labels"),
        ({"annotations": {"autoscaling.knative.dev/minScale": "1"}}, "system labels"),
        ({"template": {"containers": []}}, "at least one container"),
        ({"template": {"revision": "other-1", "containers": [{"image": "x"}]}}, "must begin with 'web-'"),
        ({"traffic": [{"type_": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 90}]}, "sum to 100"),
    ],
)
async def test_a_service_that_makes_no_sense_is_refused(cloud: Lab, fields: dict[str, object], message: str) -> None:
    with pytest.raises(exceptions.InvalidArgument, match=message):
        await cloud.create(f"{IMAGE}:latest", **fields)


async def test_deleting_ends_the_process_and_the_address(cloud: Lab) -> None:
    await cloud.build(app("one"))
    service = await cloud.create(f"{IMAGE}:latest")
    assert cloud.running(service.latest_ready_revision)
    await cloud.finish(await cloud.services.delete_service(name=service.name))
    assert not cloud.running(service.latest_ready_revision)
    with pytest.raises(exceptions.NotFound):
        await cloud.service()
    with pytest.raises(OSError, match="Connect"):
        await asyncio.open_connection("127.0.0.1", int(service.uri.rpartition(":")[2]))


async def test_a_planted_fault_makes_reconciling_fail(cloud: Lab) -> None:
    await cloud.build(app("one"))
    cloud.cloud.faults.planter({"method": "sandbox.Reconciler/web", "code": "INTERNAL", "message": "no", "times": 1})()
    with pytest.raises(exceptions.GoogleAPICallError, match="no"):
        await cloud.create(f"{IMAGE}:latest")
    assert (await cloud.service()).terminal_condition.state == FAILED


async def test_a_service_comes_back_from_its_state_file_and_starts_on_demand(tmp_path: Path) -> None:
    async with lab(tmp_path / "a", state=tmp_path / "state.json", data=tmp_path / "data") as cloud:
        await cloud.build(app("one"))
        before = await cloud.create(f"{IMAGE}:latest")
    async with lab(tmp_path / "b", state=tmp_path / "state.json", data=tmp_path / "data") as cloud:
        assert await cloud.service() == before
        assert not cloud.running(before.latest_ready_revision)
        assert (await cloud.http.get(before.uri)).text.startswith("one ")
