"""Deploying commands are found in scripts, make recipes, package.json, workflows and Terraform."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.reading.deploy_script import DeployScript, read
from signoff.reading.errors import Unreadable
from signoff.reading.gcloud import Deploy, Submit


def test_a_shell_script_with_its_own_variables() -> None:
    script = b"""\
#!/bin/bash
set -e
PROJECT="acme-prod"
REGION=${REGION:-europe-west1}
SERVICE=web  # the front
IMAGE=gcr.io/$PROJECT/$SERVICE
gcloud builds submit --config cloudbuild.web.yaml --project "$PROJECT" .
gcloud --quiet beta run deploy "$SERVICE" \\
  --image "$IMAGE:$TAG" --project=$PROJECT \\
  --region "$REGION" --allow-unauthenticated && echo deployed
if ! (gcloud run jobs deploy extractor --source jobs/extractor --region us-east1); then exit 1; fi
gcloud run services list
gcloud run deploy "$1"
"""
    assert read("deploy.sh", script) == DeployScript(
        "signoff",
        (
            Deploy("service", "web", 8, "europe-west1", "acme-prod"),
            Deploy("job", "extractor", 11, "us-east1", source="jobs/extractor"),
            Deploy("service", None, 13, argument=True),
        ),
        (Submit(7, ".", "cloudbuild.web.yaml"),),
    )


def test_a_variable_with_two_values_is_not_known() -> None:
    assert read("a.sh", b"R=a\nR=b\ngcloud run deploy web --region $R").deploys == (Deploy("service", "web", 3),)


def test_a_make_recipe() -> None:
    made = b"REGION := us-west1\ndeploy: image\n\t@gcloud run deploy web --region $(REGION) --source .\n"
    assert read("Makefile", made).deploys == (Deploy("service", "web", 3, "us-west1", source="."),)


def test_the_scripts_of_a_package() -> None:
    package = b'{\n "scripts": {\n  "test": "x",\n  "deploy": "gcloud run deploy web --region us-west1"\n }\n}'
    assert read("web/package.json", package).deploys == (Deploy("service", "web", 4, "us-west1"),)


def test_a_workflow_with_commands_and_googles_action() -> None:
    workflow = b"""\
on:
  push:
    branches: [main, 'release/*']
env:
  REGION: europe-west4
  SERVICE: web
jobs:
  deploy:
    steps:
      - uses: google-github-actions/deploy-cloudrun@v2
        with:
          service: ${{ env.SERVICE }}
          region: ${{ env.REGION }}
          image: gcr.io/a/web:${{ github.sha }}
      - run: >
          gcloud run jobs update extractor
          --region $REGION
          --image x
"""
    found = read(".github/workflows/deploy.yml", workflow)
    assert (found.by, found.branches) == ("ci", ("main",))
    assert found.deploys == (
        Deploy("job", "extractor", 16, "europe-west4", image="x"),
        Deploy("service", "web", 10, "europe-west4"),
    )


def test_terraform_resources() -> None:
    terraform = b"""\
resource "google_cloud_run_v2_service" "web" {
  name     = "web"
  location = "us-central1"
  template {
    containers { name = "inner" }
  }
}
resource "google_cloud_run_v2_job" "j" {
  name = var.job
}
"""
    assert read("infra/main.tf", terraform) == DeployScript(
        "terraform", (Deploy("service", "web", 1, "us-central1"), Deploy("job", None, 8))
    )


@pytest.mark.parametrize(("path", "data"), [("package.json", b"{"), ("a.yml", b"a: ["), ("a.sh", b"\xff")])
def test_what_is_not_what_its_name_says_is_unreadable(path: str, data: bytes) -> None:
    with pytest.raises(Unreadable):
        read(path, data)


pieces = st.sampled_from(
    ["gcloud", "run", "deploy", "jobs", "--region", "$R", "${R:-x}", "$(R)", "R=$R", "R: ", "'", '"', "\\\n", "\n", "`",
     "&&", 'resource "google_cloud_run_service" "a" {', "}", '  name = "b"', "builds", "submit", "- run: |", "<<EOF"]
)  # fmt: skip


@settings(deadline=1000)
@given(
    path=st.sampled_from(["a.sh", "Makefile", "package.json", ".github/workflows/a.yml", "a.tf"]),
    data=st.lists(pieces).map(" ".join).map(str.encode) | st.binary(max_size=200),
)
def test_any_bytes_are_read_or_unreadable(path: str, data: bytes) -> None:
    try:
        read(path, data)
    except Unreadable as error:
        assert str(error)
