"""IAM Credentials: whoever may speak for a service account gets its tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from google.iam.v1.policy_pb2 import Binding, Policy

from signoff_sandbox.world import identities
from support.apps import obedient
from support.cloudrun import IMAGE, PLACE, Lab, lab

ROBOT = "caller@demo.iam.gserviceaccount.com"


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path) as made:
        yield made


async def ask(cloud: Lab, method: str, content: Any, email: str = ROBOT) -> httpx2.Response:
    url = f"http://{cloud.sandbox.http_address}/v1/projects/-/serviceAccounts/{email}:{method}"
    return await cloud.http.post(url, json=content, headers={"authorization": "Bearer sandbox"})


async def test_an_identity_token_opens_the_services_that_its_account_may_invoke(cloud: Lab) -> None:
    await cloud.build(obedient())
    service = await cloud.create(f"{IMAGE}:latest", public=False)
    token = (await ask(cloud, "generateIdToken", {"audience": service.uri, "includeEmail": True})).json()["token"]
    headers = {"authorization": f"Bearer {token}"}
    assert (await cloud.http.get(service.uri, headers=headers)).status_code == 403
    invoker = Binding(role="roles/run.invoker", members=[f"serviceAccount:{ROBOT}"])
    cloud.cloud.iam_policies[service.name] = Policy(bindings=[invoker])
    assert (await cloud.http.get(service.uri, headers=headers)).status_code == 200


async def test_an_access_token_speaks_for_its_account_to_the_apis_for_an_hour(cloud: Lab) -> None:
    scope = ["https://www.googleapis.com/auth/cloud-platform"]
    answer = (await ask(cloud, "generateAccessToken", {"scope": scope})).json()
    assert identities.speaker(cloud.cloud, answer["accessToken"]) == identities.Speaker(ROBOT)
    assert answer["expireTime"].endswith("Z")
    url = f"http://{cloud.sandbox.http_address}/v2/{PLACE}/services"
    headers = {"authorization": f"Bearer {answer['accessToken']}"}
    assert (await cloud.http.get(url, headers=headers)).status_code == 403
    viewer = Binding(role="roles/run.admin", members=[f"serviceAccount:{ROBOT}"])
    cloud.cloud.iam_policies["projects/demo"] = Policy(bindings=[viewer])
    assert (await cloud.http.get(url, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("method", "content", "email", "status"),
    [
        ("generateIdToken", {}, ROBOT, 400),
        ("generateIdToken", {"audience": 7}, ROBOT, 400),
        ("generateIdToken", ["audience"], ROBOT, 400),
        ("generateIdToken", {"audience": "x"}, "you@example.com", 404),
        ("generateAccessToken", {"scope": ["email"]}, ROBOT, 400),
    ],
)
async def test_what_makes_no_sense_is_refused(cloud: Lab, method: str, content: Any, email: str, status: int) -> None:
    assert (await ask(cloud, method, content, email)).status_code == status


async def test_whoever_may_not_speak_for_the_account_gets_nothing(cloud: Lab) -> None:
    cloud.cloud.denied_permissions.add("iam.serviceAccounts.getOpenIdToken")
    assert (await ask(cloud, "generateIdToken", {"audience": "x"})).status_code == 403
