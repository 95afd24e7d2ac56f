"""The contract of the report as JSON."""

from __future__ import annotations

import json

import jsonschema
import pytest

from signoff.model.evidence import Evidence
from signoff.model.judgement import Link, Status
from signoff.model.quoted import Quoted
from signoff.model.report import LinkReport
from signoff.model.text import text
from signoff.views import schema
from signoff.views.structure import as_json
from support.reports import REPORTS, hostile, refused, report, unverified, workload
from support.samples import NOW


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_is_valid_by_the_schema(name: str) -> None:
    value = json.loads(json.dumps(as_json(REPORTS[name]())))
    jsonschema.Draft202012Validator(schema.report_schema()).validate(value)


def test_the_schema_refuses_what_is_no_report() -> None:
    value = json.loads(json.dumps(as_json(refused())))
    value["workloads"]["web"]["links"]["pushed"]["status"] = "fine"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema.report_schema()).validate(value)


def test_the_schema_file_is_as_the_shapes_make_it() -> None:
    assert schema.report_schema() == schema.generated(), "renew it: python -m signoff.views.schema"


def test_indices_point_at_what_they_mean() -> None:
    value = as_json(refused())
    entry = value["workloads"]["web"]["links"]["serving"]
    finding = value["findings"][entry["findings"][0]]
    assert (finding["code"], finding["workload"], finding["link"]) == ("serving/drift", "web", "serving")
    assert finding["fix"] == {"action": "deploy", "workloads": ["web"]}
    assert value["evidence"][finding["evidence"][0]]["field"] == "traffic.revision"


def test_the_same_evidence_stands_once() -> None:
    value = as_json(refused())
    keys = [json.dumps(evidence, sort_keys=True) for evidence in value["evidence"]]
    assert len(keys) == len(set(keys))


def test_a_general_finding_belongs_to_no_workload() -> None:
    first = as_json(unverified())["findings"][0]
    assert (first["code"], first["workload"], first["link"]) == ("identity/expired", None, None)


def test_a_refusal_reads_as_the_contract_has_it(snapshot: object) -> None:
    assert json.dumps(as_json(refused()), indent=1) == snapshot


def test_no_secret_and_no_control_character_is_in_the_structure() -> None:
    written = json.dumps(as_json(hostile()), ensure_ascii=False)
    assert "hunter2" not in written
    assert "ya29." not in written
    assert not any(ord(character) < 32 or character in "\u202e\ud800" for character in written)


def test_values_of_every_kind_are_json() -> None:
    values = (1, 2.5, True, None, float("inf"), Quoted("x\x1b"), ("a", ("b", 1)))
    proofs = tuple(Evidence("run", "r", "f", value, NOW) for value in values)
    value = as_json(report(workload(links={Link.FRESH: LinkReport(Status.PASS, NOW, proofs, reason=text("ok"))})))
    numbers = value["workloads"]["web"]["links"]["fresh"]["evidence"]
    shown = [value["evidence"][number]["value"] for number in numbers]
    assert shown == [1, 2.5, True, None, "inf", "x\\x1b", ["a", ["b", 1]]]
    json.dumps(value, allow_nan=False)
