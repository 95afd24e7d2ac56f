"""Recent builds of the target's project, newest first: as many pages as it takes to find what is deployed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from signoff.gather.placements import placements
from signoff.gather.repositories import repository
from signoff.model.builds import Build
from signoff.model.facts import Known, Ref, Unknown
from signoff.model.lineage import Placement
from signoff.model.run import Job, Template
from signoff.survey import Survey
from signoff.systems.google.pages import Page

PAGES = 10
"""Pages of each location at most. Older builds are reached by a kept proof alone."""
_LONGEST = timedelta(days=1)
"""No build runs longer (https://cloud.google.com/build/quotas)."""
_SMALLEST, _LARGEST, _EACH = 100, 1000, 5
"""Builds a page: enough for the newest few of each workload, so that pages do not grow with the workloads."""


@dataclass(frozen=True, slots=True)
class RecentBuilds:
    """`builds`, newest first. `read_back_to`: the age up to which all are known, if older ones were not read."""

    builds: tuple[Build, ...]
    read_back_to: datetime | None
    ref: Ref

    def of_digest(self) -> Mapping[str, Sequence[Build]]:
        """Digest to the successful builds that pushed it, newest first."""
        found: dict[str, list[Build]] = {}
        for build in self.builds:
            if build.status == "SUCCESS":
                for digest in dict.fromkeys(image.digest for image in build.images):
                    found.setdefault(digest, []).append(build)
        return found


def templates(placement: Placement) -> tuple[Template, ...]:
    """Everything of a placement that names an image which is, or is to be, in use."""
    used = [revision.template for revision in placement.serving]
    if placement.newest is not None:
        used.append(placement.newest.template)
    if isinstance(placement.resource, Job):
        used.append(placement.resource.template)
    runs = (placement.execution, *placement.running)
    return tuple(dict.fromkeys([*used, *(run.template for run in runs if run is not None)]))


async def deployed_images(survey: Survey) -> Mapping[str, str]:
    """Digest to path, of the main containers of all that is deployed."""
    found = await survey.get(placements)
    placed = (placement for one in found.values() if not isinstance(one, Unknown) for placement in one)
    images = (template.main.image for placement in placed for template in templates(placement))
    return {image.digest: image.path for image in images if image.digest}


async def recent_builds(survey: Survey) -> RecentBuilds | Unknown:
    """Builds of the target's regions and of `global`, until each deployed digest has its build or a kept proof."""
    target = survey.subject.target
    read = _Read(dict.fromkeys([*target.regions, "global"], ""))
    size = min(_LARGEST, max(_SMALLEST, _EACH * len(survey.subject.workloads)))

    async def next_pages() -> Unknown | None:
        places = list(read.tokens.items())
        asked = (survey.systems.builds.page(target.project, place, size, token) for place, token in places)
        for (place, _), page in zip(places, await asyncio.gather(*asked), strict=True):
            if isinstance(page, Unknown):
                return page
            read.take(place, page)
        return None

    deployed, unknown = await asyncio.gather(survey.get(deployed_images), next_pages())
    if unknown is not None:
        return unknown
    unproven = [digest for digest in deployed if survey.systems.proofs.get(digest) is None]
    wanted = read.lacking(_Wanted(digest, {digest}) for digest in unproven)
    wanted = read.lacking([await _known_as(survey, one, deployed[one.digest]) for one in wanted])
    for _ in range(PAGES - 1):
        if not wanted or not read.tokens:
            break
        unknown = await next_pages()
        if unknown is not None:
            return unknown
        wanted = read.lacking(wanted)
    return read.result()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A digest whose build is looked for. `names`: itself and indexes of it. `uploaded`: not long after its build."""

    digest: str
    names: set[str]
    uploaded: datetime | None = None


async def _known_as(survey: Survey, wanted: _Wanted, path: str) -> _Wanted:
    """With what the registry says of it; where that is nothing, the builds alone have to tell."""
    known = await repository(survey, path)
    if known is None or isinstance(known, Unknown):
        return wanted
    names = {wanted.digest, *known.indexes.get(wanted.digest, ())}
    return _Wanted(wanted.digest, names, known.uploaded.get(wanted.digest))


@dataclass(slots=True)
class _Read:
    """The pages so far. `tokens`: of the pages that follow, by location; `reached`: how far back each was read."""

    tokens: dict[str, str]
    reached: dict[str, datetime] = field(default_factory=dict)
    builds: list[Build] = field(default_factory=list)
    digests: set[str] = field(default_factory=set)
    ref: Ref | None = None

    def take(self, place: str, page: Known[Page[Build]]) -> None:
        self.ref = page.ref
        self.builds += page.value.items
        self.digests |= {
            image.digest for build in page.value.items if build.status == "SUCCESS" for image in build.images
        }
        del self.tokens[place]
        if page.value.items:
            self.reached[place] = page.value.items[-1].created
            if page.value.token:
                self.tokens[place] = page.value.token

    def lacking(self, wanted: Iterable[_Wanted]) -> list[_Wanted]:
        """What older builds may still explain."""
        edge = self.edge()
        return [
            one
            for one in wanted
            if not one.names & self.digests
            and not (edge is not None and one.uploaded is not None and edge < one.uploaded - _LONGEST)
        ]

    def edge(self) -> datetime | None:
        """The time since which every build is known; None where all are."""
        return max((self.reached[place] for place in self.tokens), default=None)

    def result(self) -> RecentBuilds:
        if self.ref is None:
            raise AssertionError("the location global is always read")
        newest_first = sorted(self.builds, key=lambda build: build.created, reverse=True)
        return RecentBuilds(tuple(newest_first), self.edge(), self.ref)
