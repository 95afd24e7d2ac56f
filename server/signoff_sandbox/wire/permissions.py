"""Which IAM permission a method needs, so that a denied permission refuses the methods that need it."""

from __future__ import annotations

import re
from typing import Any

from google.protobuf.message import Message

from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import permission_denied
from signoff_sandbox.world.identities import caller_may

#: Prefix of the permission by gRPC service; the rest follows from the method (ListServices -> run.services.list).
SERVICES = {
    "google.cloud.run.v2.Services": "run.services",
    "google.cloud.run.v2.Revisions": "run.revisions",
    "google.cloud.run.v2.Jobs": "run.jobs",
    "google.cloud.run.v2.Executions": "run.executions",
    "google.cloud.run.v2.Tasks": "run.tasks",
    "google.cloud.run.v2.WorkerPools": "run.workerpools",
    "google.longrunning.Operations": "run.operations",
    "google.cloud.secretmanager.v1.SecretManagerService": "secretmanager.secrets",
    "google.cloud.scheduler.v1.CloudScheduler": "cloudscheduler.jobs",
}
#: Methods whose permission does not follow from their name. None: anybody may ask.
METHODS: dict[str, str | None] = {
    "google.devtools.cloudbuild.v1.CloudBuild/CreateBuild": "cloudbuild.builds.create",
    "google.devtools.cloudbuild.v1.CloudBuild/RetryBuild": "cloudbuild.builds.create",
    "google.devtools.cloudbuild.v1.CloudBuild/GetBuild": "cloudbuild.builds.get",
    "google.devtools.cloudbuild.v1.CloudBuild/ListBuilds": "cloudbuild.builds.list",
    "google.devtools.cloudbuild.v1.CloudBuild/CancelBuild": "cloudbuild.builds.update",
    # A trigger counts as a build: https://cloud.google.com/build/docs/iam-roles-permissions
    "google.devtools.cloudbuild.v1.CloudBuild/CreateBuildTrigger": "cloudbuild.builds.create",
    "google.devtools.cloudbuild.v1.CloudBuild/RunBuildTrigger": "cloudbuild.builds.create",
    "google.devtools.cloudbuild.v1.CloudBuild/GetBuildTrigger": "cloudbuild.builds.get",
    "google.devtools.cloudbuild.v1.CloudBuild/ListBuildTriggers": "cloudbuild.builds.list",
    "google.devtools.cloudbuild.v1.CloudBuild/UpdateBuildTrigger": "cloudbuild.builds.update",
    "google.devtools.cloudbuild.v1.CloudBuild/DeleteBuildTrigger": "cloudbuild.builds.update",
    "google.devtools.cloudbuild.v1.CloudBuild/ApproveBuild": "cloudbuild.builds.approve",
    "google.devtools.cloudbuild.v1.CloudBuild/GetDefaultServiceAccount": "cloudbuild.builds.get",
    "google.cloud.run.v2.Builds/SubmitBuild": "run.builds.create",
    "grafeas.v1.Grafeas/GetOccurrence": "containeranalysis.occurrences.get",
    "grafeas.v1.Grafeas/ListOccurrences": "containeranalysis.occurrences.list",
    "google.devtools.artifactregistry.v1.ArtifactRegistry/GetRepository": "artifactregistry.repositories.get",
    "google.devtools.artifactregistry.v1.ArtifactRegistry/ListRepositories": "artifactregistry.repositories.list",
    "google.devtools.artifactregistry.v1.ArtifactRegistry/CreateRepository": "artifactregistry.repositories.create",
    "google.devtools.artifactregistry.v1.ArtifactRegistry/DeleteRepository": "artifactregistry.repositories.delete",
    "google.devtools.artifactregistry.v1.ArtifactRegistry/CreateTag": "artifactregistry.tags.create",
    "google.devtools.artifactregistry.v1.ArtifactRegistry/DeleteTag": "artifactregistry.tags.delete",
    "google.devtools.artifactregistry.v1.ArtifactRegistry/GetVersion": "artifactregistry.versions.get",
    "google.devtools.artifactregistry.v1.ArtifactRegistry/ListVersions": "artifactregistry.versions.list",
    "google.devtools.artifactregistry.v1.ArtifactRegistry/DeleteVersion": "artifactregistry.versions.delete",
    "google.devtools.artifactregistry.v1.ArtifactRegistry/GetProjectSettings": "artifactregistry.projectsettings.get",
    "google.devtools.artifactregistry.v1.ArtifactRegistry/GetDockerImage": "artifactregistry.dockerimages.get",
    "google.devtools.artifactregistry.v1.ArtifactRegistry/ListDockerImages": "artifactregistry.dockerimages.list",
    "google.devtools.artifactregistry.v1.ArtifactRegistry/GetPackage": "artifactregistry.packages.get",
    "google.devtools.artifactregistry.v1.ArtifactRegistry/ListPackages": "artifactregistry.packages.list",
    "google.devtools.artifactregistry.v1.ArtifactRegistry/GetTag": "artifactregistry.tags.get",
    "google.devtools.artifactregistry.v1.ArtifactRegistry/ListTags": "artifactregistry.tags.list",
    "google.cloud.scheduler.v1.CloudScheduler/PauseJob": "cloudscheduler.jobs.pause",
    "google.cloud.scheduler.v1.CloudScheduler/ResumeJob": "cloudscheduler.jobs.enable",
    "google.cloud.secretmanager.v1.SecretManagerService/AddSecretVersion": "secretmanager.versions.add",
    "google.cloud.secretmanager.v1.SecretManagerService/GetSecretVersion": "secretmanager.versions.get",
    "google.cloud.secretmanager.v1.SecretManagerService/ListSecretVersions": "secretmanager.versions.list",
    "google.cloud.secretmanager.v1.SecretManagerService/AccessSecretVersion": "secretmanager.versions.access",
    "google.cloud.secretmanager.v1.SecretManagerService/EnableSecretVersion": "secretmanager.versions.enable",
    "google.cloud.secretmanager.v1.SecretManagerService/DisableSecretVersion": "secretmanager.versions.disable",
    "google.cloud.secretmanager.v1.SecretManagerService/DestroySecretVersion": "secretmanager.versions.destroy",
    "google.logging.v2.LoggingServiceV2/WriteLogEntries": "logging.logEntries.create",
    "google.logging.v2.LoggingServiceV2/ListLogEntries": "logging.logEntries.list",
    "google.logging.v2.LoggingServiceV2/ListLogs": "logging.logs.list",
    "google.logging.v2.LoggingServiceV2/DeleteLog": "logging.logs.delete",
    "google.logging.v2.LoggingServiceV2/ListMonitoredResourceDescriptors": None,
}
RUN_JOB = "google.cloud.run.v2.Jobs/RunJob"
_VERB = re.compile(r"^(Get|List|Create|Update|Delete|Run|Cancel|Wait)(?=[A-Z])")
_IAM = {"GetIamPolicy": "getIamPolicy", "SetIamPolicy": "setIamPolicy"}
_RESOURCE_FIELDS = ("name", "parent", "resource", "project_id")


def permission_of(method: str) -> str | None:
    """`google.cloud.run.v2.Services/ListServices` -> `run.services.list`; None where none is needed."""
    if method in METHODS:
        return METHODS[method]
    service, _, name = method.partition("/")
    prefix = SERVICES.get(service)
    if prefix is None:
        return None
    if name in _IAM:
        return f"{prefix}.{_IAM[name]}"
    verb = _VERB.match(name)
    return f"{prefix}.{verb.group(1).lower()}" if verb else None


def refuse_denied(cloud: Cloud, method: str, request: Message) -> None:
    """PERMISSION_DENIED if whoever calls lacks the permission that `method` needs for this request."""
    permission = permission_of(method)
    if permission is not None:
        if method == RUN_JOB and request.HasField("overrides"):
            permission = "run.jobs.runWithOverrides"
        refuse(cloud, permission, _resource(request) or f"projects/{cloud.settings.project}")


def refuse(cloud: Cloud, permission: str, resource: str) -> None:
    """PERMISSION_DENIED if whoever calls lacks `permission` on a resource: it is denied to all, or not given to one."""
    if not caller_may(cloud, permission, resource):
        raise permission_denied(permission, resource)


def _resource(request: Any) -> str:
    names = {field.name for field in request.DESCRIPTOR.fields}
    for field in _RESOURCE_FIELDS:
        if field in names and getattr(request, field):
            return str(getattr(request, field))
    return ""
