"""Planted faults as gcloud meets them on the HTTP methods that it alone speaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.gcloud import REGION, Gcloud

NAMES = [f"planted-{letter}" for letter in "abcde"]
SECRETS = "google.cloud.secretmanager.v1.SecretManagerService/ListSecrets"
LIST = "run.namespaces.services.list"


@pytest.fixture(autouse=True)
def services(gcloud: Gcloud) -> Iterator[None]:
    place = f"projects/demo/locations/{REGION}"
    gcloud.sandbox.plant({"services": [{"name": f"{place}/services/{name}"} for name in NAMES]})
    yield
    gcloud.sandbox.clear_faults()


def listed(gcloud: Gcloud) -> list[str]:
    found: list[dict[str, Any]] = gcloud.json("run", "services", "list", f"--region={REGION}")
    return [service["metadata"]["name"] for service in found]


def name(secret: dict[str, Any]) -> str:
    return str(secret["name"]).rpartition("/")[2]


def test_gcloud_is_refused_and_says_why(gcloud: Gcloud) -> None:
    gcloud.sandbox.fault(LIST, code="PERMISSION_DENIED", message="not you", caller="*gcloud*")
    refused = gcloud("run", "services", "list", f"--region={REGION}", code=1)
    assert "not you" in refused.err
    gcloud.sandbox.clear_faults()
    gcloud.sandbox.fault(LIST, code="PERMISSION_DENIED", caller="*terraform*")
    assert listed(gcloud) == NAMES


def test_gcloud_tries_again_where_google_is_unavailable(gcloud: Gcloud) -> None:
    gcloud.sandbox.fault(LIST, code="UNAVAILABLE", times=1)
    before = gcloud.sandbox.calls().get(LIST, 0)
    assert listed(gcloud) == NAMES
    assert gcloud.sandbox.calls()[LIST] == before + 2


def test_gcloud_does_not_notice_a_lost_page(gcloud: Gcloud) -> None:
    automatic = {"automatic": {}}
    gcloud.sandbox.plant(
        {"secrets": [{"name": f"projects/demo/secrets/{name}", "replication": automatic} for name in NAMES]}
    )
    gcloud.sandbox.fault(SECRETS, pageSize=2)
    assert [name(secret) for secret in gcloud.json("secrets", "list")] == NAMES
    gcloud.sandbox.fault(SECRETS, losePage=True, times=1)
    assert [name(secret) for secret in gcloud.json("secrets", "list")] == [*NAMES[:2], NAMES[4]]


def test_gcloud_takes_the_first_page_of_services_for_all(gcloud: Gcloud) -> None:
    gcloud.sandbox.fault(LIST, pageSize=2)
    assert listed(gcloud) == NAMES[:2]


def test_gcloud_reads_what_was(gcloud: Gcloud) -> None:
    full = f"projects/demo/locations/{REGION}/services/{NAMES[0]}"
    gcloud.sandbox.plant({"services": [{"name": full, "labels": {"team": "new"}}]})
    gcloud.sandbox.fault("run.namespaces.services.get", staleWrites=1)
    found = gcloud.json("run", "services", "describe", NAMES[0], f"--region={REGION}")
    assert "team" not in found["metadata"].get("labels", {})
