"""The run.app URLs of services, asked for by host where the sandbox speaks HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from signoff_sandbox.world import run_urls
from signoff_sandbox.world.projects import number_of
from support.apps import obedient
from support.cloudrun import IMAGE, PLACE, Lab, lab

REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path) as made:
        await made.build(obedient())
        yield made


def host(url: str) -> str:
    return url.removeprefix("https://")


async def by_host(cloud: Lab, name: str, path: str = "/") -> httpx2.Response:
    return await cloud.http.get(f"http://{cloud.sandbox.http_address}{path}", headers={"host": name})


async def test_a_service_has_a_url_that_can_be_foretold_and_one_with_a_hash(cloud: Lab) -> None:
    service = await cloud.create(f"{IMAGE}:latest")
    loopback, foretold, hashed = service.urls
    assert loopback == service.uri
    assert foretold == f"https://web-{number_of('demo')}.us-central1.run.app"
    assert hashed.startswith("https://web-")
    assert hashed.endswith("-uc.a.run.app")
    for url in (foretold, hashed):
        answer = await by_host(cloud, host(url), "/pid?x=1")
        assert answer.status_code == 200, url
        assert cloud.entries("requests")[-1].http_request.request_url == f"{url}/pid?x=1"


async def test_the_port_of_the_apis_is_a_proxy_to_them(cloud: Lab) -> None:
    service = await cloud.create(f"{IMAGE}:latest")
    async with httpx2.AsyncClient(trust_env=False, proxy=f"http://{cloud.sandbox.http_address}") as proxied:
        answer = await proxied.get(f"http://{host(service.urls[1])}/headers?a=b%20c")
    assert answer.json()["host"] == host(service.urls[1])
    assert cloud.entries("requests")[0].http_request.request_url == f"{service.urls[1]}/headers?a=b%20c"


async def test_a_tag_has_its_own_host_and_one_that_does_not_exist_is_not_found(cloud: Lab) -> None:
    service = await cloud.create(f"{IMAGE}:latest")
    first = service.latest_ready_revision.rpartition("/")[2]
    service.template.labels["second"] = "yes"
    service.traffic = [
        {"type_": REVISION, "revision": first, "tag": "old"},
        {"type_": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100},
    ]
    service = await cloud.update(service)
    for url in service.urls[1:]:
        assert (await by_host(cloud, f"old---{host(url)}")).text == first
        assert (await by_host(cloud, host(url))).text != first
        assert (await by_host(cloud, f"new---{host(url)}")).status_code == 404
    assert len(cloud.entries("requests")) == 4


@pytest.mark.parametrize("name", ["nobody-123456789012.us-central1.run.app", "run.app.run.app", "-.run.app"])
async def test_a_host_of_no_service_is_googles_404_and_needs_no_token(cloud: Lab, name: str) -> None:
    answer = await by_host(cloud, name)
    assert answer.status_code == 404
    assert "The requested URL was not found on this server." in answer.text


async def test_other_hosts_are_the_apis(cloud: Lab) -> None:
    assert (await by_host(cloud, "run.googleapis.com", f"/v2/{PLACE}/services")).status_code == 401


def test_a_name_that_is_too_long_has_only_the_url_with_the_hash() -> None:
    long = f"projects/demo/locations/us-central1/services/{'a' * 51}"
    fits = f"projects/demo/locations/us-central1/services/{'a' * 50}"
    assert [url.count(".a.run.app") for url in run_urls.urls(long)] == [1]
    assert [url.count(".a.run.app") for url in run_urls.urls(fits)] == [0, 1]
    assert all(len(host(url).partition(".")[0]) <= 63 for url in (*run_urls.urls(long), *run_urls.urls(fits)))


def test_a_region_without_an_abbreviation_is_written_out() -> None:
    assert run_urls.urls("projects/demo/locations/me-west1/services/web")[1].endswith("-me-west1.a.run.app")
