"""Field masks: what they name changes, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from google.cloud import run_v2
from google.protobuf import json_format
from google.protobuf.field_mask_pb2 import FieldMask

from signoff_sandbox.wire.masks import merged
from signoff_sandbox.world.errors import ApiError

Service: Any = run_v2.Service.pb()
CURRENT = {
    "name": "s",
    "description": "old",
    "labels": {"a": "1", "b": "2"},
    "template": {"serviceAccount": "old@x", "timeout": "300s", "containers": [{"image": "one"}]},
    "traffic": [{"percent": 100}],
    "invokerIamDisabled": True,
}


def update(wanted: dict[str, Any], *paths: str) -> dict[str, Any]:
    current = json_format.ParseDict(CURRENT, Service())
    result = merged(current, json_format.ParseDict(wanted, Service()), FieldMask(paths=paths))
    assert json_format.MessageToDict(current) == CURRENT, "the current resource is not edited in place"
    return json_format.MessageToDict(result)


@pytest.mark.parametrize(
    ("wanted", "paths", "changes"),
    [
        ({"description": "new", "labels": {}}, ["description"], {"description": "new"}),
        ({"labels": {"c": "3"}}, ["labels"], {"labels": {"c": "3"}}),
        ({"labels": {"c": "3"}}, ["labels.c"], {"labels": {"a": "1", "b": "2", "c": "3"}}),
        ({}, ["labels.a"], {"labels": {"b": "2"}}),
        ({"traffic": [{"percent": 10}]}, ["traffic"], {"traffic": [{"percent": 10}]}),
        ({"invokerIamDisabled": False}, ["invoker_iam_disabled"], {"invokerIamDisabled": None}),
        ({}, ["template"], {"template": None}),
        ({}, ["binary_authorization.policy", "scaling.minInstanceCount"], {}),
        (
            {"template": {"serviceAccount": "new@x"}},
            ["template.serviceAccount"],
            {"template": {**CURRENT["template"], "serviceAccount": "new@x"}},
        ),
        (
            {"template": {"containers": [{"image": "two"}]}},
            ["template.containers", "description"],
            {"template": {**CURRENT["template"], "containers": [{"image": "two"}]}, "description": None},
        ),
    ],
)
def test_only_masked_fields_change(wanted: dict[str, Any], paths: list[str], changes: dict[str, Any]) -> None:
    expected = {key: value for key, value in {**CURRENT, **changes}.items() if value is not None}
    assert update(wanted, *paths) == expected


@pytest.mark.parametrize("paths", [[], ["*"], [""]])
def test_without_a_mask_everything_comes_from_the_request(paths: list[str]) -> None:
    assert update({"name": "s", "description": "new"}, *paths) == {"name": "s", "description": "new"}


@pytest.mark.parametrize(
    "path", ["nothing", "template.nothing", "description.x", "traffic.percent", "labels.a.b", "scaling.nothing"]
)
def test_a_path_that_does_not_exist_is_refused(path: str) -> None:
    with pytest.raises(ApiError, match="INVALID_ARGUMENT") as refused:
        update({}, path)
    assert path in refused.value.message
