"""Edits of Cloud Run's messages change what they are asked to, and keep everything else byte for byte."""

from __future__ import annotations

from typing import Any

import pytest
from google.cloud import run_v2
from google.protobuf import json_format

from signoff.systems.google import edit

NEW = "us-docker.pkg.dev/demo/app/web@sha256:" + "2" * 64
SERVICE: dict[str, Any] = {
    "name": "projects/demo/locations/us-central1/services/web",
    "labels": {"team": "reports"},
    "annotations": {"owner": "ada"},
    "template": {
        "revision": "web-green",
        "labels": {"commit-sha": "a" * 40, "gcb-build-id": "old", "cost": "x"},
        "serviceAccount": "web@demo.iam.gserviceaccount.com",
        "scaling": {"minInstanceCount": 2, "maxInstanceCount": 9},
        "vpcAccess": {"connector": "projects/demo/locations/us-central1/connectors/c"},
        "containers": [
            {"name": "proxy", "image": "proxy@sha256:" + "9" * 64},
            {
                "name": "web",
                "image": "us-docker.pkg.dev/demo/app/web@sha256:" + "1" * 64,
                "ports": [{"containerPort": 8080}],
                "env": [
                    {"name": "MODE", "value": "live"},
                    {"name": "KEY", "valueSource": {"secretKeyRef": {"secret": "key", "version": "3"}}},
                ],
            },
        ],
    },
    "traffic": [
        {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": "web-00001-abc", "percent": 100},
        {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": "web-00002-abc", "tag": "preview"},
    ],
    "etag": '"e"',
}


def service() -> Any:
    return json_format.ParseDict(SERVICE, run_v2.Service.pb()())


def plain(message: Any) -> dict[str, Any]:
    return dict(json_format.MessageToDict(message))


def test_only_the_image_the_pinned_name_and_the_commit_change() -> None:
    edited = service()
    paths = edit.set_image("service", edited, NEW, "b" * 40, "op-1")
    expected = plain(service())
    expected["template"]["containers"][1]["image"] = NEW
    del expected["template"]["revision"]
    expected["template"]["labels"] = {"commit-sha": "b" * 40, "cost": "x", "signoff-operation": "op-1"}
    assert plain(edited) == expected
    assert paths == ["template"]


def test_an_image_of_an_unknown_commit_leaves_no_label_that_names_one() -> None:
    edited = service()
    edit.set_image("service", edited, NEW, None, "op-1")
    assert dict(edited.template.labels) == {"cost": "x", "signoff-operation": "op-1"}


def test_a_service_label_that_named_a_commit_is_made_true_and_written() -> None:
    edited = service()
    edited.labels["commit-sha"] = "a" * 40
    assert edit.set_image("service", edited, NEW, "b" * 40, "op-1") == ["template", "labels"]
    assert dict(edited.labels) == {"team": "reports", "commit-sha": "b" * 40}


def test_fields_that_this_version_does_not_know_survive() -> None:
    unknown = b"\xf2\xff\x7f\x02hi"  # field 262142, length-delimited: a field of a newer API
    edited = run_v2.Service.pb().FromString(service().SerializeToString() + unknown)
    edit.set_image("service", edited, NEW, None, "op-1")
    edit.set_traffic(edited, [("", 100)])
    assert unknown in edited.SerializeToString()


def test_traffic_goes_to_the_latest_revision_and_tags_stay() -> None:
    edited = service()
    assert not edit.follows_latest(edited)
    assert edit.set_traffic(edited, [("", 100)]) == ["traffic"]
    assert plain(edited)["traffic"] == [
        {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100},
        {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": "web-00002-abc", "tag": "preview"},
    ]
    assert edit.follows_latest(edited)


def test_serving_is_summed_per_revision_and_tags_alone_do_not_count() -> None:
    shown = service()
    shown.latest_ready_revision = "projects/demo/locations/us-central1/services/web/revisions/web-00002-abc"
    for revision, percent in (("web-00001-abc", 40), ("web-00001-abc", 20), ("", 40), ("web-00003-abc", 0)):
        status = shown.traffic_statuses.add()
        status.revision, status.percent = revision, percent
    assert edit.serving(shown) == (("web-00001-abc", 60), ("web-00002-abc", 40))


def test_the_image_of_a_job_is_set_in_its_task_template() -> None:
    job = json_format.ParseDict(
        {"template": {"parallelism": 2, "template": {"maxRetries": 1, "containers": [{"image": "old"}]}}},
        run_v2.Job.pb()(),
    )
    edit.set_image("job", job, NEW, "b" * 40, "op-1")
    assert plain(job)["template"]["template"] == {"maxRetries": 1, "containers": [{"image": NEW}]}
    assert dict(job.template.labels) == {"commit-sha": "b" * 40, "signoff-operation": "op-1"}


def test_a_template_without_a_container_is_refused() -> None:
    with pytest.raises(ValueError, match="no container"):
        edit.set_image("service", run_v2.Service.pb()(), NEW, None, "op-1")
