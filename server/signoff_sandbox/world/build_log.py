"""The log of a build: lines for Cloud Logging, and one file in the logs bucket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from google.api.monitored_resource_pb2 import MonitoredResource
from google.cloud.devtools.cloudbuild_v1.types import BuildOptions

from signoff_sandbox.world import buckets
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.logbook import Entry
from signoff_sandbox.world.planted import ingest

Mode = BuildOptions.LoggingMode
BOTH = (Mode.LOGGING_UNSPECIFIED, Mode.LEGACY)
TO_BUCKET = (*BOTH, Mode.GCS_ONLY)
TO_LOGGING = (*BOTH, Mode.CLOUD_LOGGING_ONLY, Mode.STACKDRIVER_ONLY)


class BuildLog:
    """Takes lines while the build runs."""

    def __init__(self, cloud: Cloud, build: Any) -> None:
        self._cloud = cloud
        self._build = build
        self._file: Path | None = None
        if build.options.logging in TO_BUCKET:
            bucket, _, folder = build.logs_bucket.removeprefix("gs://").partition("/")
            name = f"{folder.rstrip('/')}/log-{build.id}.txt" if folder else f"log-{build.id}.txt"
            self._file = buckets.path_of(cloud, bucket, name)
            self._file.parent.mkdir(parents=True, exist_ok=True)

    def line(self, text: str, step: str = "") -> None:
        """One line; `step` is `Step #0` for the output of a step, which a build of several steps repeats before it."""
        said = f"{step}: {text}" if step and len(self._build.steps) > 1 else text
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(f"{said}\n")
        if said and self._build.options.logging in TO_LOGGING:
            project = self._build.project_id
            labels = {
                "project_id": project,
                "build_id": self._build.id,
                "build_trigger_id": self._build.build_trigger_id,
            }
            entry = Entry(
                log_name=f"projects/{project}/logs/cloudbuild",
                resource=MonitoredResource(type="build", labels=labels),
                severity=200,  # INFO
                labels={"build_step": step or "MAIN", "build_tags": ",".join(self._build.tags)},
                text_payload=said,
            )
            ingest(self._cloud, entry)
