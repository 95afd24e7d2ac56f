"""IAM of services, jobs and worker pools at its v1 paths."""

from __future__ import annotations

import pytest

from sandbox.knative.conftest import LOCATED, Run
from signoff_sandbox import state
from signoff_sandbox.server import RunningSandbox
from support.discovery import problems
from support.planted import JOB, POOL, SERVICE

INVOKER = {"role": "roles/run.invoker", "members": ["allUsers"]}


@pytest.mark.parametrize(("collection", "resource"), [("services", SERVICE), ("jobs", JOB), ("workerpools", POOL)])
async def test_a_policy_is_read_changed_and_guarded_by_its_etag(
    planted: RunningSandbox, run: Run, collection: str, resource: str
) -> None:
    path = f"{LOCATED}/us-central1/{collection}/{resource.rpartition('/')[2]}"
    before = await run("GET", f"{path}:getIamPolicy?options.requestedPolicyVersion=3")
    assert problems("run.v1", "Policy", before) == []
    changed = await run("POST", f"{path}:setIamPolicy", {"policy": {**before, "bindings": [INVOKER]}})
    assert changed["bindings"] == [INVOKER]
    assert changed["etag"] != before["etag"]
    assert await run("GET", f"/v2/{resource}:getIamPolicy") == changed
    await run("POST", f"{path}:setIamPolicy", {"policy": before}, status=409)
    state.merge(planted.cloud, {"deniedPermissions": [f"run.{collection}.setIamPolicy"]})
    asked = {"permissions": [f"run.{collection}.{verb}" for verb in ("setIamPolicy", "getIamPolicy")]}
    assert await run("POST", f"{path}:testIamPermissions", asked) == {"permissions": [f"run.{collection}.getIamPolicy"]}


async def test_permissions_may_be_asked_of_a_service_that_is_yet_to_be_made(running: RunningSandbox, run: Run) -> None:
    asked = {"permissions": ["run.services.setIamPolicy"]}
    assert await run("POST", f"{LOCATED}/us-central1/services/none:testIamPermissions", asked) == asked
    await run("GET", f"{LOCATED}/us-central1/services/none:getIamPolicy", status=404)
