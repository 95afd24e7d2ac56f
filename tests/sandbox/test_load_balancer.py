"""What a load balancer changes in front of a service, and how the service knows that it is one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from google.cloud import run_v2

from support.cloudrun import IMAGE, PLACE, Lab, app, lab

ECHO = "body = f\"{VERSION} {os.environ['K_REVISION']} {self.path}\".encode()"
HEADERS = "import json; body = json.dumps({k.lower(): v for k, v in self.headers.items()}).encode()"
BEHIND = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path) as made:
        files = app("one")
        assert ECHO in files["main.py"]
        files["main.py"] = files["main.py"].replace(ECHO, HEADERS)  # it answers the headers that it got
        await made.build(files)
        yield made


async def told(cloud: Lab) -> dict[str, str]:
    """The headers that a load balancer sends."""
    headers = {"authorization": f"Bearer {cloud.cloud.settings.token}"}
    answer = await cloud.http.get(f"http://{cloud.sandbox.http_address}/sandbox/edge", headers=headers)
    return {
        "x-sandbox-load-balancer": answer.json()["secret"],
        "x-forwarded-for": "10.9.9.9,203.0.113.7,198.51.100.1",
        "x-forwarded-proto": "http",
        "host": "app.example.com",
    }


async def get(cloud: Lab, service: run_v2.Service, headers: dict[str, str]) -> httpx2.Response:
    return await cloud.http.get(f"{service.uri}/reports?day=1", headers=headers)


async def test_a_load_balancer_reaches_a_service_that_admits_only_load_balancers(cloud: Lab) -> None:
    service = await cloud.create(f"{IMAGE}:latest", ingress=BEHIND)
    assert (await get(cloud, service, {})).status_code == 404
    assert not cloud.entries("requests"), "what the ingress setting keeps out is in no log"
    assert (await get(cloud, service, await told(cloud))).status_code == 200


async def test_a_load_balancer_reaches_a_service_without_an_address_of_its_own(cloud: Lab) -> None:
    service = await cloud.create(f"{IMAGE}:latest", default_uri_disabled=True)
    assert (await get(cloud, service, {})).status_code == 404
    assert (await get(cloud, service, await told(cloud))).status_code == 200


async def test_an_internal_service_stays_closed_for_a_load_balancer(cloud: Lab) -> None:
    service = await cloud.create(f"{IMAGE}:latest", ingress="INGRESS_TRAFFIC_INTERNAL_ONLY")
    assert (await get(cloud, service, await told(cloud))).status_code == 404


async def test_who_guesses_the_secret_is_no_load_balancer_and_the_container_never_sees_it(cloud: Lab) -> None:
    closed = await cloud.create(f"{IMAGE}:latest", "closed", ingress=BEHIND)
    service = await cloud.create(f"{IMAGE}:latest")
    guess = {"x-sandbox-load-balancer": "0" * 32}
    assert (await get(cloud, closed, guess)).status_code == 404
    for headers in (guess, await told(cloud)):
        seen = json.loads((await get(cloud, service, headers)).text)
        assert "x-sandbox-load-balancer" not in seen


async def test_the_container_and_the_request_log_see_the_client_and_the_public_address(cloud: Lab) -> None:
    service = await cloud.create(f"{IMAGE}:latest")
    seen = json.loads((await get(cloud, service, await told(cloud))).text)
    assert seen["x-forwarded-for"] == "10.9.9.9,203.0.113.7,198.51.100.1"
    assert seen["x-forwarded-proto"] == "http"
    logged = cloud.entries("requests")[0].http_request
    assert logged.request_url == "http://app.example.com/reports?day=1"
    assert logged.remote_ip == "203.0.113.7"


async def test_the_addresses_of_services_and_tags_are_told(cloud: Lab) -> None:
    tagged = [{"type_": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100, "tag": "next"}]
    service = await cloud.create(f"{IMAGE}:latest", traffic=tagged)
    headers = {"authorization": f"Bearer {cloud.cloud.settings.token}"}
    answer = await cloud.http.get(f"http://{cloud.sandbox.http_address}/sandbox/edge", headers=headers)
    addresses = answer.json()["services"][f"{PLACE}/services/web"]
    assert f"http://{addresses['']}" == service.uri
    assert f"http://{addresses['next']}" == service.traffic_statuses[0].uri
