"""Locations that cannot be reached: whoever asks one gets UNAVAILABLE, and whoever asks all of them learns of it.

Planted by `unreachableLocations` of the state, a list such as ["europe-west1"].
"""

from __future__ import annotations

from typing import Any

import grpc

from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError

_FIELDS = ("name", "parent", "resource")


def require_reachable(cloud: Cloud, resource: str) -> None:
    """UNAVAILABLE if a resource (full name, or `projects/P/locations/L`) is where nobody can be reached."""
    parts = resource.split("/")
    if len(parts) > 3 and parts[2] == "locations" and parts[3] in cloud.unreachable_locations:
        raise ApiError(grpc.StatusCode.UNAVAILABLE, f"The service is currently unavailable in location {parts[3]}.")


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
