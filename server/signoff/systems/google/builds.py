"""Cloud Build v1, read: recent builds in pages, newest first, and builds by id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from signoff.boundary import Boundary, Question
from signoff.model.builds import Build, BuiltImage, GitOrigin, NoSource, Origin, Status, Upload
from signoff.model.facts import Known, Unknown
from signoff.model.images import ImageRef, digest
from signoff.model.quoted import Quoted
from signoff.model.subject import Commit
from signoff.systems.google.build_log import BuildLog, failed_step, log_of
from signoff.systems.google.connection import Connection
from signoff.systems.google.deployed import BuildName
from signoff.systems.google.errors import is_missing
from signoff.systems.google.pages import Page, Pages
from signoff.systems.google.run_read import moment

_STATUS: Mapping[int, Status] = {
    0: "STATUS_UNKNOWN",
    1: "QUEUED",
    2: "WORKING",
    3: "SUCCESS",
    4: "FAILURE",
    5: "INTERNAL_ERROR",
    6: "TIMEOUT",
    7: "CANCELLED",
    9: "EXPIRED",
    10: "PENDING",
}
"""https://cloud.google.com/build/docs/api/reference/rest/v1/projects.builds#status"""

_ID = re.compile(r"[0-9a-zA-Z-]{1,64}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Builds:
    """Builds of one project; a location is a region or `global`, where builds without a region are made."""

    def __init__(self, boundary: Boundary, google: Connection) -> None:
        self._boundary = boundary
        self._google = google
        self._pages = Pages(boundary, google)

    async def page(self, project: str, location: str, size: int, token: str = "") -> Known[Page[Build]] | Unknown:
        """One page of builds, newest first. `size`: entries a page, at most 1000."""
        where = f"projects/{project}/locations/{location}"
        look = ("gcloud", "builds", "list", f"--region={location}", f"--project={project}")
        question = Question("build", "builds.list", f"{where}/builds", look)

        async def fetch(token: str) -> Any:
            request = {"parent": where, "project_id": project, "page_size": size, "page_token": token}
            return await self._google.builds.list_builds(request=request, **self._google.CALL)

        return await self._pages.one(question, fetch, "builds", lambda raw: _read_all(raw, location), token)

    async def build(self, project: str, location: str, build: str) -> Known[Build | None] | Unknown:
        """One build; Known(None) where there is no such build (any more)."""
        name = f"projects/{project}/locations/{location}/builds/{build}"

        async def fetch() -> list[Any]:
            await self._google.login()
            request = {"name": name, "project_id": project, "id": build}
            try:
                found = await self._google.builds.get_build(request=request, **self._google.CALL)
            except Exception as error:
                if is_missing(error):
                    return [None]
                raise
            return [type(found).pb(found)]

        def read(raw: list[Any]) -> Build | None:
            return None if raw[0] is None else _read(raw[0], location)

        question = Question("build", "builds.get", name, look(project, location, build))
        return await self._boundary.ask(question, fetch, read, self._google.why)

    async def log(self, project: str, build: Build, seconds: float) -> Known[tuple[Quoted, ...]] | Unknown:
        """The log of a build that has ended, as far as one look of at most `seconds` gets; empty where it has none."""
        name = BuildName(project, build.location, build.id)
        if build.log is None:
            question = Question("build", "builds.get", name.resource, name.log)
            return Known((), question.ref(self._boundary.now()))
        return await BuildLog(self._boundary, self._google, name, seconds).more(build.log, ended=True)


def look(project: str, location: str, build: str) -> tuple[str, ...]:
    """How a person looks at one build."""
    return ("gcloud", "builds", "describe", build, f"--region={location}", f"--project={project}")


def _read_all(raw: Iterable[Any], location: str) -> Iterable[Build]:
    return [_read(build, location) for build in raw]


def _read(raw: Any, location: str) -> Build:
    created = moment(raw, "create_time")
    if not _ID.fullmatch(raw.id) or created is None:
        raise ValueError("a build without id or time")
    failure = raw.failure_info.detail if raw.HasField("failure_info") else ""
    substitutions = raw.substitutions
    stated = substitutions.get("COMMIT_SHA") or substitutions.get("REVISION_ID") or ""
    return Build(
        id=raw.id,
        location=location,
        status=_STATUS.get(raw.status, "STATUS_UNKNOWN"),
        created=created,
        finished=moment(raw, "finish_time"),
        origin=_origin(raw),
        images=tuple(_images(raw.results.images)),
        pushes=tuple(_paths((*raw.images, *raw.artifacts.images), substitutions)),
        stated=Commit(stated) if _COMMIT.fullmatch(stated) else None,
        trigger=raw.build_trigger_id if _ID.fullmatch(raw.build_trigger_id) else None,
        detail=Quoted(failure or raw.status_detail or _failed_step(raw)),
        tags=tuple(raw.tags),
        log=log_of(raw),
        failed_step=failed_step(raw),
    )


def _images(raw: Iterable[Any]) -> Iterable[BuiltImage]:
    """Names that are no image references and images without digest prove nothing, and are left out."""
    for image in raw:
        try:
            reference = ImageRef.parse(image.name)
            yield BuiltImage(reference.path, reference.named, digest(image.digest))
        except ValueError:
            continue


def _paths(raw: Iterable[str], substitutions: Mapping[str, str]) -> Iterable[str]:
    for name in raw:
        for key, value in substitutions.items():
            name = name.replace("${" + key + "}", value).replace("$" + key, value)
        try:
            yield ImageRef.parse(name).path
        except ValueError:
            continue


def _origin(raw: Any) -> Origin:
    """Provenance is what was really fetched; a source that names a full commit id says the same."""
    resolved, source = raw.source_provenance, raw.source
    kind = source.WhichOneof("source") if raw.HasField("source") else None
    if resolved.HasField("resolved_storage_source") or kind == "storage_source":
        at = resolved.resolved_storage_source if resolved.HasField("resolved_storage_source") else source.storage_source
        return Upload(at.bucket, at.object_, at.generation)
    if resolved.HasField("resolved_storage_source_manifest") or kind == "storage_source_manifest":
        return NoSource()
    if resolved.HasField("resolved_repo_source") or kind == "repo_source":
        wanted, got = source.repo_source, resolved.resolved_repo_source
        revision = wanted.branch_name or wanted.tag_name or wanted.commit_sha
        where = wanted.repo_name or got.repo_name
        return GitOrigin("repo", Quoted(where), Quoted(revision), _commit(got.commit_sha, wanted.commit_sha))
    if resolved.HasField("resolved_connected_repository") or kind == "connected_repository":
        wanted, got = source.connected_repository, resolved.resolved_connected_repository
        where = wanted.repository or got.repository
        return GitOrigin("connected", Quoted(where), Quoted(wanted.revision), _commit(got.revision, wanted.revision))
    if resolved.HasField("resolved_git_source") or kind == "git_source":
        wanted, got = source.git_source, resolved.resolved_git_source
        where = wanted.url or got.url
        return GitOrigin("git", Quoted(where), Quoted(wanted.revision), _commit(got.revision, wanted.revision))
    return NoSource()


def _commit(*named: str) -> Commit | None:
    return next((cast(Commit, name) for name in named if _COMMIT.fullmatch(name)), None)


def _failed_step(raw: Any) -> str:
    """Which step failed, where Cloud Build says nothing else."""
    for number, step in enumerate(raw.steps):
        if _STATUS.get(step.status) in {"FAILURE", "TIMEOUT", "INTERNAL_ERROR"}:
            return f"step {number} ({step.id or step.name}) ended with exit code {step.exit_code}"
    return ""
