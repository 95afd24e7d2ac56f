"""`run.projects.locations.list`: where Cloud Run is. https://cloud.google.com/run/docs/locations"""

from __future__ import annotations

import re
from urllib.parse import unquote

from starlette.responses import Response

from signoff_sandbox.wire.knative import places
from signoff_sandbox.wire.paths import PathMethod, Visit, json_response
from signoff_sandbox.world.regions import REGIONS


async def list_locations(visit: Visit) -> Response:
    """All of them, and the sandbox's own if it is none of Google's."""
    project = unquote(visit.path["project"])
    places.require(visit, "run.locations.list", f"projects/{project}")
    listed = [
        {"name": f"projects/{project}/locations/{name}", "locationId": name}
        for name in sorted(REGIONS | {visit.cloud.settings.location})
    ]
    return json_response({"locations": listed})


ROUTES: tuple[PathMethod, ...] = (
    PathMethod(
        "run.projects.locations.list",
        ("GET",),
        re.compile("/v1/projects/(?P<project>[^/:]+)/locations"),
        list_locations,
        missing="pages",
        host=places.RUN_HOST,
    ),
)
