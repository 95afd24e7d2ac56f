"""What gcloud asks about the project itself: who it is, and whether an API is enabled on it.

https://cloud.google.com/service-usage/docs/reference/rest/v1/services/get,
https://cloud.google.com/resource-manager/reference/rest/v1/projects/get
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from starlette.responses import Response

from signoff_sandbox.wire.paths import PathMethod, Visit, json_response
from signoff_sandbox.world.projects import id_of, number_of

#: API -> its title; those of which the sandbox answers something are enabled, all others are not.
ENABLED: dict[str, str] = {
    "artifactregistry": "Artifact Registry API",
    "cloudbuild": "Cloud Build API",
    "cloudresourcemanager": "Cloud Resource Manager API",
    "cloudscheduler": "Cloud Scheduler API",
    "containeranalysis": "Container Analysis API",
    "iam": "Identity and Access Management (IAM) API",
    "logging": "Cloud Logging API",
    "run": "Cloud Run Admin API",
    "secretmanager": "Secret Manager API",
    "serviceusage": "Service Usage API",
    "storage": "Cloud Storage API",
}


async def get_service(visit: Visit) -> Response:
    project, name = unquote(visit.path["project"]), unquote(visit.path["name"])
    title = ENABLED.get(name.removesuffix(".googleapis.com")) if name.endswith(".googleapis.com") else None
    parent = f"projects/{number_of(project)}"
    config = {"name": name, **({"title": title} if title else {})}
    state = "ENABLED" if title else "DISABLED"
    return json_response({"name": f"{parent}/services/{name}", "parent": parent, "config": config, "state": state})


async def get_project(visit: Visit) -> Response:
    """Every project exists."""
    project = id_of(unquote(visit.path["project"]), visit.cloud.settings.project)
    return json_response(
        {
            "projectId": project,
            "name": project,
            "projectNumber": number_of(project),
            "lifecycleState": "ACTIVE",
        }
    )


ROUTES: tuple[PathMethod, ...] = (
    PathMethod(
        "serviceusage.services.get",
        ("GET",),
        re.compile(r"/v1/projects/(?P<project>[^/:]+)/services/(?P<name>[^/:]+)"),
        get_service,
        permission="serviceusage.services.get",
        missing="the configuration of the service beyond its name and title",
        host="serviceusage.googleapis.com",
    ),
    PathMethod(
        "cloudresourcemanager.projects.get",
        ("GET",),
        re.compile(r"/v1/projects/(?P<project>[^/:]+)"),
        get_project,
        permission="resourcemanager.projects.get",
        missing="parents and labels",
        host="cloudresourcemanager.googleapis.com",
    ),
)
