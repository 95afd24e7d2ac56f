"""Artifact Registry v1, read: repositories, Docker images, packages, versions and tags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from google.cloud import artifactregistry_v1
from google.protobuf import json_format
from google.protobuf.message import Message
from starlette.responses import Response

from signoff_sandbox.wire.paging import page
from signoff_sandbox.wire.paths import PathMethod, Visit, json_response
from signoff_sandbox.world.cloud import Cloud, Handler
from signoff_sandbox.world.errors import invalid_argument, not_found
from signoff_sandbox.world.logfilter import Dialect, FilterError, compiled
from signoff_sandbox.world.registry import (
    GCR_LOCATIONS,
    IMAGES,
    find_repository,
    images_of,
    known_images,
    place_of,
    repositories_of,
)

Package: Any = artifactregistry_v1.Package.pb()
Tag: Any = artifactregistry_v1.Tag.pb()
Version: Any = artifactregistry_v1.Version.pb()
ProjectSettings: Any = artifactregistry_v1.ProjectSettings.pb()
FULL = artifactregistry_v1.VersionView.FULL
EXACT = Dialect(exact=True)


async def get_repository(cloud: Cloud, request: Any) -> Any:
    found = find_repository(cloud, request.name)
    if found is None:
        raise not_found(request.name)
    return found


async def list_repositories(cloud: Cloud, request: Any) -> Any:
    response: Any = artifactregistry_v1.ListRepositoriesResponse.pb()()
    found = _ordered(_matching(repositories_of(cloud, request.parent), request), request.order_by)
    response.repositories.extend(page(request, found, response))
    return response


async def get_docker_image(cloud: Cloud, request: Any) -> Any:
    found = cloud.store.get(IMAGES, request.name)
    if found is None:
        raise not_found(request.name)
    return found


async def list_docker_images(cloud: Cloud, request: Any) -> Any:
    images = _ordered(known_images(cloud, request.parent), request.order_by)
    response: Any = artifactregistry_v1.ListDockerImagesResponse.pb()()
    response.docker_images.extend(page(request, images, response))
    return response


async def list_packages(cloud: Cloud, request: Any) -> Any:
    response: Any = artifactregistry_v1.ListPackagesResponse.pb()()
    found = _ordered(_matching(_packages(cloud, request.parent), request), request.order_by)
    response.packages.extend(page(request, found, response))
    return response


async def get_package(cloud: Cloud, request: Any) -> Any:
    return _named(request.name, _packages(cloud, request.name.rpartition("/packages/")[0]))


def _packages(cloud: Cloud, repository: str) -> list[Any]:
    packages: dict[str, Any] = {}
    for image in sorted(known_images(cloud, repository), key=lambda one: one.upload_time.ToNanoseconds()):
        name = place_of(image.uri).package
        package = packages.setdefault(name, Package(name=name, create_time=image.upload_time))
        package.update_time.CopyFrom(image.update_time if image.HasField("update_time") else image.upload_time)
    return [package for _, package in sorted(packages.items())]


async def list_versions(cloud: Cloud, request: Any) -> Any:
    response: Any = artifactregistry_v1.ListVersionsResponse.pb()()
    versions = [_version(image, full=request.view == FULL) for image in images_of(cloud, request.parent)]
    found = _ordered(_matching(versions, request), request.order_by)
    response.versions.extend(page(request, found, response))
    return response


async def get_version(cloud: Cloud, request: Any) -> Any:
    images = images_of(cloud, request.name.rpartition("/versions/")[0])
    return _named(request.name, [_version(image, full=request.view == FULL) for image in images])


def _version(image: Any, *, full: bool) -> Any:
    """A Docker image as a version of its package; the full view has its tags."""
    package, digest = place_of(image.uri).package, image.uri.partition("@")[2]
    version = Version(name=f"{package}/versions/{digest}", create_time=image.upload_time)
    version.update_time.CopyFrom(image.update_time if image.HasField("update_time") else image.upload_time)
    known = json_format.MessageToDict(image)
    version.metadata.update({key: known[key] for key in ("buildTime", "mediaType", "name") if key in known})
    version.metadata["imageSizeBytes"] = known.get("imageSizeBytes", "0")
    if full:
        version.related_tags.extend(Tag(name=f"{package}/tags/{tag}", version=version.name) for tag in image.tags)
    return version


async def list_tags(cloud: Cloud, request: Any) -> Any:
    response: Any = artifactregistry_v1.ListTagsResponse.pb()()
    response.tags.extend(page(request, _matching(_tags(cloud, request.parent), request), response))
    return response


async def get_tag(cloud: Cloud, request: Any) -> Any:
    return _named(request.name, _tags(cloud, request.name.rpartition("/tags/")[0]))


def _tags(cloud: Cloud, package: str) -> list[Any]:
    tags = {
        tag: Tag(name=f"{package}/tags/{tag}", version=f"{package}/versions/{image.uri.partition('@')[2]}")
        for image in images_of(cloud, package)
        for tag in image.tags
    }
    return [tag for _, tag in sorted(tags.items())]


async def get_project_settings(cloud: Cloud, request: Any) -> Any:  # noqa: ARG001 - the shape of every handler
    """`gcr.io` is served by Artifact Registry, as in every project since Container Registry was shut down."""
    state = artifactregistry_v1.ProjectSettings.RedirectionState.REDIRECTION_FROM_GCR_IO_ENABLED
    return ProjectSettings(name=request.name, legacy_redirection_state=state)


async def list_locations(visit: Visit) -> Response:
    """Those of v1beta2, which gcloud asks before it lists the repositories of every location."""
    project = visit.path["project"]
    names = {name.name.split("/")[3] for name in repositories_of(visit.cloud, f"projects/{project}/locations/-")}
    names |= {visit.cloud.settings.location, *GCR_LOCATIONS.values()}
    listed = [{"name": f"projects/{project}/locations/{name}", "locationId": name} for name in sorted(names)]
    return json_response({"locations": listed})


def _named(name: str, found: Sequence[Any]) -> Any:
    for one in found:
        if one.name == name:
            return one
    raise not_found(name)


def _matching(found: Sequence[Any], request: Any) -> list[Any]:
    kinds: dict[str, type[Message]] = {type(one).__name__: type(one) for one in found}
    if not request.filter or not kinds:
        return list(found)
    try:
        matches = compiled(request.filter, next(iter(kinds.values())), EXACT)
    except FilterError as error:
        raise invalid_argument(error.said(request.filter), filter=str(error)) from error
    return [one for one in found if matches(one)]


def _ordered(found: list[Any], order_by: str) -> Sequence[Any]:
    field, _, direction = order_by.strip().partition(" ")
    if not field or not found:
        return found
    described = found[0].DESCRIPTOR.fields_by_name.get(field)
    is_time = described is not None and described.message_type is not None and field.endswith("_time")
    plain = described is not None and described.message_type is None and not described.is_repeated
    if not (is_time or plain) or direction not in ("", "asc", "desc"):
        raise invalid_argument(f"Cannot order by '{order_by}'.", order_by="unknown order")

    def key(one: Any) -> Any:
        value = getattr(one, field)
        return (value.seconds, value.nanos) if is_time else value

    return sorted(found, key=key, reverse=direction == "desc")


AR = "google.devtools.artifactregistry.v1.ArtifactRegistry"
METHODS: dict[str, Handler] = {
    f"{AR}/GetRepository": get_repository,
    f"{AR}/ListRepositories": list_repositories,
    f"{AR}/GetDockerImage": get_docker_image,
    f"{AR}/ListDockerImages": list_docker_images,
    f"{AR}/GetPackage": get_package,
    f"{AR}/ListPackages": list_packages,
    f"{AR}/GetVersion": get_version,
    f"{AR}/ListVersions": list_versions,
    f"{AR}/GetTag": get_tag,
    f"{AR}/ListTags": list_tags,
    f"{AR}/GetProjectSettings": get_project_settings,
}
ROUTES: tuple[PathMethod, ...] = (
    PathMethod(
        "artifactregistry.projects.locations.list",
        ("GET",),
        re.compile("/v1beta2/projects/(?P<project>[^/]+)/locations"),
        list_locations,
    ),
)
