"""What the registry knows of the deployed images: which indexes hold them, and when they were uploaded.

Cloud Run records one platform's image where a builder pushed an index (incident C3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from signoff.model.facts import Known, Ref, Unknown
from signoff.model.images import Image
from signoff.survey import Survey
from signoff.systems.google.pages import Listing
from signoff.systems.google.registry import repository_of


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository's images. `indexes`: a platform image's digest to the digests of the indexes that hold it.

    `whole`: images beyond those that were read do not exist.
    """

    indexes: Mapping[str, tuple[str, ...]]
    uploaded: Mapping[str, datetime]
    whole: bool
    ref: Ref


async def repository(survey: Survey, path: str) -> Repository | Unknown | None:
    """The repository of an image path; None where it is not in Artifact Registry."""
    name = repository_of(path)
    return None if name is None else await survey.get(listed, name)


async def listed(survey: Survey, name: str) -> Repository | Unknown:
    """A repository by its resource name."""
    known = await survey.systems.registry.images(name)
    return known if isinstance(known, Unknown) else _read(known)


def _read(known: Known[Listing[Image]]) -> Repository:
    indexes: dict[str, tuple[str, ...]] = {}
    uploaded: dict[str, datetime] = {}
    for image in known.value.items:
        if image.uploaded is not None:
            uploaded[image.digest] = image.uploaded
        for child in image.children:
            indexes[child] = (*indexes.get(child, ()), image.digest)
    return Repository(indexes, uploaded, known.value.whole, known.ref)
