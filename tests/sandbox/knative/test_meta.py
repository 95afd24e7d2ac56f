"""Metadata and conditions of Knative objects."""

from __future__ import annotations

from typing import Any

import pytest
from google.cloud.run_v2.types import Condition, Service
from google.protobuf import json_format

from signoff_sandbox.wire.knative import meta
from signoff_sandbox.world.errors import ApiError
from support.discovery import problems
from support.planted import STATE


def planted() -> Any:
    service = json_format.ParseDict(STATE["services"][0], Service.pb()())
    service.create_time.FromSeconds(1_800_000_000)
    return service


def test_the_metadata_of_an_object_is_as_google_declares_it() -> None:
    made = meta.object_meta(
        planted(), api=meta.SERVING, collection="services", labels={"b": "1", "a": "2"}, annotations={}
    )
    assert problems("run.v1", "ObjectMeta", made) == []
    assert made["labels"] == {"a": "2", "b": "1", "cloud.googleapis.com/location": "us-central1"}
    assert made["creationTimestamp"] == "2027-01-15T08:00:00Z"
    assert made["selfLink"] == f"/apis/serving.knative.dev/v1/namespaces/{made['namespace']}/services/web"
    assert made["namespace"].isdigit()
    assert "annotations" not in made


def test_a_resource_version_that_is_not_the_current_one_is_a_conflict_that_names_both() -> None:
    service = planted()
    meta.require_version(service, {"resourceVersion": meta.resource_version(service)})
    meta.require_version(service, {})
    with pytest.raises(ApiError, match="version 'old' was specified but current version is 'CJ'") as conflict:
        meta.require_version(service, {"resourceVersion": "old"})
    assert conflict.value.http_status == 409


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "CONDITION_SUCCEEDED"}, {"status": "True"}),
        ({"state": "CONDITION_RECONCILING"}, {"status": "Unknown"}),
        (
            {"state": "CONDITION_FAILED", "revision_reason": "HEALTH_CHECK_CONTAINER_ERROR", "message": "no"},
            {"status": "False", "reason": "HealthCheckContainerError", "message": "no"},
        ),
        ({"state": "CONDITION_FAILED", "execution_reason": "CANCELLED"}, {"status": "False", "reason": "Cancelled"}),
        ({"state": "CONDITION_FAILED", "reason": "COMMON_REASON_UNDEFINED"}, {"status": "False"}),
        (
            {"state": "CONDITION_FAILED", "revision_reason": "RETIRED", "severity": "INFO"},
            {"status": "False", "reason": "Retired", "severity": "Info"},
        ),
    ],
)
def test_conditions_are_said_in_the_words_of_v1(fields: dict[str, Any], words: dict[str, str]) -> None:
    made = meta.condition(Condition.pb(Condition(type_="Ready", **fields)))
    assert made == {"type": "Ready", **words}
    assert problems("run.v1", "GoogleCloudRunV1Condition", made) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "Root element must be an object"),
        ({"apiVersion": "v2", "kind": "Service"}, "apiVersion: must be 'serving.knative.dev/v1'"),
        ({"apiVersion": meta.SERVING, "kind": "Job"}, "kind: must be 'Service'"),
        ({"apiVersion": meta.SERVING, "kind": "Service", "metadata": []}, "metadata: must be an object"),
        ({"apiVersion": meta.SERVING, "kind": "Service", "metadata": {"name": ""}}, "metadata.name: must not be empty"),
    ],
)
def test_a_body_that_is_no_such_object_is_refused(content: Any, message: str) -> None:
    with pytest.raises(ApiError, match=message):
        meta.read_object(content, api=meta.SERVING, kind="Service")
