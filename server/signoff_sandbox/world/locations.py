"""Locations: those of Cloud Run, and those that cannot be reached.

Whoever asks one that cannot be reached gets UNAVAILABLE, and whoever asks all of them learns of it. It is planted by
`unreachableLocations` of the state, a list such as ["europe-west1"].
"""

from __future__ import annotations

from typing import Any

import grpc

from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError
from signoff_sandbox.world.regions import REGIONS

_FIELDS = ("name", "parent", "resource")
#: Where something of these was planted is a region too.
PLANTED = ("services", "jobs", "workerPools")


def require_reachable(cloud: Cloud, resource: str) -> None:
    """UNAVAILABLE if a resource (full name, or `projects/P/locations/L`) is where nobody can be reached."""
    parts = resource.split("/")
    if len(parts) > 3 and parts[2] == "locations" and parts[3] in cloud.unreachable_locations:
        raise ApiError(grpc.StatusCode.UNAVAILABLE, f"The service is currently unavailable in location {parts[3]}.")


def require_region(cloud: Cloud, resource: str) -> None:
    """PERMISSION_DENIED, in Google's words, if a resource (or `projects/P/locations/L`) is where Cloud Run is not."""
    parts = resource.split("/")
    if (
        len(parts) < 4
        or parts[2] != "locations"
        or parts[3] in ("-", "", cloud.settings.location)
        or parts[3] in REGIONS
    ):
        return
    place = "/".join(parts[:4])
    if not any(name.startswith(f"{place}/") for kind in PLANTED for name in cloud.store.names(kind)):
        raise ApiError(
            grpc.StatusCode.PERMISSION_DENIED, f"Permission denied on 'locations/{parts[3]}' (or it may not exist)."
        )


def asked_of(request: Any) -> str:
    """The resource that a request is about: its own name, parent or resource, or the name of what it carries."""
    fields = request.DESCRIPTOR.fields_by_name
    for field in _FIELDS:
        if field in fields and getattr(request, field):
            return str(getattr(request, field))
    for field in request.DESCRIPTOR.fields:
        carried = field.message_type
        if (
            carried is not None
            and not field.is_repeated
            and request.HasField(field.name)
            and "name" in carried.fields_by_name
        ):
            return str(getattr(request, field.name).name)
    return ""
