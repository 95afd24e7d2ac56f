"""Where files of Terraform, Knative, Pulumi and CI define a workload."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.model.subject import Kind
from signoff.reading.definitions import definitions
from signoff.reading.errors import Unreadable

TERRAFORM = """\
variable "image" {}

resource "google_cloud_run_v2_service" "api" {
  name     = "api"
  location = "us-central1"
  template {
    containers {
      name  = "worker"
      image = var.image
    }
  }
}

resource "google_cloud_run_service" "old" {
  name = "old-api"
}

resource "google_cloud_run_v2_job" "etl" {
  name = "etl"
}

resource "google_cloud_run_v2_service" "each" {
  name = "svc-${each.key}"
}

module "site" {
  source       = "GoogleCloudPlatform/cloud-run/google"
  service_name = "site"
}
"""
KNATIVE = """\
# what `gcloud run services replace` takes
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  labels:
    name: other
  name: "api"  # the service
spec:
  template:
    metadata:
      name: api-0001
"""
HELM = KNATIVE.replace('"api"  # the service', "{{ .Values.name }}")
PULUMI = """\
import * as gcp from "@pulumi/gcp";
const service = new gcp.cloudrunv2.Service("api", {
  location: "us-central1",
});
const job = new gcp.cloudrunv2.Job("etl", { name: "etl" });
const named = new gcp.cloudrun.Service(nameOf(stack), { location });
"""
WORKFLOW = """\
on: {push: {branches: [main]}}
jobs:
  deploy:
    steps:
      - uses: google-github-actions/deploy-cloudrun@v2
        with: {service: api, region: us-central1}
"""


def found(path: str, text: str, name: str = "api", kind: Kind = "service") -> list[tuple[str, bool]]:
    return [(one.at, one.certain) for one in definitions(path, text.encode(), kind, name)]


@pytest.mark.parametrize(
    ("path", "text", "name", "kind", "expected"),
    [
        ("infra/run.tf", TERRAFORM, "api", "service", [("infra/run.tf:3", True), ("infra/run.tf:22", False)]),
        ("run.tf", TERRAFORM, "old-api", "service", [("run.tf:14", True), ("run.tf:22", False)]),
        ("run.tf", TERRAFORM, "etl", "job", [("run.tf:18", True)]),
        ("run.tf", TERRAFORM, "site", "service", [("run.tf:22", False), ("run.tf:26", True)]),
        ("run.tf", TERRAFORM, "worker", "service", [("run.tf:22", False)]),
        ("deploy/api.yaml", KNATIVE, "api", "service", [("deploy/api.yaml:7", True)]),
        ("deploy/api.yaml", KNATIVE, "other", "service", []),
        ("chart/service.yaml", HELM, "api", "service", [("chart/service.yaml:7", False)]),
        ("index.ts", PULUMI, "api", "service", [("index.ts:2", True), ("index.ts:6", False)]),
        ("index.ts", PULUMI, "etl", "job", [("index.ts:5", True)]),
        (".github/workflows/d.yml", WORKFLOW, "api", "service", [(".github/workflows/d.yml:5", True)]),
        ("deploy.sh", "set -e\ngcloud run deploy api --image x\n", "api", "service", [("deploy.sh:2", True)]),
        ("deploy.sh", "set -e\ngcloud run deploy api --image x\n", "web", "service", []),
    ],
)
def test_the_line_that_defines_it_is_found(
    path: str, text: str, name: str, kind: Kind, expected: list[tuple[str, bool]]
) -> None:
    assert found(path, text, name, kind) == expected


@given(st.sampled_from(["a.tf", "a.yaml", "a.ts", "a.sh"]), st.binary(max_size=200))
def test_whatever_a_file_holds_it_is_read_or_said_to_be_unreadable(path: str, data: bytes) -> None:
    with contextlib.suppress(Unreadable):
        assert all(one.at.startswith(path) for one in definitions(path, data, "service", "api"))
