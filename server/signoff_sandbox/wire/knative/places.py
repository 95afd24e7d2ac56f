"""Where a request of v1 wants to go: namespaces are projects, and the region is in the name of the host.

GET http://us-central1-run.googleapis.com/apis/serving.knative.dev/v1/namespaces/demo/services/web
GET http://run.googleapis.com/v1/projects/demo/locations/us-central1/services/web
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

from signoff_sandbox.wire.paths import Visit, region_of
from signoff_sandbox.world.errors import invalid_argument
from signoff_sandbox.world.projects import id_of

_ONE = "[^/:]+"


def pattern(group: str, collection: str, tail: str = "") -> re.Pattern[str]:
    """The two paths of a collection of `group`, `serving.knative.dev` or `run.googleapis.com`, and a `tail` after it.

    The groups of a match: `project`, `location` (None where the host says it), and those of the tail.
    """
    namespaces = f"/apis/{re.escape(group)}/v1/namespaces/(?P<namespace>{_ONE})"
    projects = f"/v1/projects/(?P<project>{_ONE})/locations/(?P<location>{_ONE})"
    return re.compile(f"(?:{namespaces}|{projects})/{collection}{tail}")


#: The tail of a path that names one of a collection.
NAME = f"/(?P<name>{_ONE})"


def place_of(visit: Visit) -> str:
    """`projects/P/locations/L`; L is `-`, all of them, where neither path nor host names a region."""
    project = unquote(visit.path.get("namespace") or visit.path["project"])
    host = visit.request.headers.get("host", "")
    location = visit.path.get("location") or region_of(host) or "-"
    return f"projects/{id_of(project, visit.cloud.settings.project)}/locations/{unquote(location)}"


def resource_of(visit: Visit, collection: str) -> str:
    """The full name of the resource that the path names, in the sandbox's own region where no region is named."""
    place = place_of(visit)
    if place.endswith("/-"):
        place = f"{place[:-1]}{visit.cloud.settings.location}"
    return f"{place}/{collection}/{unquote(visit.path['name'])}"


async def body_of(visit: Visit) -> Any:
    """The JSON of a request. Raises INVALID_ARGUMENT."""
    try:
        return json.loads(await visit.request.body() or b"{}")
    except ValueError as error:
        raise invalid_argument(f"Invalid JSON payload received. {error}") from error
