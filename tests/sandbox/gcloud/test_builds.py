"""`gcloud builds submit|list|describe|log|cancel` on the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support import lfs_store
from support.cloudrun import IMAGE, Repository, app
from support.gcloud import Gcloud

LAST = {"status": "SUCCESS"}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an application and configurations to build it with."""
    folder = tmp_path_factory.mktemp("tree")
    configurations = {
        "two.yaml": "steps:\n- {name: bash, args: [bash, -c, 'echo first; echo _X is $_X']}\n"
        "- {id: image, name: gcr.io/cloud-builders/docker, args: [build, -t, '" + IMAGE + ":two', .]}\n"
        "images: ['" + IMAGE + ":two']\nsubstitutions: {_X: none}\n",
        "logging.yaml": "steps:\n- {name: bash, args: [bash, -c, echo to logging]}\n"
        "options: {logging: CLOUD_LOGGING_ONLY}\n",
        "bad.yaml": "steps:\n- {name: bash, args: [bash, -c, 'echo the cause >&2; exit 3']}\n",
        "slow.yaml": "steps:\n- {name: bash, args: [bash, -c, 'echo going; sleep 100']}\ntags: [slow]\n",
    }
    for name, text in {**app("up"), **configurations, "notes.txt": "", ".gcloudignore": "notes.txt\n"}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Repository, str]]:
    """A repository and its address over HTTP."""
    folder = tmp_path_factory.mktemp("remote")
    with lfs_store.serving(folder) as server:
        yield Repository(folder / "shop"), f"{server.url}/shop/.git"


def test_a_list_of_no_builds_is_empty(gcloud: Gcloud) -> None:
    assert gcloud.json("builds", "list") == []


def test_an_uploaded_tree_is_built_under_a_tag_and_its_log_streamed(gcloud: Gcloud, tree: Path) -> None:
    ran = gcloud("builds", "submit", "--tag", f"{IMAGE}:one", str(tree))
    assert "Uploading tarball" in ran.err
    assert "Logs are available at [ https://console.cloud.google.com/cloud-build/builds/" in ran.err
    begin, *lines = ran.out.splitlines()
    assert " REMOTE BUILD OUTPUT " in begin
    assert lines[0].startswith('starting build "')
    assert lines[1:3] == ["", "FETCHSOURCE"]
    assert "Successfully tagged " + IMAGE + ":one" in lines  # one step alone: no `Step #0:` before its lines
    assert {"BUILD", "PUSH", "DONE"} <= set(lines)
    assert lines[-2].split() == ["ID", "CREATE_TIME", "DURATION", "SOURCE", "IMAGES", "STATUS"]
    assert lines[-1].split()[-2:] == [f"{IMAGE}:one", "SUCCESS"]


def test_a_configuration_has_several_steps_and_substitutions(gcloud: Gcloud, tree: Path) -> None:
    config = str(tree / "two.yaml")
    ran = gcloud("builds", "submit", "--config", config, "--substitutions", "_X=given", ".", cwd=tree)
    lines = ran.out.splitlines()
    assert "Step #0: _X is given" in lines
    assert lines.index('Starting Step #1 - "image"') < lines.index('Finished Step #1 - "image"')
    build = gcloud.json("builds", "describe", lines[-1].split()[0])
    assert build["results"]["images"][0]["name"] == f"{IMAGE}:two"
    assert build["sourceProvenance"]["resolvedStorageSource"]["bucket"] == "demo_cloudbuild"
    assert build["substitutions"] == {"_X": "given"}
    assert (build["artifacts"]["images"], build["timeout"]) == ([f"{IMAGE}:two"], "3600s")


def test_a_failing_build_ends_gcloud_with_one_and_says_why(gcloud: Gcloud, tree: Path) -> None:
    ran = gcloud("builds", "submit", "--config", str(tree / "bad.yaml"), str(tree), code=1)
    assert "the cause" in ran.out.splitlines()
    words = 'build step 0 "bash" failed: step exited with non-zero status: 3'
    assert f"BUILD FAILURE: Build step failure: {words}" in ran.err
    assert 'completed with status "FAILURE"' in ran.err
    (failed,) = gcloud.json("builds", "list", "--filter=status=FAILURE", "--limit=1")
    assert failed["failureInfo"] == {"type": "USER_BUILD_STEP", "detail": f"Build step failure: {words}"}
    assert failed["statusDetail"] == words
    assert "the cause" in gcloud("builds", "log", failed["id"]).out.splitlines()


def test_a_build_without_source_logs_to_cloud_logging_alone(gcloud: Gcloud, tree: Path) -> None:
    ran = gcloud("builds", "submit", "--no-source", "--config", str(tree / "logging.yaml"))
    assert "only displays logs from Cloud" in ran.err
    build = gcloud.json("builds", "list", "--limit=1")[0]
    assert "logsBucket" not in build
    assert "to logging" in gcloud("builds", "log", build["id"]).out.splitlines()


def test_a_git_source_is_built_at_its_revision(gcloud: Gcloud, tree: Path, remote: tuple[Repository, str]) -> None:
    repository, address = remote
    commit = repository.commit({**app("git"), "ci.yaml": ""})
    arguments = ("--git-source-revision=main", "--config", str(tree / "two.yaml"))
    ran = gcloud("builds", "submit", address, *arguments)
    assert f"HEAD is now at {commit}" in ran.out
    build = gcloud.json("builds", "list", "--limit=1")[0]
    assert build["sourceProvenance"]["resolvedGitSource"] == {"url": address, "revision": commit}
    assert "COMMIT_SHA" not in build["substitutions"]
    assert ran.out.splitlines()[-1].split()[-3] == f"{address}@main"


def test_a_missing_revision_fails_to_fetch(gcloud: Gcloud, tree: Path, remote: tuple[Repository, str]) -> None:
    remote[0].commit({"x": "1"})
    arguments = ("--git-source-revision=nowhere", "--config", str(tree / "bad.yaml"))
    ran = gcloud("builds", "submit", remote[1], *arguments, code=1)
    assert "couldn't find remote ref nowhere" in ran.out
    assert "BUILD FAILURE: failed to fetch source" in ran.err


def test_a_running_build_is_listed_streamed_and_cancelled(gcloud: Gcloud, tree: Path) -> None:
    submitted = gcloud.json("builds", "submit", "--no-source", "--async", "--config", str(tree / "slow.yaml"))
    (ongoing,) = gcloud.json("builds", "list", "--ongoing", "--filter=tags=slow")
    assert (ongoing["id"], ongoing["status"]) == (submitted["id"], "WORKING")
    assert f"/builds/{submitted['id']}]" in gcloud("builds", "cancel", submitted["id"]).err
    assert gcloud.json("builds", "describe", submitted["id"])["status"] == "CANCELLED"
    assert gcloud("builds", "log", submitted["id"]).out.splitlines()[-3:-1] == ["CANCELLED", "ERROR: context canceled"]
    assert "its status is CANCELLED" in gcloud("builds", "cancel", submitted["id"], code=1).err
    assert gcloud.json("builds", "list", "--ongoing") == []


def test_builds_of_a_region_are_apart(gcloud: Gcloud, tree: Path) -> None:
    config = str(tree / "logging.yaml")
    ran = gcloud("builds", "submit", "--no-source", "--region=europe-west1", "--config", config)
    assert "/builds;region=europe-west1/" in ran.err
    (build,) = gcloud.json("builds", "list", "--region=europe-west1")
    assert build["name"].startswith("projects/demo/locations/europe-west1/")
    assert build["id"] not in {one["id"] for one in gcloud.json("builds", "list")}


def test_what_is_not_there_and_what_makes_no_sense_is_refused(gcloud: Gcloud, tree: Path) -> None:
    assert "NOT_FOUND" in gcloud("builds", "describe", "nothing", code=1).err
    config = tree / "unused.yaml"
    config.write_text("steps: [{name: bash, args: ['true']}]\n", encoding="utf-8")
    arguments = ("--no-source", "--config", str(config), "--substitutions=_UNUSED=1")
    refused = gcloud("builds", "submit", *arguments, code=1)
    assert "INVALID_ARGUMENT: generic::invalid_argument: invalid value for 'build.substitutions'" in refused.err
