"""The drift join: Cloud Run's digests, to the registry, to builds, to commits, over all workloads at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from signoff.gather.content import Pair, contents
from signoff.gather.placements import placements
from signoff.gather.recent_builds import RecentBuilds, recent_builds, templates
from signoff.gather.repositories import Repository, repository
from signoff.gather.source import reference
from signoff.gather.uploads import Uploaded, uploaded
from signoff.model.builds import UNDER_WAY, Build, Upload
from signoff.model.evidence import Evidence, Strength
from signoff.model.facts import Unknown
from signoff.model.images import ImageRef, short
from signoff.model.lineage import Content, How, Lineage, Placement, Proof, Trace
from signoff.model.source import Reference
from signoff.model.subject import Commit, ExistingImage, Workload, WorkloadName
from signoff.model.text import text
from signoff.survey import Survey

CANDIDATES = 5
"""Recent builds of a workload whose commits are compared, beside those of what is deployed."""
_NEVER = Content("unknown", why=text("nothing says which commit it was built from"))


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a record says of a digest, before git is asked: `commit` None where an upload has to be compared."""

    digest: str
    how: How
    commit: Commit | None = None
    strength: Strength = "stated"
    build: Build | None = None
    index: str | None = None
    copied_from: str | None = None
    content: Content = _NEVER
    foreign: bool = False


async def traces(survey: Survey) -> Mapping[WorkloadName, Trace | Unknown]:
    """What the builder says of each workload's images, and git of their commits. What one lacks is its own Unknown."""
    known, placed, builds = await asyncio.gather(
        survey.get(reference), survey.get(placements), survey.get(recent_builds)
    )
    if isinstance(known, Unknown):
        return {workload.name: known for workload in survey.subject.workloads}
    if isinstance(builds, Unknown):
        return {workload.name: builds for workload in survey.subject.workloads}
    found: dict[WorkloadName, _Found | Unknown] = {}
    for workload in survey.subject.workloads:
        places = placed[workload.name]
        found[workload.name] = (
            places if isinstance(places, Unknown) else await _records(survey, workload, places, builds, known.value)
        )
    whole = {name: one for name, one in found.items() if not isinstance(one, Unknown)}
    pairs = [(name, commit) for name, one in whole.items() for commit in one.commits()]
    compared = await contents(survey, known.value, pairs)
    if isinstance(compared, Unknown):
        return {workload.name: compared for workload in survey.subject.workloads}
    workloads = {workload.name: workload for workload in survey.subject.workloads}
    done = await asyncio.gather(
        *(_traced(survey, known.value, workloads[name], one, compared, builds) for name, one in whole.items())
    )
    return {**{n: one for n, one in found.items() if isinstance(one, Unknown)}, **dict(zip(whole, done, strict=True))}


async def lineage_of(survey: Survey, workload: Workload, image: ImageRef) -> Lineage | Unknown:
    """How one image (by digest) is tied to a commit and what it holds of the workload's inputs, deployed or not."""
    known, builds = await asyncio.gather(survey.get(reference), survey.get(recent_builds))
    if isinstance(known, Unknown):
        return known
    if isinstance(builds, Unknown):
        return builds
    claims = await _claims(survey, image, builds, builds.of_digest())
    compared = await contents(survey, known.value, [(workload.name, one.commit) for one in claims if one.commit])
    if isinstance(compared, Unknown):
        return compared
    lineages = [await _lineage(survey, known.value, workload, one, compared, builds.ref.at) for one in claims]
    whole = [one for one in lineages if not isinstance(one, Unknown)]
    if not whole:
        return next(one for one in lineages if isinstance(one, Unknown))
    best = max(whole, key=_worth)
    _keep(survey, best)
    return best


@dataclass(frozen=True, slots=True)
class _Found:
    """Of one workload: claims of deployed digests and of recent builds, and its newest builds that made nothing."""

    deployed: tuple[_Claim, ...]
    built: tuple[_Claim, ...]
    under_way: Build | None
    failed: Build | None

    def commits(self) -> Iterable[Commit]:
        claims = (*self.deployed, *self.built)
        named = [claim.commit for claim in claims]
        named += [claim.build.stated for claim in claims if claim.build]
        named += [build.commit or build.stated for build in (self.under_way, self.failed) if build]
        return [commit for commit in named if commit is not None]


async def _records(
    survey: Survey, workload: Workload, placed: Iterable[Placement], builds: RecentBuilds, known: Reference
) -> _Found:
    used = [template for placement in placed for template in templates(placement)]
    of_digest = builds.of_digest()
    deployed: dict[str, list[_Claim]] = {}
    for template in used:
        image = template.main.image
        if image.digest and image.digest not in deployed:
            claims = await _claims(survey, image, builds, of_digest)
            stated = next((commit for hint in template.hints if (commit := _full(hint.commit, known))), None)
            if stated and claims[0].how == "none":
                claims = [replace(claims[0], how="label", commit=stated)]
            deployed[image.digest] = claims
    tied = [claim for claims in deployed.values() for claim in claims]
    names = {template.main.image.path for template in used}
    names |= {claim.copied_from for claim in tied if claim.copied_from}
    if isinstance(workload.build, ExistingImage):
        names.add(workload.build.image)
    triggers = {claim.build.trigger for claim in tied if claim.build and claim.build.trigger}
    own = [build for build in builds.builds if build.paths & names or (not build.paths and build.trigger in triggers)]
    made = [claim for build in own if build.status == "SUCCESS" for claim in _of_build(build, names)]
    newest = own[0] if own else None
    return _Found(
        deployed=tuple(tied),
        built=tuple(made[:CANDIDATES]),
        under_way=newest if newest is not None and newest.status in UNDER_WAY else None,
        failed=newest if newest is not None and newest.status not in {*UNDER_WAY, "SUCCESS"} else None,
    )


def _of_build(build: Build, names: Iterable[str]) -> Iterable[_Claim]:
    """The image of a build that is this workload's."""
    return [_by_build(image.digest, build) for image in build.images if image.path in names][:1]


def _by_build(digest: str, build: Build) -> _Claim:
    if build.commit is not None:
        return _Claim(digest, "build", build.commit, "proven" if build.resolved else "attested", build)
    if isinstance(build.origin, Upload):
        return _Claim(digest, "upload", None, "proven", build)
    return _Claim(digest, "label" if build.stated else "none", build.stated, "stated", build)


async def _claims(
    survey: Survey, image: ImageRef, builds: RecentBuilds, of_digest: Mapping[str, Sequence[Build]]
) -> list[_Claim]:
    """By builds that pushed this digest, or an index of it; else by a kept proof. Several can make the same image."""
    if image.digest in of_digest:
        return [_placed(_by_build(image.digest, build), image) for build in of_digest[image.digest][:CANDIDATES]]
    kept = survey.systems.proofs.get(image.digest)
    if kept is not None:
        return [_Claim(image.digest, "kept", kept.commit, kept.strength)]
    inside = await repository(survey, image.path)
    if isinstance(inside, Repository):
        for index in inside.indexes.get(image.digest, ()):
            if index in of_digest:
                claim = _by_build(image.digest, of_digest[index][0])
                return [_placed(replace(claim, index=index), image)]
    why = text("no build that is still on record pushed {}", short(image.digest))
    if isinstance(inside, Unknown):
        why = text("{}, and the registry does not say whether it belongs to an index ({})", why, inside.detail)
    foreign = isinstance(inside, Repository) and inside.whole and builds.read_back_to is None
    return [_Claim(image.digest, "none", content=Content("unknown", why=why), foreign=foreign)]


def _placed(claim: _Claim, image: ImageRef) -> _Claim:
    """With the path as which it was built, where it was copied since."""
    if claim.build is None:
        return claim
    paths = [built.path for built in claim.build.images if built.digest in {claim.digest, claim.index}]
    return claim if image.path in paths or not paths else replace(claim, copied_from=paths[0])


def _full(hint: str, known: Reference) -> Commit | None:
    """A stated commit in full; a shortened one only where it is one of the two that matter."""
    if len(hint) in {40, 64}:
        return Commit(hint)
    return next((commit for commit in (known.commit, known.branch_head) if commit.startswith(hint)), None)


async def _traced(
    survey: Survey,
    known: Reference,
    workload: Workload,
    found: _Found,
    compared: Mapping[Pair, Content],
    builds: RecentBuilds,
) -> Trace | Unknown:
    lineages: dict[str, Lineage] = {}
    for claim in (*found.deployed, *found.built):
        before = lineages.get(claim.digest)
        if before is not None and before.holds(accept_labels=False):
            continue
        one = await _lineage(survey, known, workload, claim, compared, builds.ref.at)
        if isinstance(one, Unknown):
            return one
        if before is None or _worth(one) > _worth(before):
            lineages[claim.digest] = one
            _keep(survey, one)

    def held(build: Build | None) -> tuple[Build, Content] | None:
        if build is None:
            return None
        commit = build.commit or build.stated
        return build, compared[workload.name, commit] if commit else _NEVER

    return Trace(
        lineages=lineages,
        built=tuple(dict.fromkeys(lineages[claim.digest] for claim in found.built)),
        builds=builds.ref,
        under_way=held(found.under_way),
        failed=held(found.failed),
        read_back_to=builds.read_back_to,
    )


def _worth(lineage: Lineage) -> tuple[bool, bool]:
    """Several builds can make one image: what the best of them proves is true of it, and what is stated comes last."""
    return lineage.strength != "stated", lineage.content.state == "holds"


async def _lineage(
    survey: Survey,
    known: Reference,
    workload: Workload,
    claim: _Claim,
    compared: Mapping[Pair, Content],
    at: datetime,
) -> Lineage | Unknown:
    commit, how, strength = claim.commit, claim.how, claim.strength
    content = compared[workload.name, commit] if commit else claim.content
    if claim.how == "upload" and claim.build is not None and isinstance(claim.build.origin, Upload):
        upload = await uploaded(survey, known, workload, claim.build.origin, claim.build.stated)
        if isinstance(upload, Unknown):
            return upload
        commit, content = upload.commit, await _of_upload(survey, known, workload, upload)
    return Lineage(
        digest=claim.digest,
        how=how,
        content=content,
        commit=commit,
        strength=strength,
        build=claim.build,
        evidence=tuple(_evidence(survey, claim, commit, strength, at)),
        index=claim.index,
        copied_from=claim.copied_from,
        foreign=claim.foreign,
    )


async def _of_upload(survey: Survey, known: Reference, workload: Workload, upload: Uploaded) -> Content:
    """An upload is as good as the commit whose files it has."""
    if upload.commit is None or upload.commit == known.commit:
        return upload.content
    compared = await contents(survey, known, [(workload.name, upload.commit)])
    if isinstance(compared, Unknown):
        return Content("unknown", why=text("git does not say what {} holds", short(upload.commit)))
    return replace(compared[workload.name, upload.commit], left_out=upload.content.left_out)


def _evidence(
    survey: Survey, claim: _Claim, commit: Commit | None, strength: Strength, at: datetime
) -> Iterable[Evidence]:
    project = survey.subject.target.project
    if claim.build is not None:
        build = claim.build
        name = f"projects/{project}/locations/{build.location}/builds/{build.id}"
        argv = ("gcloud", "builds", "describe", build.id, f"--region={build.location}", f"--project={project}")
        yield Evidence("build", name, "results.images.digest", claim.index or claim.digest, at, "proven", argv)
        field = "source files" if claim.how == "upload" else "commit"
        yield Evidence("build", name, field, commit, at, strength, argv)
    elif claim.how == "kept":
        kept = survey.systems.proofs.get(claim.digest)
        yield Evidence("build", kept.source if kept else "", "kept proof of commit", commit, at, strength)
    elif claim.how == "label":
        yield Evidence("run", claim.digest, "label", commit, at, "stated")
    if claim.index is not None:
        yield Evidence("registry", claim.index, "imageManifests.digest", claim.digest, at)


def _keep(survey: Survey, lineage: Lineage) -> None:
    if lineage.commit is None or lineage.build is None or lineage.how != "build" or lineage.strength == "stated":
        return
    target = survey.subject.target
    source = f"projects/{target.project}/locations/{lineage.build.location}/builds/{lineage.build.id}"
    survey.systems.proofs.put(Proof(lineage.digest, lineage.commit, lineage.strength, source))
