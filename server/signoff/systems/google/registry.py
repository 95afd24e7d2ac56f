"""Artifact Registry v1, read: the images of a repository, with the platforms' images of an index."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from signoff.boundary import Boundary, Question
from signoff.model.facts import Known, Unknown
from signoff.model.images import Image, ImageRef, digest
from signoff.systems.google.connection import Connection
from signoff.systems.google.pages import Listing, Pages
from signoff.systems.google.run_read import moment

PAGES = 3
"""Pages of one repository at most; an index that is not among them leaves its platform's image unproven."""
_GCR = {"gcr.io": "us", "us.gcr.io": "us", "eu.gcr.io": "europe", "asia.gcr.io": "asia"}
"""Where Artifact Registry keeps what is still called gcr.io:
https://cloud.google.com/artifact-registry/docs/transition/gcr-repositories"""


def repository_of(path: str) -> str | None:
    """`projects/P/locations/L/repositories/R` of an image path; None where it is not in Artifact Registry."""
    host, *rest = path.split("/")
    if host.endswith("-docker.pkg.dev") and len(rest) >= 3:
        return f"projects/{rest[0]}/locations/{host.removesuffix('-docker.pkg.dev')}/repositories/{rest[1]}"
    if host in _GCR and len(rest) >= 2:
        return f"projects/{rest[0]}/locations/{_GCR[host]}/repositories/{host}"
    return None


class Registry:
    """Docker images."""

    def __init__(self, boundary: Boundary, google: Connection) -> None:
        self._google = google
        self._pages = Pages(boundary, google)

    async def images(self, repository: str) -> Known[Listing[Image]] | Unknown:
        """Images of a repository (see `repository_of`), in bounded pages."""
        _, project, _, location, _, name = repository.split("/")
        shown = f"{location}-docker.pkg.dev/{project}/{name}"
        look = ("gcloud", "artifacts", "docker", "images", "list", shown, "--include-tags")
        question = Question("registry", "images.list", repository, look)

        async def fetch(token: str) -> Any:
            request = {"parent": repository, "page_size": 1000, "page_token": token}
            return await self._google.registry.list_docker_images(request=request, **self._google.CALL)

        return await self._pages.up_to(question, fetch, "docker_images", _read_all, PAGES)


def _read_all(raw: Iterable[Any]) -> Iterable[Image]:
    return [_read(image) for image in raw]


def _read(raw: Any) -> Image:
    reference = ImageRef.parse(raw.uri)
    return Image(
        path=reference.path,
        digest=digest(reference.digest),
        tags=tuple(raw.tags),
        uploaded=moment(raw, "upload_time"),
        children=tuple(digest(child.digest) for child in raw.image_manifests),
    )
