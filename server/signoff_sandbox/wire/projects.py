"""What gcloud asks about the project itself: who it is, whether an API is enabled on it, and of its service accounts.

https://cloud.google.com/service-usage/docs/reference/rest/v1/services/get,
https://cloud.google.com/resource-manager/reference/rest/v1/projects/get,
https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/get
"""

from __future__ import annotations

import re
import zlib
from urllib.parse import unquote

from starlette.responses import Response

from signoff_sandbox.wire.paths import PathMethod, Visit, json_response
from signoff_sandbox.world.errors import not_found
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


async def get_service_account(visit: Visit) -> Response:
    """Every account whose name can be one exists; `-` stands for the project that its email names."""
    email = unquote(visit.path["email"])
    found = SERVICE_ACCOUNT.fullmatch(email)
    if found is None:
        raise not_found(f"projects/{visit.path['project']}/serviceAccounts/{email}")
    settings = visit.cloud.settings
    project = found["project"] or id_of(found["number"] or found["build"], settings.project)
    return json_response(
        {
            "name": f"projects/{project}/serviceAccounts/{email}",
            "projectId": project,
            "uniqueId": str(10**20 + zlib.crc32(email.encode())),
            "email": email,
            "etag": "MDEwMjE5MjA=",
        }
    )


#: Emails of service accounts. https://cloud.google.com/iam/docs/service-account-types
SERVICE_ACCOUNT = re.compile(
    r"(?P<number>\d+)-compute@developer\.gserviceaccount\.com|(?P<build>\d+)@cloudbuild\.gserviceaccount\.com"
    r"|[a-z][-a-z0-9]{4,28}[a-z0-9]@(?P<project>[a-z][-a-z0-9]*)\.iam\.gserviceaccount\.com"
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
    PathMethod(
        "iam.projects.serviceAccounts.get",
        ("GET",),
        re.compile(r"/v1/projects/(?P<project>[^/:]+)/serviceAccounts/(?P<email>[^/:]+)"),
        get_service_account,
        permission="iam.serviceAccounts.get",
        missing="every account exists, and none is disabled",
        host="iam.googleapis.com",
    ),
)
