"""`run.projects.locations.list`: where Cloud Run is. https://cloud.google.com/run/docs/locations"""

from __future__ import annotations

import re
from urllib.parse import unquote

from starlette.responses import Response

from signoff_sandbox.wire.knative import places
from signoff_sandbox.wire.paths import PathMethod, Visit, json_response

#: Area -> the rest of the names of its regions.
REGIONS: dict[str, str] = {
    "africa": "south1",
    "asia": "east1 east2 northeast1 northeast2 northeast3 south1 south2 southeast1 southeast2",
    "australia": "southeast1 southeast2",
    "europe": "central2 north1 north2 southwest1 west1 west10 west12 west2 west3 west4 west6 west8 west9",
    "me": "central1 central2 west1",
    "northamerica": "northeast1 northeast2 south1",
    "southamerica": "east1 west1",
    "us": "central1 east1 east4 east5 south1 west1 west2 west3 west4",
}


async def list_locations(visit: Visit) -> Response:
    """All of them, and the sandbox's own if it is none of Google's."""
    project = unquote(visit.path["project"])
    places.require(visit, "run.locations.list", f"projects/{project}")
    names = {f"{area}-{one}" for area, rest in REGIONS.items() for one in rest.split()}
    listed = [
        {"name": f"projects/{project}/locations/{name}", "locationId": name}
        for name in sorted(names | {visit.cloud.settings.location})
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
