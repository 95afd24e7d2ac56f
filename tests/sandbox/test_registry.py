"""Artifact Registry: images, tags that move, indexes; and manifests over Docker's own API."""

from __future__ import annotations

from typing import Any

import grpc
import httpx2
import pytest
from google.api_core import exceptions
from google.cloud import artifactregistry_v1 as ar

from signoff_sandbox.server import RunningSandbox
from signoff_sandbox.world.registry import place_of, record_image
from support.google_clients import over_grpc
from support.planted import CHILD, DIGEST, OTHER, REPOSITORY

WEB = "us-central1-docker.pkg.dev/demo/apps/web"
ONE, TWO = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
INDEX = "application/vnd.oci.image.index.v1+json"


@pytest.fixture
def client(connected: grpc.aio.Channel) -> Any:
    return over_grpc(ar.ArtifactRegistryAsyncClient, connected)


async def images(client: Any, **fields: Any) -> list[ar.DockerImage]:
    request = ar.ListDockerImagesRequest(parent=REPOSITORY, **fields)
    return [image async for image in await client.list_docker_images(request)]


async def test_a_pushed_tag_moves_to_the_new_image(client: Any, running: RunningSandbox) -> None:
    record_image(running.cloud, f"{WEB}:live", ONE, tags=["v1"], size_bytes=5)
    record_image(running.cloud, f"{WEB}:live", TWO, tags=["v2"])
    found = {image.uri: list(image.tags) for image in await images(client)}
    assert found == {f"{WEB}@{ONE}": ["v1"], f"{WEB}@{TWO}": ["live", "v2"]}
    tag = await client.get_tag(name=f"{REPOSITORY}/packages/web/tags/live")
    assert tag.version == f"{REPOSITORY}/packages/web/versions/{TWO}"
    assert (await client.get_repository(name=REPOSITORY)).format_ == ar.Repository.Format.DOCKER


async def test_the_same_digest_pushed_again_is_the_same_image(client: Any, running: RunningSandbox) -> None:
    first = record_image(running.cloud, f"{WEB}:one", ONE)
    record_image(running.cloud, f"{WEB}:two", ONE)
    (image,) = await images(client)
    assert list(image.tags) == ["one", "two"]
    assert image.upload_time.timestamp_pb() == first.upload_time


async def test_a_tag_of_another_image_stays(client: Any, running: RunningSandbox) -> None:
    record_image(running.cloud, f"{WEB}:live", ONE)
    record_image(running.cloud, f"{WEB}-admin:live", TWO)
    assert [list(image.tags) for image in await images(client)] == [["live"], ["live"]]


@pytest.mark.parametrize(
    ("reference", "repository", "image"),
    [
        (f"{WEB}:v1", REPOSITORY, "web"),
        (f"{WEB}/deep/er@{ONE}", REPOSITORY, "web/deep/er"),
        ("gcr.io/demo/web:v1", "projects/demo/locations/us/repositories/gcr.io", "web"),
        ("eu.gcr.io/demo/a/web", "projects/demo/locations/europe/repositories/eu.gcr.io", "a/web"),
    ],
)
def test_a_reference_names_its_repository(reference: str, repository: str, image: str) -> None:
    place = place_of(reference)
    assert (place.repository, place.image) == (repository, image)


@pytest.mark.parametrize("reference", ["web", "docker.io/library/web:1", "us-docker.pkg.dev/demo/web", "gcr.io/demo"])
def test_a_reference_to_another_registry_is_refused(reference: str) -> None:
    with pytest.raises(ValueError, match="is no image of Artifact Registry"):
        place_of(reference)


async def test_planted_images_are_served_as_they_stand(client: Any, planted: RunningSandbox) -> None:
    index = await client.get_docker_image(name=f"{REPOSITORY}/dockerImages/multi@{OTHER}")
    assert index.media_type == INDEX
    assert [(one.digest, one.architecture) for one in index.image_manifests] == [(CHILD, "amd64")]
    packages = [package.name async for package in await client.list_packages(parent=REPOSITORY)]
    assert packages == [f"{REPOSITORY}/packages/{name}" for name in ("multi", "team%2Fapi", "web")]


async def test_images_are_ordered_as_asked(client: Any, running: RunningSandbox) -> None:
    record_image(running.cloud, WEB, ONE, size_bytes=1)
    record_image(running.cloud, WEB, TWO, size_bytes=2)
    sizes = [image.image_size_bytes for image in await images(client, order_by="image_size_bytes desc")]
    assert sizes == [2, 1]
    assert len(await images(client, order_by="update_time")) == 2
    for unknown in ("colour", "tags", "update_time sideways"):
        with pytest.raises(exceptions.InvalidArgument, match="Cannot order"):
            await images(client, order_by=unknown)


async def test_an_unknown_repository_is_not_an_empty_one(client: Any, running: RunningSandbox) -> None:
    for listing in (client.list_docker_images, client.list_packages):
        with pytest.raises(exceptions.NotFound):
            await listing(parent=REPOSITORY)
    running.cloud.store.put("repositories", REPOSITORY, ar.Repository.pb()(name=REPOSITORY))
    assert await images(client) == []


async def test_tags_and_versions_are_filtered(client: Any, running: RunningSandbox) -> None:
    record_image(running.cloud, f"{WEB}:live", ONE, tags=["v1"])
    record_image(running.cloud, f"{WEB}:next", TWO)
    package = f"{REPOSITORY}/packages/web"

    async def tags(text: str) -> list[str]:
        listed = await client.list_tags(ar.ListTagsRequest(parent=package, filter=text))
        return [tag.name.rpartition("/")[2] async for tag in listed]

    assert await tags(f'version="{package}/versions/{ONE}"') == ["live", "v1"]
    assert await tags(f'name="{package}/tags/next"') == ["next"]
    with pytest.raises(exceptions.InvalidArgument, match="no field"):
        await tags('colour="red"')


async def test_a_version_has_its_tags_in_the_full_view_alone(client: Any, running: RunningSandbox) -> None:
    record_image(running.cloud, f"{WEB}:live", ONE, size_bytes=5)
    record_image(running.cloud, f"{WEB}:next", TWO)
    package = f"{REPOSITORY}/packages/web"
    full = ar.ListVersionsRequest(parent=package, view=ar.VersionView.FULL, order_by="name desc")
    versions = [version async for version in await client.list_versions(full)]
    assert [version.name.rpartition("/")[2] for version in versions] == [TWO, ONE]
    assert [tag.name for tag in versions[1].related_tags] == [f"{package}/tags/live"]
    basic = await client.get_version(name=versions[1].name)
    assert not basic.related_tags
    assert (basic.metadata["imageSizeBytes"], basic.metadata["mediaType"]) == ("5", versions[0].metadata["mediaType"])
    for missing in (f"{package}/versions/{DIGEST}", f"{REPOSITORY}/packages/nothing/versions/{ONE}"):
        with pytest.raises(exceptions.NotFound):
            await client.get_version(name=missing)


async def test_planted_images_stand_for_their_repository(client: Any, planted: RunningSandbox) -> None:
    planted.cloud.store.delete("repositories", REPOSITORY)
    repository = await client.get_repository(name=REPOSITORY)
    assert repository.registry_uri == "us-central1-docker.pkg.dev/demo/apps"
    assert repository.size_bytes == 27_000_000_000
    place = REPOSITORY.partition("/repositories/")[0]
    assert [one.name async for one in await client.list_repositories(parent=place)] == [REPOSITORY]


async def test_a_repository_is_made_and_deleted_with_its_images(client: Any, running: RunningSandbox) -> None:
    place = REPOSITORY.partition("/repositories/")[0]

    async def create(**fields: Any) -> Any:
        made = await client.create_repository(parent=place, repository_id="apps", repository=ar.Repository(**fields))
        return await made.result(timeout=5)

    with pytest.raises(exceptions.InvalidArgument, match="DOCKER alone"):
        await create(format_=ar.Repository.Format.NPM)
    made = await create(format_=ar.Repository.Format.DOCKER, description="mine")
    assert (made.name, made.mode) == (REPOSITORY, ar.Repository.Mode.STANDARD_REPOSITORY)
    with pytest.raises(exceptions.AlreadyExists):
        await create()
    record_image(running.cloud, f"{WEB}:live", ONE)
    await (await client.delete_repository(name=REPOSITORY)).result(timeout=5)
    with pytest.raises(exceptions.NotFound):
        await client.get_repository(name=REPOSITORY)


async def test_tags_are_moved_and_tagged_versions_kept(client: Any, running: RunningSandbox) -> None:
    record_image(running.cloud, f"{WEB}:live", ONE)
    record_image(running.cloud, f"{WEB}:next", TWO)
    package = f"{REPOSITORY}/packages/web"
    await client.delete_tag(name=f"{package}/tags/live")
    moved = ar.Tag(version=f"{package}/versions/{TWO}")
    await client.create_tag(parent=package, tag_id="live", tag=moved)
    assert (await client.get_tag(name=f"{package}/tags/live")).version.endswith(TWO)
    with pytest.raises(exceptions.AlreadyExists):
        await client.create_tag(parent=package, tag_id="live", tag=moved)
    with pytest.raises(exceptions.InvalidArgument, match="is tagged"):
        await client.delete_version(name=f"{package}/versions/{TWO}")
    await client.delete_version(name=f"{package}/versions/{ONE}")
    assert [image.uri for image in await images(client)] == [f"{WEB}@{TWO}"]


async def test_gcr_io_is_served_by_artifact_registry(client: Any) -> None:
    settings = await client.get_project_settings(name="projects/demo/projectSettings")
    assert settings.legacy_redirection_state.name == "REDIRECTION_FROM_GCR_IO_ENABLED"


@pytest.mark.parametrize("reference", ["latest", DIGEST])
async def test_a_manifest_is_read_by_tag_and_by_digest(
    planted: RunningSandbox, http: httpx2.AsyncClient, reference: str
) -> None:
    answer = await http.get(f"/v2/demo/apps/web/manifests/{reference}")
    assert answer.headers["docker-content-digest"] == DIGEST
    assert answer.headers["content-type"] == answer.json()["mediaType"]
    head = await http.head(f"/v2/demo/apps/web/manifests/{reference}")
    assert (head.status_code, head.headers["docker-content-digest"], head.content) == (200, DIGEST, b"")


async def test_an_index_names_its_children_and_each_can_be_read(
    planted: RunningSandbox, http: httpx2.AsyncClient
) -> None:
    index = (await http.get(f"/v2/demo/apps/multi/manifests/{OTHER}")).json()
    assert index["mediaType"] == INDEX
    (child,) = index["manifests"]
    assert (child["digest"], child["platform"]) == (CHILD, {"architecture": "amd64", "os": "linux"})
    leaf = await http.get(f"/v2/demo/apps/multi/manifests/{CHILD}")
    assert (leaf.headers["docker-content-digest"], leaf.json()["layers"]) == (CHILD, [])


async def test_an_unknown_manifest_is_dockers_error(planted: RunningSandbox, http: httpx2.AsyncClient) -> None:
    answer = await http.get("/v2/demo/apps/web/manifests/nowhere")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "MANIFEST_UNKNOWN")
    planted.cloud.denied_permissions.add("artifactregistry.repositories.downloadArtifacts")
    assert (await http.get("/v2/demo/apps/web/manifests/latest")).status_code == 403
