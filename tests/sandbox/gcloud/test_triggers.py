"""`gcloud builds triggers create|import|list|describe|run|delete`, pushes, and approvals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from support.cloudrun import IMAGE, Repository, app
from support.gcloud import Gcloud

CONFIG = (
    "steps:\n- {name: gcr.io/cloud-builders/docker, args: [build, -t, '" + IMAGE + ":$SHORT_SHA', .]}\n"
    "- {name: bash, args: [bash, -c, 'echo $BRANCH_NAME $_COLOUR']}\n"
    "images: ['" + IMAGE + ":$SHORT_SHA']\n"
)


@pytest.fixture(scope="module")
def repository(gcloud: Gcloud, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """What the sandbox clones for github.com/acme/shop."""
    made = Repository(tmp_path_factory.mktemp("remote") / "shop")
    gcloud.sandbox.plant({"gitRemotes": {"https://github.com/acme/shop": str(made.folder)}})
    return made


def push(gcloud: Gcloud, repository: Repository) -> dict[str, Any]:
    told = {"repository": str(repository.folder), "ref": "refs/heads/main"}
    answer = gcloud.sandbox.request("POST", "/sandbox/push", told)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_trigger_is_made_found_run_and_deleted(gcloud: Gcloud, repository: Repository) -> None:
    assert gcloud.json("builds", "triggers", "list") == []
    commit = repository.commit({**app("one"), "cloudbuild.yaml": CONFIG})
    made = gcloud(
        *("builds", "triggers", "create", "github", "--name=shop", "--repo-owner=acme", "--repo-name=shop"),
        *("--branch-pattern=^main$", "--build-config=cloudbuild.yaml", "--included-files=main.py,Dockerfile"),
        "--substitutions=_COLOUR=red",
    )
    assert "Created [http://cloudbuild.googleapis.com/v1/projects/demo/locations/global/triggers/" in made.err
    (listed,) = gcloud.json("builds", "triggers", "list")
    assert listed == gcloud.json("builds", "triggers", "describe", "shop")
    assert listed["github"]["push"] == {"branch": "^main$"}
    assert listed["includedFiles"] == ["main.py", "Dockerfile"]
    ran = gcloud.json("builds", "triggers", "run", "shop", "--branch=main", "--substitutions=_COLOUR=blue")
    build_id = ran["metadata"]["build"]["id"]
    assert "Step #1: main blue" in gcloud("builds", "log", "--stream", build_id).out.splitlines()
    build = gcloud.json("builds", "describe", build_id)
    assert (build["status"], build["buildTriggerId"]) == ("SUCCESS", listed["id"])
    assert build["source"]["gitSource"] == {"url": "https://github.com/acme/shop.git", "revision": commit}
    assert build["substitutions"]["COMMIT_SHA"] == commit
    (found,) = gcloud.json("builds", "list", f"--filter=trigger_id={listed['id']}")
    assert found["id"] == build_id
    gcloud("builds", "triggers", "delete", "shop")
    assert "NOT_FOUND" in gcloud("builds", "triggers", "describe", "shop", code=1).err


def test_an_imported_trigger_is_changed_by_importing_it_again(
    gcloud: Gcloud, repository: Repository, tmp_path: Path
) -> None:
    trigger = {
        "name": "imported",
        "filename": "cloudbuild.yaml",
        "github": {"owner": "acme", "name": "shop", "push": {"branch": "^main$"}},
        "ignoredFiles": ["docs/**"],
    }
    path = tmp_path / "trigger.yaml"
    for disabled in (False, True):
        path.write_text(yaml.safe_dump({**trigger, "disabled": disabled}), encoding="utf-8")
        gcloud("builds", "triggers", "import", "--source", str(path))
        repository.commit({"main.py": f"# {disabled}"})
        fired = push(gcloud, repository)
        assert len(fired["builds"]) == (0 if disabled else 1), fired
    assert fired["skipped"] == [{"trigger": "imported", "why": "it is disabled"}]
    assert [one["name"] for one in gcloud.json("builds", "triggers", "list")] == ["imported"]
    refused = gcloud("builds", "triggers", "run", "imported", "--branch=main", code=1)
    assert "is disabled" in refused.err
    gcloud("builds", "triggers", "delete", "imported")


def test_a_pending_build_is_approved(gcloud: Gcloud, repository: Repository) -> None:
    repository.commit({**app("two"), "cloudbuild.yaml": CONFIG})
    gcloud(
        *("builds", "triggers", "create", "github", "--name=gated", "--repo-owner=acme", "--repo-name=shop"),
        *("--branch-pattern=.*", "--build-config=cloudbuild.yaml", "--require-approval"),
    )
    (fired,) = push(gcloud, repository)["builds"]
    build_id = fired["build"].rpartition("/")[2]
    assert gcloud.json("builds", "describe", build_id)["status"] == "PENDING"
    gcloud("beta", "builds", "approve", build_id, "--comment=fine")
    gcloud("builds", "log", "--stream", build_id)
    build = gcloud.json("builds", "describe", build_id)
    assert (build["status"], build["approval"]["result"]["comment"]) == ("SUCCESS", "fine")
    gcloud("builds", "triggers", "delete", "gated")
