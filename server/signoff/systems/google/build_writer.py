"""Start, watch and cancel builds of Cloud Build. Part of the writing adapter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from signoff.boundary import Question
from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.systems.google.deployed import BuildState, BuiltImage
from signoff.systems.google.writer import unbroken, until

if TYPE_CHECKING:
    from signoff.systems.google.writer import Writers

_SUCCESS, _CANCELLED = 3, 6
_UNDER_WAY = frozenset({0, 1, 2, 10})  # unknown, queued, working, pending


class BuildWriter:
    """Builds of the location `global`, where `gcloud builds submit` makes them too."""

    def __init__(self, writers: Writers) -> None:
        self._writers = writers

    async def start(
        self,
        project: str,
        config: Mapping[str, Any],
        *,
        remote: str,
        commit: str,
        substitutions: Mapping[str, str],
        tag: str,
    ) -> Known[str] | Unknown:
        """Start a build of `config` (as in cloudbuild.yaml) on the git source at `commit`; its id.

        `tag`: what `tagged` finds it by, whatever becomes of the answer. A configuration that is none of Cloud Build's
        is `malformed`.
        """
        question = Question("build", "builds.create", f"projects/{project}", _look(project))

        async def create() -> str:
            from google.cloud.devtools import cloudbuild_v1
            from google.protobuf import json_format

            raw = cloudbuild_v1.Build.pb()()
            json_format.ParseDict(dict(config), raw)
            raw.source.git_source.url, raw.source.git_source.revision = remote, commit
            raw.tags.append(tag)
            for name, value in substitutions.items():
                raw.substitutions[name] = value
            google = self._writers.google
            await google.login()
            operation = await google.builds.create_build(
                project_id=project, build=cloudbuild_v1.Build.wrap(raw), **google.CALL
            )
            return str(operation.metadata.build.id)

        return await unbroken(self._writers.writing.ask(question, create, lambda build: build, self._why))

    async def tagged(self, project: str, tag: str) -> Known[str | None] | Unknown:
        """The newest build with this tag that nobody cancelled; Known(None) where there is none."""
        question = Question("build", "builds.list", f"projects/{project} tags={tag}", _look(project))

        async def fetch() -> list[Any]:
            google = self._writers.google
            await google.login()
            request = {"project_id": project, "filter": f'tags="{tag}"'}
            return [build async for build in await google.builds.list_builds(request=request, **google.CALL)]

        def read(builds: list[Any]) -> str | None:
            return next((build.id for build in builds if int(build.status) != _CANCELLED), None)

        return await self._writers.reading.ask(question, fetch, read, self._writers.google.why)

    def _why(self, error: Exception) -> Any:
        from google.protobuf.json_format import ParseError

        return "malformed" if isinstance(error, ParseError) else self._writers.google.why(error)

    async def ended(
        self, project: str, build: str, seconds: float, told: Callable[[str], None]
    ) -> Known[BuildState | None] | Unknown:
        """Wait until the build has ended; Known(None) when it has not within `seconds`."""
        question = Question("build", "builds.get", f"projects/{project}/builds/{build}", _look(project, build))

        async def fetch() -> Any:
            return await self._writers.google.builds.get_build(
                project_id=project, id=build, **self._writers.google.CALL
            )

        async def look() -> Known[BuildState | None] | Unknown:
            return await self._writers.reading.ask(question, fetch, _ended, self._writers.google.why)

        return await until(look, seconds, told)

    async def cancel(self, project: str, build: str) -> Known[None] | Unknown:
        """Cancel a build that signoff started."""
        question = Question("build", "builds.cancel", f"projects/{project}/builds/{build}", _look(project, build))

        async def cancel() -> None:
            await self._writers.google.builds.cancel_build(project_id=project, id=build, **self._writers.google.CALL)

        return await unbroken(self._writers.writing.ask(question, cancel, lambda _none: None, self._writers.google.why))


def _ended(build: Any) -> BuildState | None:
    if int(build.status) in _UNDER_WAY:
        return None
    good = int(build.status) == _SUCCESS
    return BuildState(
        id=build.id,
        status=build.status.name,
        done=good,
        images=tuple(BuiltImage(image.name, image.digest) for image in build.results.images) if good else (),
        detail=Quoted(build.failure_info.detail or build.status_detail),
        log_url=build.log_url,
    )


def _look(project: str, build: str | None = None) -> tuple[str, ...]:
    return ("gcloud", "builds", *(("describe", build) if build else ("list",)), f"--project={project}")
