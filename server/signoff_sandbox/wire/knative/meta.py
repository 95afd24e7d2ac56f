"""What all Knative objects have in common: metadata, conditions, lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import grpc
from google.cloud.run_v2.types import Condition

from signoff_sandbox.world.errors import ApiError, invalid_argument
from signoff_sandbox.world.projects import number_of
from signoff_sandbox.world.run_names import location_of, project_of, short

SERVING = "serving.knative.dev/v1"
RUN = "run.googleapis.com/v1"
LOCATION = "cloud.googleapis.com/location"
State = Condition.State
#: https://github.com/knative/specs/blob/main/specs/serving/knative-api-specification-1.0.md#error-signalling
STATUS = {State.CONDITION_SUCCEEDED: "True", State.CONDITION_FAILED: "False"}
SEVERITY = {Condition.Severity.WARNING: "Warning", Condition.Severity.INFO: "Info"}


def object_meta(
    resource: Any, *, api: str, collection: str, labels: Mapping[str, str], annotations: Mapping[str, str]
) -> dict[str, Any]:
    """The metadata of a stored v2 resource; `api` is SERVING or RUN, `collection` such as `services`."""
    name, namespace = short(resource.name), number_of(project_of(resource.name))
    meta: dict[str, Any] = {
        "name": name,
        "namespace": namespace,
        "selfLink": f"/apis/{api}/namespaces/{namespace}/{collection}/{name}",
        "uid": resource.uid,
        "resourceVersion": resource_version(resource),
        "generation": resource.generation,
        "creationTimestamp": timestamp(resource, "create_time"),
        "deletionTimestamp": timestamp(resource, "delete_time"),
        "labels": {**dict(sorted(labels.items())), LOCATION: location_of(resource.name)},
        "annotations": dict(sorted(annotations.items())),
    }
    return {key: value for key, value in meta.items() if value}


def timestamp(message: Any, field: str) -> str | None:
    """A time in Google's JSON form, or None where it is not set."""
    return getattr(message, field).ToJsonString() if message.HasField(field) else None


def resource_version(resource: Any) -> str:
    """The v1 name of the etag: another one with every write."""
    return str(resource.etag).strip('"')


def require_version(resource: Any, meta: Mapping[str, Any]) -> None:
    """ABORTED (409) if `meta` names a resourceVersion that is not the current one of the stored resource."""
    given, current = meta.get("resourceVersion"), resource_version(resource)
    if given and given != current:
        raise ApiError(
            grpc.StatusCode.ABORTED,
            f"Conflict for resource '{short(resource.name)}': version '{given}' was specified but current version is "
            f"'{current}'.",
        )


def condition(message: Any) -> dict[str, Any]:
    """One v2 condition in v1's words."""
    made: dict[str, Any] = {
        "type": message.type_,
        "status": STATUS.get(message.state, "Unknown"),
        "reason": reason(message),
        "message": message.message,
        "severity": SEVERITY.get(message.severity, ""),
        "lastTransitionTime": timestamp(message, "last_transition_time"),
    }
    return {key: value for key, value in made.items() if value}


def conditions(*messages: Any) -> list[dict[str, Any]]:
    return [condition(message) for message in messages]


def reason(message: Any) -> str:
    """`HEALTH_CHECK_CONTAINER_ERROR` -> `HealthCheckContainerError`; empty where no reason is given."""
    field = message.WhichOneof("reasons")
    if field is None:
        return ""
    number = getattr(message, field)
    name = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number[number].name
    return "" if name.endswith("_UNDEFINED") else "".join(part.capitalize() for part in name.split("_"))


def read_object(content: Any, *, api: str, kind: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Name, metadata and spec of an object in a request body. Raises INVALID_ARGUMENT."""
    if not isinstance(content, dict):
        raise invalid_argument("Invalid JSON payload received. Root element must be an object.")
    for field, wanted in (("apiVersion", api), ("kind", kind)):
        if content.get(field) != wanted:
            raise invalid_argument(f"{field}: must be '{wanted}', not {content.get(field)!r}.", **{field: "invalid"})
    meta, spec = section(content, "metadata"), section(content, "spec")
    name = meta.get("name")
    if not isinstance(name, str) or not name:
        raise invalid_argument("metadata.name: must not be empty.", **{"metadata.name": "missing"})
    return name, meta, spec


def section(content: Mapping[str, Any], field: str) -> dict[str, Any]:
    """An object inside of an object; {} where it is missing or null. Raises INVALID_ARGUMENT."""
    value = content.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid_argument(f"{field}: must be an object.", **{field: "no object"})
    return value


def strings(meta: Mapping[str, Any], field: str) -> dict[str, str]:
    """`labels` or `annotations` of a metadata object. Raises INVALID_ARGUMENT."""
    values = section(meta, field)
    for key, value in values.items():
        if not isinstance(value, str):
            raise invalid_argument(f"{field}[{key!r}]: must be a string.", **{field: key})
    return values


def listing(
    api: str, kind: str, items: Iterable[dict[str, Any]], *, more: str = "", unreachable: Sequence[str] = ()
) -> dict[str, Any]:
    """A list of objects; `kind` such as `ServiceList`, `more` the token of the next page."""
    made: dict[str, Any] = {"apiVersion": api, "kind": kind, "metadata": {"continue": more} if more else {}}
    made["items"] = list(items)
    return made | ({"unreachable": list(unreachable)} if unreachable else {})
