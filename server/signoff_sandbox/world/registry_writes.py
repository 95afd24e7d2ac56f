"""Artifact Registry v1, changed by hand: repositories are made, tags moved, versions deleted."""

from __future__ import annotations

import re
from typing import Any

from google.cloud import artifactregistry_v1
from google.protobuf.empty_pb2 import Empty

from signoff_sandbox.world import operations
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.errors import already_exists, invalid_argument, not_found
from signoff_sandbox.world.registry import IMAGES, REPOSITORIES, find_repository, images_of, made_repository

OperationMetadata: Any = artifactregistry_v1.OperationMetadata.pb()
Tag: Any = artifactregistry_v1.Tag.pb()

_LOCATION = re.compile(r"projects/[^/]+/locations/[^/]+")


async def create_repository(cloud: Cloud, request: Any) -> Any:
    if _LOCATION.fullmatch(request.parent) is None or not request.repository_id:
        raise invalid_argument("A repository needs its location and its id.", parent=f"'{request.parent}'")
    name = f"{request.parent}/repositories/{request.repository_id}"
    if find_repository(cloud, name) is not None:
        raise already_exists(name)
    if request.repository.format_ not in (0, artifactregistry_v1.Repository.Format.DOCKER):
        raise invalid_argument("The sandbox models repositories of the format DOCKER alone.", format="not modelled")
    repository = made_repository(cloud, name, request.repository)
    cloud.store.put(REPOSITORIES, name, repository)
    return operations.finished(cloud, request.parent, OperationMetadata(), repository)


async def delete_repository(cloud: Cloud, request: Any) -> Any:
    """With everything in it."""
    if find_repository(cloud, request.name) is None:
        raise not_found(request.name)
    for image in cloud.store.list(IMAGES, request.name):
        cloud.store.delete(IMAGES, image.name)  # type: ignore[attr-defined]
    cloud.store.delete(REPOSITORIES, request.name)
    return _done(cloud, request.name)


async def create_tag(cloud: Cloud, request: Any) -> Any:
    """Point a new tag at a version."""
    package, version = request.parent, request.tag.version
    images = images_of(cloud, package)
    if any(request.tag_id in image.tags for image in images):
        raise already_exists(f"{package}/tags/{request.tag_id}")
    image = next((one for one in images if version == f"{package}/versions/{one.uri.partition('@')[2]}"), None)
    if image is None:
        raise not_found(version)
    _retag(cloud, image, {*image.tags, request.tag_id})
    return Tag(name=f"{package}/tags/{request.tag_id}", version=version)


async def delete_tag(cloud: Cloud, request: Any) -> Any:
    package, _, tag = request.name.rpartition("/tags/")
    for image in images_of(cloud, package):
        if tag in image.tags:
            _retag(cloud, image, set(image.tags) - {tag})
            return Empty()
    raise not_found(request.name)


async def delete_version(cloud: Cloud, request: Any) -> Any:
    """A version that has tags is only deleted with `force`, and they with it."""
    package, _, digest = request.name.rpartition("/versions/")
    for image in images_of(cloud, package):
        if image.uri.partition("@")[2] == digest:
            if image.tags and not request.force:
                raise invalid_argument(f"Version {digest} is tagged: delete its tags first, or force.", force="needed")
            cloud.store.delete(IMAGES, image.name)
            return _done(cloud, request.name)
    raise not_found(request.name)


def _retag(cloud: Cloud, image: Any, tags: set[str]) -> None:
    image.tags[:] = sorted(tags)
    image.update_time.CopyFrom(cloud.now())
    cloud.store.put(IMAGES, image.name, image)


def _done(cloud: Cloud, name: str) -> Any:
    return operations.finished(cloud, "/".join(name.split("/")[:4]), OperationMetadata(), Empty())


AR = "google.devtools.artifactregistry.v1.ArtifactRegistry"
METHODS: dict[str, Handler] = {
    f"{AR}/CreateRepository": create_repository,
    f"{AR}/DeleteRepository": delete_repository,
    f"{AR}/CreateTag": create_tag,
    f"{AR}/DeleteTag": delete_tag,
    f"{AR}/DeleteVersion": delete_version,
}
PARTLY: dict[str, str] = {
    f"{AR}/CreateRepository": "the format DOCKER alone; a push makes a repository that is missing, as gcr.io's does",
}
