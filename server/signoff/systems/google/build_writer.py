"""Start, look at and cancel builds of Cloud Build. Part of the writing adapter."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

from signoff.boundary import Question
from signoff.model.builds import Upload
from signoff.model.facts import Known, Unknown
from signoff.model.quoted import Quoted
from signoff.systems.google.access import Access
from signoff.systems.google.build_log import failed_step, log_of
from signoff.systems.google.deployed import BuildName, BuildState, BuiltImage
from signoff.systems.google.triggers import Trigger
from signoff.systems.google.waiting import unbroken

_SUCCESS = 3
_UNDER_WAY = frozenset({0, 1, 2, 10})  # unknown, queued, working, pending


class BuildWriter:
    """Builds of a configuration are made in the location `global`, as `gcloud builds submit` makes them; those of a
    trigger in the trigger's location."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def start(
        self,
        project: str,
        config: Mapping[str, Any],
        source: tuple[str, str] | Upload,
        *,
        substitutions: Mapping[str, str],
        tags: Sequence[str],
    ) -> Known[BuildName] | Unknown:
        """Start a build of `config` (as in cloudbuild.yaml) on a git source (address and commit) or an upload.

        `tags` are added to those of the configuration. A configuration that is none of Cloud Build's is `malformed`.
        """
        question = Question("build", "builds.create", f"projects/{project}", _look(project))

        async def create() -> BuildName:
            google = self._access.google
            await google.login()
            from google.cloud.devtools.cloudbuild_v1 import types
            from google.protobuf import json_format

            raw = types.Build.pb()()
            json_format.ParseDict(dict(config), raw)
            if isinstance(source, Upload):
                at = raw.source.storage_source
                at.bucket, at.object_, at.generation = source.bucket, source.name, source.generation
            else:
                raw.source.git_source.url, raw.source.git_source.revision = source
            raw.tags.extend(tag for tag in tags if tag not in raw.tags)
            for name, value in substitutions.items():
                raw.substitutions[name] = value
            operation = await google.builds.create_build(project_id=project, build=types.Build.wrap(raw), **google.CALL)
            return BuildName(project, "global", str(operation.metadata.build.id))

        return await self._begun(self._access.writing.ask(question, create, lambda name: name, self._why))

    async def run(self, trigger: Trigger, commit: str) -> Known[BuildName] | Unknown:
        """Run a trigger at a commit of its repository."""
        question = Question("build", "triggers.run", trigger.resource, _look(trigger.project))

        async def run() -> BuildName:
            google = self._access.google
            await google.login()
            request = {
                "name": trigger.resource,
                "project_id": trigger.project,
                "trigger_id": trigger.id,
                "source": {"commit_sha": commit},
            }
            operation = await google.builds.run_build_trigger(request=request, **google.CALL)
            return BuildName(trigger.project, trigger.location, str(operation.metadata.build.id))

        return await self._begun(self._access.writing.ask(question, run, lambda name: name, self._why))

    async def _begun(self, asked: Awaitable[Known[BuildName] | Unknown]) -> Known[BuildName] | Unknown:
        """The answer; cancelled meanwhile, the build that came of it is cancelled too, since nobody would use it."""
        task = asyncio.ensure_future(asked)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            (answer,) = await asyncio.gather(task, return_exceptions=True)
            if isinstance(answer, Known):
                await self.cancel(answer.value)
            raise

    def _why(self, error: Exception) -> Any:
        from google.protobuf.json_format import ParseError

        return "malformed" if isinstance(error, ParseError) else self._access.google.why(error)

    async def state(self, name: BuildName) -> Known[BuildState] | Unknown:
        """The build as it stands now."""
        question = Question("build", "builds.get", name.resource, _look(name.project, name))

        async def fetch() -> Any:
            request = {"name": name.resource, "project_id": name.project, "id": name.id}
            return await self._access.google.builds.get_build(request=request, **self._access.google.CALL)

        return await self._access.reading.ask(
            question, fetch, lambda build: _state(name, build), self._access.google.why
        )

    async def cancel(self, name: BuildName) -> Known[None] | Unknown:
        """Cancel a build that this operation started."""
        question = Question("build", "builds.cancel", name.resource, _look(name.project, name))

        async def cancel() -> None:
            request = {"name": name.resource, "project_id": name.project, "id": name.id}
            await self._access.google.builds.cancel_build(request=request, **self._access.google.CALL)

        return await unbroken(self._access.writing.ask(question, cancel, lambda _none: None, self._access.google.why))


def _state(name: BuildName, build: Any) -> BuildState:
    status = int(build.status)
    return BuildState(
        name=name,
        status=build.status.name,
        running=status in _UNDER_WAY,
        done=status == _SUCCESS,
        images=tuple(BuiltImage(image.name, image.digest) for image in build.results.images)
        if status == _SUCCESS
        else (),
        detail=Quoted(build.failure_info.detail or build.status_detail),
        failed_step=failed_step(build),
        log=log_of(build),
    )


def _look(project: str, build: BuildName | None = None) -> tuple[str, ...]:
    if build is None:
        return ("gcloud", "builds", "list", f"--project={project}")
    return ("gcloud", "builds", "describe", build.id, f"--region={build.location}", f"--project={project}")
