"""`gcloud artifacts …`: repositories, images and their provenance, tags."""

from __future__ import annotations

import pytest

from support.cloudrun import IMAGE, Repository, app
from support.gcloud import Gcloud

REPOSITORY = IMAGE.rpartition("/")[0]
CONFIG = (
    "steps:\n- {name: gcr.io/cloud-builders/docker, args: [build, -t, '" + IMAGE + ":attested', .]}\n"
    "images: ['" + IMAGE + ":attested']\n"
)


@pytest.fixture(scope="module")
def commit(gcloud: Gcloud, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The commit that a trigger built as `:attested`; `:uploaded` was built from an archive."""
    repository = Repository(tmp_path_factory.mktemp("remote") / "shop")
    uploaded = tmp_path_factory.mktemp("tree")
    for name, text in app("uploaded").items():
        (uploaded / name).write_text(text, encoding="utf-8")
    gcloud("builds", "submit", "--tag", f"{IMAGE}:uploaded", str(uploaded))
    made = repository.commit({**app("one"), "cloudbuild.yaml": CONFIG})
    gcloud(
        *("builds", "triggers", "create", "manual", "--name=shop", "--build-config=cloudbuild.yaml", "--branch=main"),
        *("--repo=https://github.com/acme/shop", "--repo-type=GITHUB"),
    )
    gcloud.sandbox.plant({"gitRemotes": {"https://github.com/acme/shop": str(repository.folder)}})
    ran = gcloud.json("builds", "triggers", "run", "shop", "--branch=main")
    gcloud("builds", "log", "--stream", ran["metadata"]["build"]["id"])
    return made


def test_images_are_listed_with_their_tags(gcloud: Gcloud, commit: str) -> None:
    plain = gcloud("artifacts", "docker", "images", "list", REPOSITORY)
    assert "Listing items under project demo, location us-central1, repository apps." in plain.err
    assert plain.out.splitlines()[0].split() == ["IMAGE", "DIGEST", "CREATE_TIME", "UPDATE_TIME", "SIZE"]
    tagged = gcloud.json("artifacts", "docker", "images", "list", IMAGE, "--include-tags")
    assert {image["package"] for image in tagged} == {IMAGE}
    assert sorted(tag for image in tagged for tag in image["tags"]) == ["attested", "uploaded"]
    assert gcloud.json("artifacts", "docker", "images", "list", REPOSITORY, "--limit=1")[0]["version"].startswith(
        "sha256:"
    )


def test_an_image_of_a_triggered_build_is_attested_and_an_uploaded_one_is_not(gcloud: Gcloud, commit: str) -> None:
    describe = ("artifacts", "docker", "images", "describe")
    attested = gcloud.json(*describe, f"{IMAGE}:attested", "--show-provenance")
    assert attested["image_summary"]["slsa_build_level"] == 3
    (provenance,) = attested["provenance_summary"]["provenance"]
    statement = provenance["build"]["inTotoSlsaProvenanceV1"]
    dependency = statement["predicate"]["buildDefinition"]["resolvedDependencies"][0]
    assert dependency == {"uri": "git+https://github.com/acme/shop@refs/heads/main", "digest": {"gitCommit": commit}}
    uploaded = gcloud.json(*describe, f"{IMAGE}:uploaded", "--show-provenance")
    assert uploaded["image_summary"]["slsa_build_level"] == "unknown"
    assert "provenance_summary" not in uploaded
    digest = uploaded["image_summary"]["fully_qualified_digest"]
    assert gcloud.json(*describe, digest)["image_summary"] == uploaded["image_summary"]
    assert "Image not found." in gcloud(*describe, f"{IMAGE}:nothing", code=1).err


def test_tags_are_listed_moved_and_deleted(gcloud: Gcloud, commit: str) -> None:
    tags = ("artifacts", "docker", "tags")
    gcloud(*tags, "add", f"{IMAGE}:attested", f"{IMAGE}:live")
    gcloud(*tags, "add", f"{IMAGE}:uploaded", f"{IMAGE}:live")
    listed = {one["tag"].rpartition("/")[2]: one["version"] for one in gcloud.json(*tags, "list", IMAGE)}
    assert listed["live"] == listed["uploaded"] != listed["attested"]
    shown = gcloud(*tags, "list", REPOSITORY).out.splitlines()
    assert shown[0].split() == ["TAG", "IMAGE", "DIGEST"]
    gcloud(*tags, "delete", f"{IMAGE}:live")
    assert len(gcloud.json(*tags, "list", IMAGE)) == 2


def test_repositories_are_made_listed_and_described(gcloud: Gcloud, commit: str) -> None:
    repositories = ("artifacts", "repositories")
    gcloud(*repositories, "create", "other", "--repository-format=docker", "--location=europe-west1")
    listed = {one["name"].rpartition("/")[2]: one for one in gcloud.json(*repositories, "list")}
    assert set(listed) == {"apps", "other"}
    described = gcloud.json(*repositories, "describe", "other", "--location=europe-west1")
    assert (described["format"], described["mode"]) == ("DOCKER", "STANDARD_REPOSITORY")
    assert described["registryUri"] == "europe-west1-docker.pkg.dev/demo/other"
    assert gcloud.json("artifacts", "docker", "images", "list", described["registryUri"]) == []
    gcloud(*repositories, "delete", "other", "--location=europe-west1")
    missing = gcloud("artifacts", "docker", "images", "list", described["registryUri"], code=1)
    assert "NOT_FOUND" in missing.err
