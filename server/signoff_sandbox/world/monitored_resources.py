"""The types of resource that log entries of the sandbox are of, with their labels.

https://cloud.google.com/logging/docs/api/v2/resource-list
"""

from __future__ import annotations

from google.api.label_pb2 import LabelDescriptor
from google.api.monitored_resource_pb2 import MonitoredResourceDescriptor

#: Type -> what people call it, and its labels beside project_id.
_TYPES: dict[str, tuple[str, tuple[str, ...]]] = {
    "build": ("Cloud Build", ("build_id", "build_trigger_id")),
    "cloud_run_job": ("Cloud Run Job", ("job_name", "location")),
    "cloud_run_revision": (
        "Cloud Run Revision",
        ("service_name", "revision_name", "location", "configuration_name"),
    ),
    "cloud_run_worker_pool": ("Cloud Run Worker Pool", ("worker_pool_name", "revision_name", "location")),
    "cloud_scheduler_job": ("Cloud Scheduler Job", ("job_id", "location")),
    "global": ("Global", ()),
}

DESCRIPTORS = tuple(
    MonitoredResourceDescriptor(
        type=kind,
        display_name=name,
        description=f"A resource of type {name}." if labels else "Not of any other type.",
        labels=[LabelDescriptor(key=label) for label in ("project_id", *labels)],
    )
    for kind, (name, labels) in _TYPES.items()
)
