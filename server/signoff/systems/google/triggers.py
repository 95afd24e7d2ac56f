"""Cloud Build triggers, read: found by name or id, in whichever location they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from signoff.boundary import Boundary, Question
from signoff.model.facts import Known, Unknown
from signoff.systems.google.connection import Connection
from signoff.systems.google.errors import is_missing


@dataclass(frozen=True, slots=True)
class Trigger:
    """`location` is a region or `global`. `approved`: a person has to approve each build in Cloud Build.

    It is a part of plans, whose ids are made from it: plain values that can be compared, hashed and written.
    """

    project: str
    location: str
    id: str
    name: str
    disabled: bool
    approved: bool
    config: str = ""
    """The configuration's path in the repository; empty where the trigger holds it itself, or finds it out."""
    document: str = field(default="", repr=False)
    """The configuration that the trigger holds itself, as JSON."""
    substitutions: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Name and value, by name."""

    @property
    def resource(self) -> str:
        return f"projects/{self.project}/locations/{self.location}/triggers/{self.id}"


class Triggers:
    """https://cloud.google.com/build/docs/api/reference/rest/v1/projects.locations.triggers/get"""

    def __init__(self, boundary: Boundary, google: Connection) -> None:
        self._boundary = boundary
        self._google = google

    async def find(self, project: str, location: str, name: str) -> Known[Trigger | None] | Unknown:
        """The trigger of that name or id in a location; Known(None) where it has none."""
        resource = f"projects/{project}/locations/{location}/triggers/{name}"
        look = ("gcloud", "builds", "triggers", "describe", name, f"--region={location}", f"--project={project}")

        async def fetch() -> Any:
            await self._google.login()
            request = {"name": resource, "project_id": project, "trigger_id": name}
            try:
                return await self._google.builds.get_build_trigger(request=request, **self._google.CALL)
            except Exception as error:
                if is_missing(error):
                    return None
                raise

        def read(raw: Any) -> Trigger | None:
            if raw is None:
                return None
            approved = bool(raw.approval_config.approval_required)
            config = raw.git_file_source.path or raw.filename
            document = "" if config or not raw.build.steps else type(raw.build).to_json(raw.build, sort_keys=True)
            given = tuple(sorted(raw.substitutions.items()))
            return Trigger(project, location, raw.id, raw.name, bool(raw.disabled), approved, config, document, given)

        return await self._boundary.ask(
            Question("build", "triggers.get", resource, look), fetch, read, self._google.why
        )
