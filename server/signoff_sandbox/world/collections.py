"""The collections of the state file and Google's message type of each.

Importing this imports Google's client packages, since their messages are the sandbox's data types; those that an
installation may lack (`world/packages.py`) only when they are needed.
"""

from __future__ import annotations

import google.cloud.artifactregistry_v1
import google.cloud.devtools.cloudbuild_v1
import google.cloud.run_v2
import google.iam.v1.policy_pb2
import google.longrunning.operations_pb2  # noqa: F401
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import Message

from signoff_sandbox.world.packages import MESSAGES, load

#: State file key -> full name of the message type of its entries, all of which have a `name` that is unique.
COLLECTIONS: dict[str, str] = {
    "services": "google.cloud.run.v2.Service",
    "revisions": "google.cloud.run.v2.Revision",
    "jobs": "google.cloud.run.v2.Job",
    "executions": "google.cloud.run.v2.Execution",
    "tasks": "google.cloud.run.v2.Task",
    "workerPools": "google.cloud.run.v2.WorkerPool",
    "operations": "google.longrunning.Operation",
    "builds": "google.devtools.cloudbuild.v1.Build",
    "buildTriggers": "google.devtools.cloudbuild.v1.BuildTrigger",
    "repositories": "google.devtools.artifactregistry.v1.Repository",
    "dockerImages": "google.devtools.artifactregistry.v1.DockerImage",
    "occurrences": "grafeas.v1.Occurrence",
    "schedulerJobs": "google.cloud.scheduler.v1.Job",
    "secrets": "google.cloud.secretmanager.v1.Secret",
    "secretVersions": "google.cloud.secretmanager.v1.SecretVersion",
    # What a version holds, as `versions.access` answers it: {"name": …, "payload": {"data": BASE64}}.
    "secretPayloads": "google.cloud.secretmanager.v1.AccessSecretVersionResponse",
}


def message_class(full_name: str) -> type[Message]:
    """The raw protobuf class of a full type name; the package that defines it must have been imported.

    UNIMPLEMENTED if that is a package of the extra `sandbox` and not installed.
    """
    module = MESSAGES.get(full_name.rpartition(".")[0])
    if module is not None:
        load(module, full_name)
    descriptor = descriptor_pool.Default().FindMessageTypeByName(full_name)
    return message_factory.GetMessageClass(descriptor)
