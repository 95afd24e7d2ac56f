"""`gcloud run deploy --source`: an upload, a build, a revision, and what each leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from support.cloudrun import app
from support.gcloud import REGION, Gcloud

IN_REGION = f"--region={REGION}"
RUN = "run.googleapis.com"
REPOSITORY = f"{REGION}-docker.pkg.dev/demo/cloud-run-source-deploy"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with an application and its Dockerfile."""
    write(tmp_path, app("first"))
    return tmp_path


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def deploy(gcloud: Gcloud, name: str, folder: Path, *flags: str, code: int = 0) -> str:
    """What it says, in one line after the other."""
    return gcloud("run", "deploy", name, "--source", str(folder), IN_REGION, *flags, code=code).err


def describe(gcloud: Gcloud, name: str) -> dict[str, Any]:
    return gcloud.json("run", "services", "describe", name, IN_REGION)


def test_a_folder_with_a_dockerfile_becomes_a_service_that_names_its_build_and_no_commit(
    gcloud: Gcloud, tree: Path
) -> None:
    said = deploy(gcloud, "web", tree, "--allow-unauthenticated")
    assert "Building using Dockerfile and deploying container to Cloud Run service [web]" in said
    assert "Creating Container Repository" in said
    assert "has been deployed and is serving 100 percent of traffic." in said
    service = describe(gcloud, "web")
    assert httpx2.get(service["status"]["url"], trust_env=False).text.startswith("first ")
    annotations = service["metadata"]["annotations"]
    build = gcloud.json("builds", "describe", annotations[f"{RUN}/build-id"], IN_REGION)
    source = build["source"]["storageSource"]
    assert source["bucket"] == f"run-sources-demo-{REGION}"
    where = f"gs://{source['bucket']}/{source['object']}#{source['generation']}"
    assert annotations[f"{RUN}/build-source-location"] == where
    assert source["object"].startswith("services/web/")
    assert source["object"].endswith(".zip")
    assert annotations[f"{RUN}/build-image-uri"] == f"{REPOSITORY}/web"
    image = service["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == f"{REPOSITORY}/web@{build['results']['images'][0]['digest']}"
    assert set(build["sourceProvenance"]) == {"resolvedStorageSource", "fileHashes"}
    assert build["tags"] == ["service_web"]
    assert "buildTriggerId" not in build
    assert set(service["metadata"]["labels"]) == {"cloud.googleapis.com/location"}


def test_a_build_that_fails_leaves_the_service_as_it_was(gcloud: Gcloud, tree: Path) -> None:
    deploy(gcloud, "steady", tree)
    before = describe(gcloud, "steady")
    write(tree, {"Dockerfile": "FROM scratch\nCOPY nothing /\n"})
    said = deploy(gcloud, "steady", tree, code=1)
    assert "Deployment failed" in said
    assert "Build failed; check build logs for details" in said
    assert describe(gcloud, "steady") == before
    (build,) = gcloud.json("builds", "list", IN_REGION, "--filter=status=FAILURE", "--limit=1")
    assert "COPY failed: file not found" in gcloud("builds", "log", build["id"], IN_REGION).out


def test_a_folder_without_a_dockerfile_starts_what_its_procfile_says(gcloud: Gcloud, tree: Path) -> None:
    (tree / "Dockerfile").unlink()
    said = deploy(gcloud, "packed", tree, code=1)
    assert "Building using Buildpacks" in said
    write(tree, {"Procfile": "worker: false\nweb: python main.py\n"})
    deploy(gcloud, "packed", tree, "--allow-unauthenticated")
    url = describe(gcloud, "packed")["status"]["url"]
    assert httpx2.get(url, trust_env=False).text.startswith("first ")
