"""Artifact Registry as it is kept: Docker images and their repositories; all else is read from the images.

A push makes its repository if there is none, as `gcr.io` repositories do; in life others must be created before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from google.cloud import artifactregistry_v1

from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import not_found
from signoff_sandbox.world.store import is_child

DockerImage: Any = artifactregistry_v1.DockerImage.pb()
Repository: Any = artifactregistry_v1.Repository.pb()
IMAGES, REPOSITORIES = "dockerImages", "repositories"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
PKG_DEV = "-docker.pkg.dev"
#: Container Registry's hosts, now repositories of Artifact Registry, and their locations.
GCR_LOCATIONS = {"gcr.io": "us", "us.gcr.io": "us", "eu.gcr.io": "europe", "asia.gcr.io": "asia"}


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
        cloud.store.put(REPOSITORIES, name, made_repository(cloud, name, Repository()))


def made_repository(cloud: Cloud, name: str, wanted: Any) -> Any:
    """A repository with what Google fills in."""
    repository: Any = Repository()
    repository.CopyFrom(wanted)
    repository.name = name
    repository.format_ = wanted.format_ or artifactregistry_v1.Repository.Format.DOCKER
    repository.mode = wanted.mode or artifactregistry_v1.Repository.Mode.STANDARD_REPOSITORY
    repository.registry_uri = registry_uri(name)
    for stamp in (repository.create_time, repository.update_time):
        stamp.CopyFrom(cloud.now())
    return repository


def registry_uri(repository: str) -> str:
    """`projects/P/locations/L/repositories/R` -> `L-docker.pkg.dev/P/R`."""
    _, project, _, location, _, name = repository.split("/")
    return f"{name}/{project}" if name in GCR_LOCATIONS else f"{location}{PKG_DEV}/{project}/{name}"


def find_repository(cloud: Cloud, name: str) -> Any | None:
    """A repository; planted images stand for theirs."""
    found: Any = cloud.store.get(REPOSITORIES, name)
    images = _images(cloud, name)
    if found is None and not images:
        return None
    if found is None:
        found = made_repository(cloud, name, Repository())
        found.create_time.CopyFrom(min((image.upload_time for _, image in images), key=lambda one: one.ToNanoseconds()))
    if not found.size_bytes:
        found.size_bytes = sum(image.image_size_bytes for _, image in images)
    return found


def repositories_of(cloud: Cloud, parent: str) -> list[Any]:
    """By name; a `-` in the parent stands for any location."""
    names = {name for name, _ in cloud.store.items(REPOSITORIES)}
    names |= {name.partition("/dockerImages/")[0] for name, _ in cloud.store.items(IMAGES)}
    return [find_repository(cloud, name) for name in sorted(names) if is_child(name, parent)]


def _images(cloud: Cloud, repository: str) -> list[tuple[str, Any]]:
    """Name and image of all images of a repository."""
    images: list[Any] = [*cloud.store.list(IMAGES, repository)]
    return [(image.name, image) for image in images]


def known_images(cloud: Cloud, repository: str) -> list[Any]:
    """The images of a repository that must exist. Raises NOT_FOUND."""
    if find_repository(cloud, repository) is None:
        raise not_found(repository)
    return [image for _, image in _images(cloud, repository)]


def images_of(cloud: Cloud, package: str) -> list[Any]:
    """The images of a package that must have some, newest first. Raises NOT_FOUND."""
    images = known_images(cloud, package.rpartition("/packages/")[0])
    found = [image for image in images if place_of(image.uri).package == package]
    if not found:
        raise not_found(package)
    return sorted(found, key=lambda image: image.upload_time.ToNanoseconds(), reverse=True)
