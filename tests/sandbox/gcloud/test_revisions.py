"""`gcloud run revisions …` on the sandbox, on revisions of every state."""

from __future__ import annotations

from typing import Any

import pytest

from support.cloudrun import PLACE
from support.gcloud import REGION, Gcloud
from support.planted import DIGEST, STATE, URI

SUCCEEDED, FAILED = {"state": "CONDITION_SUCCEEDED"}, {"state": "CONDITION_FAILED"}
RETIRED = {**FAILED, "revisionReason": "RETIRED", "severity": "INFO", "message": "Revision retired."}
BROKEN = {**FAILED, "revisionReason": "HEALTH_CHECK_CONTAINER_ERROR", "message": "The container failed to start."}


def revision(name: str, day: int, *conditions: dict[str, Any]) -> dict[str, Any]:
    service, _, number = name.partition("-")
    return {
        **STATE["revisions"][0],
        "name": f"{PLACE}/services/{service}/revisions/{name}",
        "service": service,
        "creator": f"dev{number[4]}@example.com",
        "createTime": f"2026-03-0{day}T10:00:00Z",
        "conditions": [
            {"type": kind, **condition} for kind, condition in zip(("Ready", "Active"), conditions, strict=False)
        ],
    }


@pytest.fixture(scope="module", autouse=True)
def revisions(gcloud: Gcloud) -> None:
    services = [{**STATE["services"][0], "name": f"{PLACE}/services/{name}"} for name in ("shop", "mail")]
    gcloud.sandbox.plant(
        {
            "services": services,
            "revisions": [
                revision("shop-00001-aaa", 1, SUCCEEDED, RETIRED),
                revision("shop-00002-bbb", 2, SUCCEEDED, SUCCEEDED),
                revision("shop-00003-ccc", 3, BROKEN),
                revision("mail-00001-ddd", 4, SUCCEEDED, SUCCEEDED),
            ],
        }
    )


def rows(gcloud: Gcloud, *arguments: str) -> list[list[str]]:
    return [
        line.split() for line in gcloud("run", "revisions", "list", f"--region={REGION}", *arguments).out.splitlines()
    ]


def test_a_list_shows_newest_first_what_is_ready_and_what_is_active(gcloud: Gcloud) -> None:
    head, *listed = rows(gcloud, "--service=shop")
    assert head == ["REVISION", "ACTIVE", "SERVICE", "DEPLOYED", "DEPLOYED", "BY"]
    at = ["10:00:00", "UTC"]
    assert [[cell for cell in row if cell not in "✔X+"] for row in listed] == [
        ["shop-00003-ccc", "shop", "2026-03-03", *at, "dev3@example.com"],
        ["shop-00002-bbb", "yes", "shop", "2026-03-02", *at, "dev2@example.com"],
        ["shop-00001-aaa", "shop", "2026-03-01", *at, "dev1@example.com"],
    ]
    assert [row[0] in "✔+" for row in listed] == [False, True, True]
    assert {row[1] for row in rows(gcloud, "--limit=10")[1:]} >= {"mail-00001-ddd", "shop-00001-aaa"}


def test_a_list_longer_than_a_page_is_whole(gcloud: Gcloud) -> None:
    listed = gcloud.json("run", "revisions", "list", "--service=shop", "--page-size=2", f"--region={REGION}")
    assert len(listed) == 3


def test_a_description_names_the_image_by_digest_and_says_why_it_is_not_ready(gcloud: Gcloud) -> None:
    text = gcloud("run", "revisions", "describe", "shop-00003-ccc", f"--region={REGION}").out
    assert "Revision shop-00003-ccc in region us-central1" in text
    assert f"{URI}@{DIGEST}" in text
    assert "The container failed to start." in text
    shown = gcloud.json("run", "revisions", "describe", "shop-00001-aaa", f"--region={REGION}")
    assert shown["status"]["imageDigest"] == f"{URI}@{DIGEST}"
    active = next(condition for condition in shown["status"]["conditions"] if condition["type"] == "Active")
    assert (active["status"], active["reason"], active["severity"]) == ("False", "Retired", "Info")


def test_an_unknown_revision_cannot_be_found(gcloud: Gcloud) -> None:
    missing = gcloud("run", "revisions", "describe", "shop-00009-zzz", f"--region={REGION}", code=1)
    assert "Cannot find revision [shop-00009-zzz]" in missing.err
