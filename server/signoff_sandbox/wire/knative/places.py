"""Where a request of v1 wants to go: namespaces are projects, and the region is in the name of the host.

GET http://us-central1-run.googleapis.com/apis/serving.knative.dev/v1/namespaces/demo/services/web
GET http://run.googleapis.com/v1/projects/demo/locations/us-central1/services/web
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

import grpc
from starlette.responses import Response

from signoff_sandbox.wire.paths import PathMethod, Visit, region_of
from signoff_sandbox.world.errors import ApiError, invalid_argument, permission_denied
from signoff_sandbox.world.identities import caller_may
from signoff_sandbox.world.locations import require_reachable, require_region
from signoff_sandbox.world.projects import id_of
from signoff_sandbox.world.run_names import location_of, project_of, short

RUN_HOST = "run.googleapis.com"
_ONE = "[^/:]+"
_NAMESPACE = f"/v1/namespaces/(?P<namespace>{_ONE})/"
_LOCATION = f"/v1/projects/(?P<project>{_ONE})/locations/(?P<location>{_ONE})/"
#: The tail of a path that names one of a collection.
NAME = f"/(?P<name>{_ONE})"


def methods(
    group: str,
    collection: str,
    name: str,
    verb: str,
    answer: Callable[[Visit], Awaitable[Response]],
    tail: str = "",
    *,
    missing: str = "",
    by_location: bool = True,
) -> tuple[PathMethod, ...]:
    """A method of a collection under its two paths: of namespaces, and, where Google has it, of locations.

    `group` is `serving.knative.dev` or `run.googleapis.com`; `name` the last word of Google's id, such as `list`.
    """
    namespaces = re.compile(f"/apis/{re.escape(group)}{_NAMESPACE}{collection}{tail}")
    made = [PathMethod(f"run.namespaces.{collection}.{name}", (verb,), namespaces, answer, missing=missing)]
    if by_location:
        full = f"run.projects.locations.{collection}.{name}"
        made.append(PathMethod(full, (verb,), located(collection, tail), answer, missing=missing))
    return tuple(made)


def located(collection: str, tail: str = "") -> re.Pattern[str]:
    """The path of a collection by project and location, with a `tail` after it."""
    return re.compile(f"{_LOCATION}{collection}{tail}")


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


def reached(visit: Visit, collection: str, parent: str) -> tuple[list[Any], list[str]]:
    """The stored resources below `parent`, and the locations of those that were asked and could not be reached."""
    lost = visit.cloud.unreachable_locations if "/locations/-" in parent else set()
    stored = visit.cloud.store.list(collection, parent)
    return [one for one in stored if location_of(one.name) not in lost], sorted(lost)  # type: ignore[attr-defined]


def require(visit: Visit, permission: str, resource: str) -> None:
    """PERMISSION_DENIED in v1's words if whoever calls lacks a permission on a v2 resource, which may be a place.

    UNAVAILABLE if that is in a location that cannot be reached, PERMISSION_DENIED too if there is no such location.
    """
    require_region(visit.cloud, resource)
    require_reachable(visit.cloud, resource)
    if not caller_may(visit.cloud, permission, resource):
        said = visit.request.url.path.partition("/v1/")[2].partition(":")[0]
        raise permission_denied(permission, said)


def missing(resource: str, kind: str) -> ApiError:
    """NOT_FOUND in v1's words; `kind` such as SERVICE."""
    return ApiError(
        grpc.StatusCode.NOT_FOUND,
        f"Resource '{short(resource)}' of kind '{kind}' in region '{location_of(resource)}' in project "
        f"'{project_of(resource)}' does not exist.",
    )


def deleted(resource: Any, group: str, collection: str) -> dict[str, Any]:
    """The Status that answers a deletion."""
    details = {"name": short(resource.name), "group": group, "kind": collection, "uid": resource.uid}
    return {"status": "Success", "details": {key: value for key, value in details.items() if value}}


def dry_run(visit: Visit) -> bool:
    """Whether the request only asks if it would do. Raises INVALID_ARGUMENT."""
    wish = visit.request.query_params.get("dryRun", "")
    if wish not in ("", "all"):
        raise invalid_argument(f"dryRun: must be 'all', not '{wish}'.", dryRun="invalid")
    return bool(wish)


async def body_of(visit: Visit) -> Any:
    """The JSON of a request. Raises INVALID_ARGUMENT."""
    try:
        return json.loads(await visit.request.body() or b"{}")
    except (ValueError, RecursionError) as error:
        raise invalid_argument(f"Invalid JSON payload received. {error}") from error
