"""Deploying needs more than a service: to act as its account, to read its image, and a region that there is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from google.api_core import exceptions
from google.cloud import run_v2
from google.iam.v1.policy_pb2 import Binding, Policy

from signoff_sandbox import state
from signoff_sandbox.world.projects import number_of
from support.apps import obedient
from support.cloudrun import IMAGE, Lab, lab

AGENT = f"service-{number_of('demo')}@serverless-robot-prod.iam.gserviceaccount.com"
REPOSITORY = "projects/images/locations/us-central1/repositories/apps"
SHARED = "us-central1-docker.pkg.dev/images/apps/web"
REASON = run_v2.Condition.CommonReason


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path) as made:
        yield made


async def test_whoever_deploys_must_be_allowed_to_act_as_the_service_account(cloud: Lab) -> None:
    await cloud.build(obedient())
    service = await cloud.create(f"{IMAGE}:latest")
    cloud.cloud.denied_permissions.add("iam.serviceAccounts.actAs")
    service.template.service_account = "app@demo.iam.gserviceaccount.com"
    with pytest.raises(exceptions.PermissionDenied, match=r"actAs' denied on service account app@demo\.iam"):
        await cloud.update(service)
    with pytest.raises(exceptions.PermissionDenied, match=rf"account {number_of('demo')}-compute@developer"):
        await cloud.create(f"{IMAGE}:latest", "other")
    service = await cloud.service()
    assert service.generation == 1
    service.scaling.max_instance_count = 3
    assert (await cloud.update(service)).generation == 2, "what makes no revision acts as nobody"


async def test_an_image_of_another_project_needs_the_permission_of_the_service_agent(cloud: Lab) -> None:
    digest = await cloud.build(obedient())
    plant = {"name": f"{REPOSITORY}/dockerImages/web@{digest}", "uri": f"{SHARED}@{digest}", "tags": ["latest"]}
    state.merge(cloud.cloud, {"dockerImages": [plant]})
    cloud.cloud.iam_policies[REPOSITORY] = Policy()
    with pytest.raises(exceptions.GoogleAPICallError) as refused:
        await cloud.create(f"{SHARED}:latest")
    assert refused.value.errors[0].code == 7
    assert (
        f"Google Cloud Run Service Agent {AGENT} must have permission to read the image, {SHARED}@"
        in refused.value.message
    )
    assert "from project [images], which is not the same as this project [demo]" in refused.value.message
    service = await cloud.service()
    assert service.terminal_condition.reason == REASON.CONTAINER_PERMISSION_DENIED
    revision = await cloud.revisions.get_revision(name=service.latest_created_revision)
    assert {c.type_: c.reason for c in revision.conditions}["ContainerReady"] == REASON.CONTAINER_PERMISSION_DENIED
    reader = Binding(role="roles/artifactregistry.reader", members=[f"serviceAccount:{AGENT}"])
    cloud.cloud.iam_policies[REPOSITORY] = Policy(bindings=[reader])
    service.template.labels["again"] = "yes"
    assert (await cloud.http.get((await cloud.update(service)).uri)).status_code == 200


async def test_a_region_that_does_not_exist_is_refused_in_googles_words(cloud: Lab) -> None:
    parent = "projects/demo/locations/us-centrall"
    with pytest.raises(exceptions.PermissionDenied, match=r"denied on 'locations/us-centrall' \(or it may not exist\)"):
        await cloud.services.list_services(parent=parent)
    with pytest.raises(exceptions.PermissionDenied):
        await cloud.services.get_service(name=f"{parent}/services/web")
    assert not [one async for one in await cloud.services.list_services(parent="projects/demo/locations/me-west1")]


@pytest.mark.parametrize("kind", ["startup_probe", "liveness_probe"])
async def test_a_probe_that_the_sandbox_cannot_ask_is_refused(cloud: Lab, kind: str) -> None:
    container = {"image": f"{IMAGE}:latest", kind: {"grpc": {"service": "x"}}}
    with pytest.raises(exceptions.MethodNotImplemented, match=rf"containers\[0\]\.{kind}\.grpc"):
        await cloud.create("", template={"containers": [container]})
