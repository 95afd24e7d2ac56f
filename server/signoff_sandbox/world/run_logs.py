"""Log entries of what runs: output, requests and what the platform says, as Cloud Run writes them.

https://cloud.google.com/run/docs/logging
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.api.monitored_resource_pb2 import MonitoredResource
from google.logging.type import log_severity_pb2
from google.protobuf import json_format
from google.protobuf.timestamp_pb2 import Timestamp

from signoff_sandbox.runtime.lines import Line, read_line
from signoff_sandbox.runtime.process import OnLine
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.logbook import Entry
from signoff_sandbox.world.planted import ingest
from signoff_sandbox.world.run_names import location_of, project_of, short

#: Fields of an entry that a JSON line can fill with an object, by their names in JSON.
FIELDS = {"httpRequest": "http_request", "operation": "operation", "sourceLocation": "source_location"}


def revision_resource(service: str, revision: str) -> MonitoredResource:
    """`service` is the full name, `revision` the short one ("" if no revision was chosen)."""
    labels = {
        "project_id": project_of(service),
        "location": location_of(service),
        "service_name": short(service),
        "configuration_name": short(service),
        "revision_name": revision,
    }
    return MonitoredResource(type="cloud_run_revision", labels=labels)


def job_resource(job: str) -> MonitoredResource:
    labels = {"project_id": project_of(job), "location": location_of(job), "job_name": short(job)}
    return MonitoredResource(type="cloud_run_job", labels=labels)


def worker_pool_resource(revision: str) -> MonitoredResource:
    """`revision` is the full name of a worker pool's revision."""
    labels = {
        "project_id": project_of(revision),
        "location": location_of(revision),
        "worker_pool_name": short(revision.partition("/revisions/")[0]),
        "revision_name": short(revision),
    }
    return MonitoredResource(type="cloud_run_worker_pool", labels=labels)


def entry(
    resource: MonitoredResource, log: str, severity: str = "DEFAULT", labels: Mapping[str, str] | None = None
) -> Any:
    """An entry of the log run.googleapis.com/`log` without a payload."""
    project = resource.labels["project_id"]
    return Entry(
        log_name=f"projects/{project}/logs/run.googleapis.com%2F{log}",
        resource=resource,
        severity=log_severity_pb2.LogSeverity.Value(severity),
        labels=labels or {},
    )


def write(cloud: Cloud, written: Any) -> None:
    ingest(cloud, written)


def output(cloud: Cloud, resource: MonitoredResource, labels: Mapping[str, str] | None = None) -> OnLine:
    """Where the lines of a container go."""

    def take(stream: str, raw: bytes) -> None:
        if not raw.strip():
            return
        line = read_line(raw)
        made = entry(resource, stream, line.severity, {**(labels or {}), **line.labels})
        _fill(made, line, raw)
        write(cloud, made)

    return take


def system(
    cloud: Cloud, resource: MonitoredResource, text: str, severity: str, labels: Mapping[str, str] | None = None
) -> None:
    """What the platform says about a container (run.googleapis.com/varlog/system)."""
    made = entry(resource, "varlog%2Fsystem", severity, labels)
    made.text_payload = text
    write(cloud, made)


def _fill(made: Any, line: Line, raw: bytes) -> None:
    """What the line says goes into the entry; a special field that does not fit goes back into the payload."""
    back: dict[str, Any] = {}
    for name, (key, content) in line.objects.items():
        try:
            json_format.ParseDict({name: content}, made, ignore_unknown_fields=True)
        except json_format.ParseError:
            made.ClearField(FIELDS[name])
            back[key] = content
    if line.time is not None:
        keys, moment = line.time
        try:
            _set_time(made.timestamp, moment)
        except (ValueError, OverflowError):
            made.ClearField("timestamp")
            back |= keys
    if line.payload is None and not back:
        made.text_payload = line.text or ""
    else:
        try:
            json_format.ParseDict((line.payload or {"message": line.text}) | back, made.json_payload)
        except json_format.ParseError:  # NaN and Infinity are no JSON for Google either
            made.ClearField("json_payload")
            made.text_payload = raw.decode(errors="replace")
    made.trace = line.trace
    made.span_id = line.span_id
    made.trace_sampled = line.trace_sampled
    made.insert_id = line.insert_id


def _set_time(stamp: Timestamp, moment: str | tuple[int, int]) -> None:
    """Raises ValueError for what is no time."""
    if isinstance(moment, str):
        stamp.FromJsonString(moment)
    else:
        stamp.seconds, stamp.nanos = moment
        stamp.ToJsonString()  # raises for what is out of range
