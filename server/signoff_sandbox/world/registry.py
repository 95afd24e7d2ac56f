"""Artifact Registry v1: repositories, Docker images, packages and tags, all read from the stored images.

A push makes its repository if there is none, as `gcr.io` repositories do; in life others must be created before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from google.cloud import artifactregistry_v1

from signoff_sandbox.wire.paging import page
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.errors import invalid_argument, not_found

DockerImage: Any = artifactregistry_v1.DockerImage.pb()
Repository: Any = artifactregistry_v1.Repository.pb()
Package: Any = artifactregistry_v1.Package.pb()
Tag: Any = artifactregistry_v1.Tag.pb()
IMAGES, REPOSITORIES = "dockerImages", "repositories"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
PKG_DEV = "-docker.pkg.dev"
#: Container Registry's hosts, now repositories of Artifact Registry, and their locations.
GCR_LOCATIONS = {"gcr.io": "us", "us.gcr.io": "us", "eu.gcr.io": "europe", "asia.gcr.io": "asia"}
ORDERS = frozenset({"name", "uri", "upload_time", "build_time", "update_time", "image_size_bytes"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image lies: `repository` is its full resource name, `image` the path below it, `uri` without digest."""

    repository: str
    image: str
    uri: str

    @property
    def package(self) -> str:
        return f"{self.repository}/packages/{quote(self.image, safe='')}"

    def image_name(self, digest: str) -> str:
        return f"{self.repository}/dockerImages/{quote(self.image, safe='')}@{digest}"


def place_of(reference: str) -> Place:
    """From `HOST/PROJECT/REPOSITORY/IMAGE[:TAG][@DIGEST]`, or `gcr.io/PROJECT/IMAGE…`. Raises ValueError."""
    uri = reference.partition("@")[0]
    folder, _, last = uri.rpartition("/")
    uri = f"{folder}/{last.partition(':')[0]}"
    host, *path = uri.split("/")
    if host in GCR_LOCATIONS and len(path) >= 2:
        project, *image = path
        return Place(f"projects/{project}/locations/{GCR_LOCATIONS[host]}/repositories/{host}", "/".join(image), uri)
    if host.endswith(PKG_DEV) and len(path) >= 3:
        project, repository, *image = path
        location = host.removesuffix(PKG_DEV)
        return Place(f"projects/{project}/locations/{location}/repositories/{repository}", "/".join(image), uri)
    raise ValueError(
        f"{reference!r} is no image of Artifact Registry: LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE"
    )


def record_image(
    cloud: Cloud,
    reference: str,
    digest: str,
    *,
    tags: Iterable[str] = (),
    size_bytes: int = 0,
    media_type: str = DOCKER_MANIFEST,
    built: datetime | None = None,
) -> Any:
    """Take in a pushed image; answers its DockerImage.

    The tag of `reference` and `tags` move here from whichever image of the same name had them. ValueError if the
    reference is none of Artifact Registry.
    """
    place = place_of(reference)
    name = place.image_name(digest)
    tag = reference.partition("@")[0].rpartition("/")[2].partition(":")[2]
    moving = {*tags, *([tag] if tag else [])}
    now = cloud.now()
    for other_name, other in _images(cloud, place.repository):
        if other_name != name and place_of(other.uri).image == place.image and moving & set(other.tags):
            other.tags[:] = [one for one in other.tags if one not in moving]
            other.update_time.CopyFrom(now)
            cloud.store.put(IMAGES, other_name, other)
    image: Any = cloud.store.get(IMAGES, name)
    if image is None:
        image = DockerImage(name=name, uri=f"{place.uri}@{digest}", image_size_bytes=size_bytes, media_type=media_type)
        image.upload_time.CopyFrom(now)
        image.build_time.FromDatetime(built or cloud.clock())
    image.tags[:] = sorted({*image.tags, *moving})
    image.update_time.CopyFrom(now)
    cloud.store.put(IMAGES, name, image)
    _ensure_repository(cloud, place.repository)
    return image


def _ensure_repository(cloud: Cloud, name: str) -> None:
    if cloud.store.get(REPOSITORIES, name) is None:
        repository = Repository(name=name, format_=artifactregistry_v1.Repository.Format.DOCKER)
        repository.create_time.CopyFrom(cloud.now())
        repository.update_time.CopyFrom(cloud.now())
        cloud.store.put(REPOSITORIES, name, repository)


def _images(cloud: Cloud, repository: str) -> list[tuple[str, Any]]:
    """Name and image of all images of a repository."""
    images: list[Any] = [*cloud.store.list(IMAGES, repository)]
    return [(image.name, image) for image in images]


def _known(cloud: Cloud, repository: str) -> list[Any]:
    """The images of a repository that must exist; planted images stand for their repository."""
    images = [image for _, image in _images(cloud, repository)]
    if not images and cloud.store.get(REPOSITORIES, repository) is None:
        raise not_found(repository)
    return images


async def get_repository(cloud: Cloud, request: Any) -> Any:
    found = cloud.store.get(REPOSITORIES, request.name)
    if found is None:
        raise not_found(request.name)
    return found


async def list_repositories(cloud: Cloud, request: Any) -> Any:
    _refuse_choice(request)
    response: Any = artifactregistry_v1.ListRepositoriesResponse.pb()()
    response.repositories.extend(page(request, cloud.store.list(REPOSITORIES, request.parent), response))
    return response


async def get_docker_image(cloud: Cloud, request: Any) -> Any:
    found = cloud.store.get(IMAGES, request.name)
    if found is None:
        raise not_found(request.name)
    return found


async def list_docker_images(cloud: Cloud, request: Any) -> Any:
    images = _ordered(_known(cloud, request.parent), request.order_by)
    response: Any = artifactregistry_v1.ListDockerImagesResponse.pb()()
    response.docker_images.extend(page(request, images, response))
    return response


def _ordered(images: list[Any], order_by: str) -> Sequence[Any]:
    field, _, direction = order_by.strip().partition(" ")
    if not field:
        return images
    if field not in ORDERS or direction not in ("", "asc", "desc"):
        raise invalid_argument(f"Cannot order images by '{order_by}'.", order_by="unknown order")

    def key(image: Any) -> Any:
        value = getattr(image, field)
        return (value.seconds, value.nanos) if field.endswith("_time") else value

    return sorted(images, key=key, reverse=direction == "desc")


async def list_packages(cloud: Cloud, request: Any) -> Any:
    _refuse_choice(request)
    response: Any = artifactregistry_v1.ListPackagesResponse.pb()()
    response.packages.extend(page(request, _packages(cloud, request.parent), response))
    return response


async def get_package(cloud: Cloud, request: Any) -> Any:
    for package in _packages(cloud, request.name.rpartition("/packages/")[0]):
        if package.name == request.name:
            return package
    raise not_found(request.name)


def _packages(cloud: Cloud, repository: str) -> list[Any]:
    packages: dict[str, Any] = {}
    for image in sorted(_known(cloud, repository), key=lambda one: one.upload_time.ToNanoseconds()):
        name = place_of(image.uri).package
        package = packages.setdefault(name, Package(name=name, create_time=image.upload_time))
        package.update_time.CopyFrom(image.update_time if image.HasField("update_time") else image.upload_time)
    return [package for _, package in sorted(packages.items())]


def _refuse_choice(request: Any) -> None:
    """What is not modelled is refused rather than ignored."""
    for field in ("filter", "order_by"):
        if getattr(request, field, ""):
            raise invalid_argument(f"The sandbox does not model '{field}' here.", **{field: "not modelled"})


async def list_tags(cloud: Cloud, request: Any) -> Any:
    _refuse_choice(request)
    response: Any = artifactregistry_v1.ListTagsResponse.pb()()
    response.tags.extend(page(request, _tags(cloud, request.parent), response))
    return response


async def get_tag(cloud: Cloud, request: Any) -> Any:
    for tag in _tags(cloud, request.name.rpartition("/tags/")[0]):
        if tag.name == request.name:
            return tag
    raise not_found(request.name)


def _tags(cloud: Cloud, package: str) -> list[Any]:
    images = [
        image for image in _known(cloud, package.rpartition("/packages/")[0]) if place_of(image.uri).package == package
    ]
    if not images:
        raise not_found(package)
    tags = {
        tag: Tag(name=f"{package}/tags/{tag}", version=f"{package}/versions/{image.uri.partition('@')[2]}")
        for image in images
        for tag in image.tags
    }
    return [tag for _, tag in sorted(tags.items())]


AR = "google.devtools.artifactregistry.v1.ArtifactRegistry"
METHODS: dict[str, Handler] = {
    f"{AR}/GetRepository": get_repository,
    f"{AR}/ListRepositories": list_repositories,
    f"{AR}/GetDockerImage": get_docker_image,
    f"{AR}/ListDockerImages": list_docker_images,
    f"{AR}/GetPackage": get_package,
    f"{AR}/ListPackages": list_packages,
    f"{AR}/GetTag": get_tag,
    f"{AR}/ListTags": list_tags,
}
NO_SIZES = "sizes, clean-up policies and registry URIs are not worked out"
PARTLY = {
    f"{AR}/GetRepository": NO_SIZES,
    f"{AR}/ListRepositories": f"{NO_SIZES}; a filter or order is refused",
    f"{AR}/ListPackages": "a filter or order is refused",
    f"{AR}/ListTags": "a filter is refused",
}
