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


async def get_service(visit: Visit) -> Response:
    """Every API is enabled, those too of which the sandbox answers nothing: gcloud would stop to ask otherwise."""
    parent, name = f"projects/{number_of(unquote(visit.path['project']))}", unquote(visit.path["name"])
    service = {"name": f"{parent}/services/{name}", "parent": parent, "config": {"name": name}, "state": "ENABLED"}
    return json_response(service)


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
        missing="every API is enabled; of its configuration there is the name",
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
