"""Names of Cloud Run resources: taking them apart, making them, checking them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import zip_longest

from signoff_sandbox.world.errors import invalid_argument

_ID = re.compile(r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?")
# https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services#Service (labels, annotations)
RESERVED = ("run.googleapis.com", "cloud.googleapis.com", "serving.knative.dev", "autoscaling.knative.dev")


def short(name: str) -> str:
    """The last segment: `projects/p/locations/l/services/web` -> `web`."""
    return name.rpartition("/")[2]


def project_of(name: str) -> str:
    return name.split("/")[1]


def location_of(name: str) -> str:
    return name.split("/")[3]


def place_of(name: str) -> str:
    """`projects/P/locations/L` of any resource below it."""
    return "/".join(name.split("/")[:4])


def require_id(value: str, field: str, longest: int = 49) -> None:
    """INVALID_ARGUMENT unless `value` can name a service or a job."""
    if _ID.fullmatch(value) is None or len(value) > longest:
        raise invalid_argument(
            f"{field}: Resource name must use only lowercase, alphanumeric characters and dashes, must begin with a "
            f"letter, cannot end with a dash and must be shorter than {longest + 1} characters.",
            **{field: f"invalid: {value!r}"},
        )


def refuse_reserved(where: str, *maps: Mapping[str, str], held: Sequence[Mapping[str, str]] = ()) -> None:
    """INVALID_ARGUMENT for labels or annotations in a namespace that v2 keeps for itself.

    What `held`, the resource's present maps in the same order, have already may stay: v1 clients such as gcloud
    write there, and v2 clients write back what they read.
    """
    nothing: Mapping[str, str] = {}
    for mapping, before in zip_longest(maps, held, fillvalue=nothing):
        for key in sorted(mapping.keys() - before.keys()):
            domain = key.partition("/")[0] if "/" in key else ""
            if any(domain == name or domain.endswith(f".{name}") for name in RESERVED):
                raise invalid_argument(
                    f"Violation in {where}: system labels and annotations are not supported in the v2 API: '{key}'.",
                    **{where: f"reserved key {key}"},
                )
