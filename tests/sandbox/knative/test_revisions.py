"""The Knative paths of revisions, configurations and routes."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from sandbox.knative.conftest import LOCATED, SERVING, Run
from signoff_sandbox import state
from signoff_sandbox.server import RunningSandbox
from support.cloudrun import IMAGE, app, lab
from support.discovery import problems
from support.planted import STATE

REVISION = STATE["revisions"][0]
SHORT = REVISION["name"].rpartition("/")[2]


def named(revision: str, service: str = "web", **fields: Any) -> dict[str, Any]:
    return {
        **REVISION,
        "name": f"projects/demo/locations/us-central1/services/{service}/revisions/{revision}",
        **fields,
    }


async def test_a_revision_is_found_by_its_own_name(planted: RunningSandbox, run: Run) -> None:
    found = await run("GET", f"{SERVING}/revisions/{SHORT}")
    assert problems("run.v1", "Revision", found) == []
    assert found["metadata"]["labels"]["serving.knative.dev/service"] == "web"
    assert found["metadata"]["ownerReferences"][0]["kind"] == "Configuration"
    assert found["metadata"]["annotations"]["autoscaling.knative.dev/maxScale"] == "10"
    assert found["spec"]["timeoutSeconds"] == 300
    assert found["status"]["imageDigest"] == REVISION["containers"][0]["image"]
    missing = await run("GET", f"{SERVING}/revisions/none", status=404)
    assert missing["error"]["message"].startswith("Resource 'none' of kind 'REVISION' in region 'us-central1'")


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("serving.knative.dev/service = web", {SHORT, "web-00009-zzz"}),
        ("serving.knative.dev/service==shop", {"shop-00001-aaa"}),
        ("serving.knative.dev/service!=web", {"shop-00001-aaa"}),
        ("client.knative.dev/nonce = n1", {"web-00009-zzz"}),
        ("client.knative.dev/nonce", {"web-00009-zzz"}),
        ("!client.knative.dev/nonce, serving.knative.dev/service = web", {SHORT}),
        ("serving.knative.dev/service in (shop, x)", {"shop-00001-aaa"}),
        ("serving.knative.dev/service notin (shop,x)", {SHORT, "web-00009-zzz"}),
        ("", {SHORT, "web-00009-zzz", "shop-00001-aaa"}),
    ],
)
async def test_labels_select(planted: RunningSandbox, run: Run, selector: str, found: set[str]) -> None:
    nonce = {"client.knative.dev/nonce": "n1"}
    others = [named("web-00009-zzz", labels=nonce), named("shop-00001-aaa", "shop")]
    state.merge(planted.cloud, {"revisions": others})
    listed = await planted_list(run, selector)
    assert {one["metadata"]["name"] for one in listed["items"]} == found


async def planted_list(run: Run, selector: str) -> Any:
    answer = await run.http.get(
        f"{SERVING}/revisions",
        params={"labelSelector": selector},
        headers={"host": "us-central1-run.googleapis.com"},
    )
    assert problems("run.v1", "ListRevisionsResponse", answer.json()) == []
    return answer.json()


async def test_a_selector_that_is_none_and_a_field_selector_are_refused(planted: RunningSandbox, run: Run) -> None:
    await run("GET", f"{SERVING}/revisions?labelSelector=a%3Db%3Dc", status=400)
    await run("GET", f"{SERVING}/revisions?fieldSelector=a%3Db", status=501)
    await run("GET", f"{SERVING}/revisions?limit=many", status=400)


async def test_a_revision_without_traffic_is_deleted_and_one_with_traffic_is_not(
    planted: RunningSandbox, run: Run
) -> None:
    state.merge(planted.cloud, {"revisions": [named("web-00001-old")]})
    answer = await run("DELETE", f"{SERVING}/revisions/web-00001-old")
    assert problems("run.v1", "Status", answer) == []
    await run("GET", f"{SERVING}/revisions/web-00001-old", status=404)
    await run("DELETE", f"{SERVING}/revisions/{SHORT}", status=400)


async def test_a_service_has_a_configuration_and_a_route(planted: RunningSandbox, run: Run) -> None:
    ready = [{"type": kind, "state": "CONDITION_SUCCEEDED"} for kind in ("ConfigurationsReady", "RoutesReady")]
    state.merge(planted.cloud, {"services": [{**STATE["services"][0], "conditions": ready}]})
    for collection, kind, field in (("configurations", "Configuration", "template"), ("routes", "Route", "traffic")):
        listed = await run("GET", f"{SERVING}/{collection}")
        assert problems("run.v1", f"List{kind}sResponse", listed) == []
        (one,) = listed["items"]
        assert await run("GET", f"{LOCATED}/us-central1/{collection}/web", region="") == one
        assert one["kind"] == kind
        assert list(one["spec"]) == [field]
        assert one["status"]["conditions"] == [{"type": "Ready", "status": "True"}]


async def test_a_region_that_does_not_exist_is_refused_not_taken_for_all_of_them(
    planted: RunningSandbox, run: Run
) -> None:
    for asked in ("mars", "us-centrall", "us-central99"):
        refused = await run("GET", f"{SERVING}/services", region=asked, status=403)
        assert refused["error"]["message"] == f"Permission denied on 'locations/{asked}' (or it may not exist)."
        await run("GET", f"{LOCATED}/{asked}/services", region="", status=403)


async def test_methods_by_location_answer_at_the_sandboxs_own_address_too(
    planted: RunningSandbox, http: httpx2.AsyncClient
) -> None:
    for path in ("services/web", "services", "revisions", "services/web:getIamPolicy"):
        answer = await http.get(f"{LOCATED}/us-central1/{path}")
        assert answer.status_code == 200, answer.text


async def test_an_unreachable_location_is_named_where_all_were_asked(planted: RunningSandbox, run: Run) -> None:
    state.merge(planted.cloud, {"unreachableLocations": ["us-central1"]})
    assert state.dump(planted.cloud)["unreachableLocations"] == ["us-central1"]
    for collection in ("services", "revisions", "routes"):
        everywhere = await run("GET", f"{LOCATED}/-/{collection}", region="")
        assert (everywhere["items"], everywhere["unreachable"]) == ([], ["us-central1"])
        await run("GET", f"{SERVING}/{collection}", status=503)
        assert "unreachable" not in await run("GET", f"{SERVING}/{collection}", region="europe-west1")
    answer = await run("GET", "/v2/projects/demo/locations/us-central1/services", status=503)
    assert answer["error"]["message"] == "The service is currently unavailable in location us-central1."
    await run("PATCH", "/v2/projects/demo/locations/us-central1/services/web", {}, status=503)


async def test_a_revision_says_what_was_asked_for_and_which_digest_that_was(tmp_path: Any) -> None:
    async with lab(tmp_path) as cloud:
        digest = await cloud.build(app("one"))
        service = await cloud.create(f"{IMAGE}:latest")
        await cloud.build(app("two"))
        name = service.latest_ready_revision.rpartition("/")[2]
        headers = {"host": "us-central1-run.googleapis.com", "authorization": "Bearer sandbox"}
        address = cloud.cloud.settings.http_address
        answer = await cloud.http.get(f"http://{address}{SERVING}/revisions/{name}", headers=headers)
        assert answer.json()["spec"]["containers"][0]["image"] == f"{IMAGE}:latest"
        assert answer.json()["status"]["imageDigest"] == f"{IMAGE}@{digest}"
