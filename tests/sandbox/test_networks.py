"""From where a service can be reached: its ingress setting and its default URL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from signoff_sandbox.world import load_balancer, networks
from support.apps import obedient
from support.cloudrun import IMAGE, Lab, lab

ALL, BALANCER, INTERNAL = (
    "INGRESS_TRAFFIC_ALL",
    "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
    "INGRESS_TRAFFIC_INTERNAL_ONLY",
)


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab(tmp_path) as made:
        await made.build(obedient())
        yield made


def ways(cloud: Lab) -> dict[str, dict[str, str]]:
    """The headers of a request by the way it comes."""
    return {
        "outside": {},
        "balancer": {
            load_balancer.HEADER: cloud.cloud.load_balancer_secret,
            "x-forwarded-for": "203.0.113.7, 35.191.0.1",
            "host": "app.example.com",
        },
        "internal": networks.internal_headers(cloud.cloud),
    }


@pytest.mark.parametrize(
    ("ingress", "disabled", "admitted"),
    [
        (ALL, False, {"outside", "balancer", "internal"}),
        (BALANCER, False, {"balancer", "internal"}),
        (INTERNAL, False, {"internal"}),
        (ALL, True, {"balancer"}),
    ],
)
async def test_who_is_not_let_in_sees_googles_404_and_the_log_says_nothing(
    cloud: Lab, ingress: str, disabled: bool, admitted: set[str]
) -> None:
    service = await cloud.create(f"{IMAGE}:latest", ingress=ingress, default_uri_disabled=disabled)
    for way, headers in ways(cloud).items():
        answer = await cloud.http.get(f"{service.uri}/headers", headers=headers)
        assert answer.status_code == (200 if way in admitted else 404), way
        if way in admitted:
            seen = answer.json()
            assert not {name for name in seen if name.startswith("x-sandbox")}, "the sandbox's own headers end here"
        else:
            assert "<h1>Error: Page not found</h1>" in answer.text
            assert answer.headers["server"] == "Google Frontend"
    assert len(cloud.entries("requests")) == len(admitted)


async def test_whoever_only_claims_to_be_inside_is_outside(cloud: Lab) -> None:
    service = await cloud.create(f"{IMAGE}:latest", ingress=INTERNAL)
    claims = {networks.INTERNAL_HEADER: "yes", load_balancer.HEADER: "yes"}
    assert (await cloud.http.get(service.uri, headers=claims)).status_code == 404


async def test_the_log_has_the_url_and_the_client_of_the_load_balancer(cloud: Lab) -> None:
    service = await cloud.create(f"{IMAGE}:latest")
    await cloud.http.get(f"{service.uri}/pid?x=1", headers=ways(cloud)["balancer"])
    request = cloud.entries("requests")[0].http_request
    assert (request.request_url, request.remote_ip) == ("https://app.example.com/pid?x=1", "203.0.113.7")
