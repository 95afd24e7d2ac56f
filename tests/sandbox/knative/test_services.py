"""The Knative paths of services: read, created, replaced, deleted, and refused."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format

from sandbox.knative.conftest import LOCATED, SERVING, Run
from signoff_sandbox import state
from signoff_sandbox.server import RunningSandbox
from support.discovery import problems
from support.planted import STATE

NAME = "projects/demo/locations/us-central1/services/web"
BODY: dict[str, Any] = {
    "apiVersion": "serving.knative.dev/v1",
    "kind": "Service",
    "metadata": {"name": "shop", "annotations": {"run.googleapis.com/ingress": "internal"}},
    "spec": {"template": {"metadata": {"labels": {"client.knative.dev/nonce": "a"}}, "spec": {"containers": [{}]}}},
}
BODY["spec"]["template"]["spec"]["containers"][0]["image"] = "us-central1-docker.pkg.dev/demo/apps/none:latest"


def stored(sandbox: RunningSandbox, name: str = "web") -> dict[str, Any]:
    message = sandbox.cloud.store.get("services", NAME.replace("web", name))
    assert message is not None
    return json_format.MessageToDict(message)


async def settled(sandbox: RunningSandbox, name: str) -> None:
    """Wait until the service has been reconciled."""
    assert await sandbox.cloud.store.wait_until(lambda: not stored(sandbox, name).get("reconciling"), 20)


async def test_a_service_is_found_by_region_in_host_or_path_and_by_number_or_id(
    planted: RunningSandbox, run: Run
) -> None:
    found = await run("GET", f"{SERVING}/services/web")
    assert found["metadata"]["name"] == "web"
    assert problems("run.v1", "Service", found) == []
    assert await run("GET", f"{LOCATED}/us-central1/services/web", region="") == found
    number = found["metadata"]["namespace"]
    assert await run("GET", f"/apis/serving.knative.dev/v1/namespaces/{number}/services/web") == found
    elsewhere = await run("GET", f"{SERVING}/services/web", region="europe-west1", status=404)
    assert elsewhere["error"]["message"] == (
        "Resource 'web' of kind 'SERVICE' in region 'europe-west1' in project 'demo' does not exist."
    )


async def test_a_list_is_of_a_region_or_of_all_of_them(planted: RunningSandbox, run: Run) -> None:
    there = {**STATE["services"][0], "name": NAME.replace("us-central1", "europe-west1")}
    state.merge(planted.cloud, {"services": [there]})

    async def regions(path: str, region: str = "us-central1") -> list[str]:
        listed = await run("GET", path, region=region)
        assert problems("run.v1", "ListServicesResponse", listed) == []
        assert listed["kind"] == "ServiceList"
        return [one["metadata"]["labels"]["cloud.googleapis.com/location"] for one in listed["items"]]

    assert await regions(f"{SERVING}/services") == ["us-central1"]
    assert await regions(f"{SERVING}/services", "europe-west1") == ["europe-west1"]
    assert await regions(f"{LOCATED}/-/services", "") == ["europe-west1", "us-central1"]


async def test_pages_follow_one_another(planted: RunningSandbox, run: Run) -> None:
    others = [{**STATE["services"][0], "name": NAME.replace("web", f"s{number}")} for number in range(3)]
    state.merge(planted.cloud, {"services": others})
    first = await run("GET", f"{SERVING}/services?limit=3")
    second = await run("GET", f"{SERVING}/services?limit=3&continue={first['metadata']['continue']}")
    names = [one["metadata"]["name"] for page in (first, second) for one in page["items"]]
    assert names == ["s0", "s1", "s2", "web"]
    assert "continue" not in second["metadata"]
    await run("GET", f"{SERVING}/services?limit=3&continue=mine", status=400)


async def test_what_is_read_and_written_back_makes_no_revision(planted: RunningSandbox, run: Run) -> None:
    before, read = stored(planted), await run("GET", f"{SERVING}/services/web")
    answer = await run("PUT", f"{SERVING}/services/web", read)
    after = stored(planted)
    assert (after.get("generation"), after["template"]["containers"]) == (
        before.get("generation"),
        before["template"]["containers"],
    )
    assert after["traffic"] == before["traffic"]
    assert answer["metadata"]["resourceVersion"] != read["metadata"]["resourceVersion"]
    assert answer["metadata"]["annotations"]["run.googleapis.com/operation-id"]


async def test_a_stale_resource_version_is_a_conflict(planted: RunningSandbox, run: Run) -> None:
    read = await run("GET", f"{SERVING}/services/web")
    await run("PUT", f"{SERVING}/services/web", read)
    conflict = await run("PUT", f"{SERVING}/services/web", read, status=409)
    assert conflict["error"]["status"] == "ABORTED"
    assert "version 'CJ' was specified but current version is" in conflict["error"]["message"]


async def test_a_created_service_is_reconciled_and_its_operation_tells_the_end(
    running: RunningSandbox, run: Run
) -> None:
    made = await run("POST", f"{SERVING}/services", BODY)
    assert problems("run.v1", "Service", made) == []
    assert {c["type"]: c["status"] for c in made["status"]["conditions"]}["Ready"] == "Unknown"
    assert made["metadata"]["annotations"]["run.googleapis.com/ingress-status"] == "internal"
    operation = f"{LOCATED}/us-central1/operations/{made['metadata']['annotations']['run.googleapis.com/operation-id']}"
    ended = await run("POST", f"{operation}:wait", {"timeout": "30s"})
    assert problems("run.v1", "GoogleLongrunningOperation", ended) == []
    assert ended["done"]
    assert "none:latest' not found" in ended["error"]["message"]
    failed = await run("GET", f"{SERVING}/services/shop")
    ready, configurations, routes = failed["status"]["conditions"]
    assert (ready["type"], ready["status"], ready["reason"]) == ("Ready", "False", "ContainerMissing")
    assert (configurations["type"], configurations["status"]) == ("ConfigurationsReady", "False")
    assert (routes["type"], routes["status"]) == ("RoutesReady", "False")
    assert failed["status"]["latestCreatedRevisionName"].startswith("shop-00001-")
    assert "latestReadyRevisionName" not in failed["status"]


async def test_an_operation_that_worked_carries_the_service_as_v1_has_it(planted: RunningSandbox, run: Run) -> None:
    read = await run("GET", f"{SERVING}/services/web")
    read["metadata"].setdefault("labels", {})["team"] = "shop"
    answer = await run("PUT", f"{SERVING}/services/web", read)
    identifier = answer["metadata"]["annotations"]["run.googleapis.com/operation-id"]
    operations = f"{LOCATED}/us-central1/operations"
    done = await run("POST", f"{operations}/{identifier}:wait", {})
    assert done["response"]["@type"] == "type.googleapis.com/google.cloud.run.v1.Service"
    assert done["response"]["metadata"]["labels"]["team"] == "shop"
    assert await run("GET", f"{operations}/{identifier}") == done
    assert [one["name"] for one in (await run("GET", operations))["operations"]] == [done["name"]]
    await run("DELETE", f"{operations}/{identifier}")
    await run("POST", f"{operations}/{identifier}:wait", {}, status=404)


async def test_the_last_operation_is_known_after_a_restart(planted: RunningSandbox, run: Run) -> None:
    read = await run("GET", f"{SERVING}/services/web")
    await run("PUT", f"{SERVING}/services/web", read)
    latest = (await run("GET", f"{SERVING}/services/web"))["metadata"]["annotations"]
    planted.cloud.last_operations.clear()
    assert (await run("GET", f"{SERVING}/services/web"))["metadata"]["annotations"] == latest


async def test_a_dry_run_says_what_would_be_and_changes_nothing(planted: RunningSandbox, run: Run) -> None:
    made = await run("POST", f"{SERVING}/services?dryRun=all", BODY)
    assert made["metadata"]["name"] == "shop"
    assert planted.cloud.store.get("services", NAME.replace("web", "shop")) is None
    before, read = stored(planted), await run("GET", f"{SERVING}/services/web")
    read["metadata"]["labels"]["team"] = "x"
    assert (await run("PUT", f"{SERVING}/services/web?dryRun=all", read))["metadata"]["labels"]["team"] == "x"
    assert stored(planted) == before
    await run("DELETE", f"{SERVING}/services/web?dryRun=all")
    assert stored(planted)["name"] == NAME
    await run("POST", f"{SERVING}/services?dryRun=some", BODY, status=400)


async def test_a_deleted_service_is_gone(planted: RunningSandbox, run: Run) -> None:
    answer = await run("DELETE", f"{SERVING}/services/web")
    assert problems("run.v1", "Status", answer) == []
    assert answer["status"] == "Success"
    assert await planted.cloud.store.wait_until(lambda: planted.cloud.store.get("services", NAME) is None, 20)
    await run("DELETE", f"{SERVING}/services/web", status=404)


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"kind": "Job"}, 400, "kind: must be 'Service'"),
        ({"metadata": {"name": "Shop"}}, 400, "Resource name must use only lowercase"),
        ({"metadata": {"name": "web"}}, 409, "already exists"),
        ({"spec": {"template": {"spec": {}}}}, 400, "at least one container is required"),
        ({"spec": {"template": {"spec": {"containers": [{"imgae": "x"}]}}}}, 400, 'Unknown name \\"imgae\\"'),
        ({"spec": {"template": {"spec": {"containers": [{"image": "x", "envFrom": []}]}}}}, 501, "envFrom"),
        ({"spec": {"template": {"spec": {"containers": "x"}}}}, 400, "spec"),
        ({"spec": {"template": {"spec": {"volumes": [{"name": "v", "configMap": {}}]}}}}, 400, "exactly one of secret"),
        ({"metadata": {"name": "a", "annotations": {"run.googleapis.com/ingress": "some"}}}, 400, "none of all, inter"),
        (
            {"metadata": {"name": "a", "annotations": {"run.googleapis.com/minScale": "-1"}}},
            400,
            "must not be negative",
        ),
        ({"metadata": {"name": "a", "annotations": {"run.googleapis.com/launch-stage": "NEW"}}}, 400, "launch-stage"),
        ({"metadata": {"name": "a", "annotations": {"x": 1}}}, 400, "must be a string"),
    ],
)
async def test_a_service_that_makes_no_sense_is_refused_with_the_place(
    planted: RunningSandbox, run: Run, change: dict[str, Any], status: int, message: str
) -> None:
    refused = await run("POST", f"{SERVING}/services", {**BODY, **change}, status=status)
    assert message.replace("\\", "") in refused["error"]["message"]


async def test_a_body_of_another_name_is_refused(planted: RunningSandbox, run: Run) -> None:
    await run("PUT", f"{SERVING}/services/web", BODY, status=400)


@pytest.mark.parametrize(
    ("permission", "verb", "path", "resource"),
    [
        ("run.services.list", "GET", f"{SERVING}/services", "namespaces/demo/services"),
        ("run.services.get", "GET", f"{SERVING}/services/web", "namespaces/demo/services/web"),
        ("run.services.create", "POST", f"{SERVING}/services", "namespaces/demo/services"),
        ("run.services.update", "PUT", f"{SERVING}/services/web", "namespaces/demo/services/web"),
        ("run.services.delete", "DELETE", f"{SERVING}/services/web", "namespaces/demo/services/web"),
        (
            "run.services.setIamPolicy",
            "POST",
            f"{LOCATED}/us-central1/services/web:setIamPolicy",
            "projects/demo/locations/us-central1/services/web",
        ),
    ],
)
async def test_a_denied_permission_refuses_and_names_what_was_asked_for(
    planted: RunningSandbox, run: Run, permission: str, verb: str, path: str, resource: str
) -> None:
    state.merge(planted.cloud, {"deniedPermissions": [permission]})
    refused = await run(verb, path, {} if verb in ("POST", "PUT") else None, status=403)
    assert refused["error"]["message"] == (
        f"Permission '{permission}' denied on resource '{resource}' (or resource may not exist)."
    )


async def test_v2_clients_may_write_back_what_gcloud_wrote(running: RunningSandbox, run: Run) -> None:
    annotated = {"name": "shop", "annotations": {"run.googleapis.com/unheard-of": "1"}}
    await run("POST", f"{SERVING}/services", {**BODY, "metadata": annotated})
    await settled(running, "shop")
    service = stored(running, "shop")
    assert service["annotations"] == {"run.googleapis.com/unheard-of": "1"}
    path = f"/v2/{NAME.replace('web', 'shop')}"
    await run("PATCH", path, service)
    refused = await run("PATCH", path, {**service, "annotations": {"run.googleapis.com/other": "1"}}, status=400)
    assert "'run.googleapis.com/other'" in refused["error"]["message"]
