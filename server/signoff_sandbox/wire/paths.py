"""HTTP methods that are no gRPC method of the table: the Knative paths of `gcloud`, Cloud Storage, the registry."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from signoff_sandbox.world.cloud import Cloud

_REGION = re.compile(r"(?P<region>[a-z0-9-]+)-(?=[a-z]+\.googleapis\.com)")


@dataclass(frozen=True, slots=True)
class Visit:
    """A request to such a method; `path` holds the groups of the path's pattern, still percent-encoded."""

    cloud: Cloud
    request: Request
    path: dict[str, str]


@dataclass(frozen=True, slots=True)
class PathMethod:
    """`name`: Google's id in the discovery document, such as `run.namespaces.services.list`; "" for the sandbox's own.

    `pattern` is matched with the raw (percent-encoded) path. A named method is counted, may have faults planted on it,
    and needs `permission` where one is given. `missing` says what of Google's method is not modelled; "": all of it is.
    `host`, such as `run.googleapis.com`: only requests to this host or to one of its regions are meant, since APIs
    share paths such as `/v1/projects/P/locations`.
    """

    name: str
    verbs: tuple[str, ...]
    pattern: re.Pattern[str]
    answer: Callable[[Visit], Awaitable[Response]]
    permission: str | None = None
    missing: str = ""
    host: str = ""

    def match(self, verb: str, host: str, path: str) -> dict[str, str] | None:
        """The groups of the path if this method answers the request, else None."""
        if verb not in self.verbs or (self.host and without_region(host) != self.host):
            return None
        found = self.pattern.fullmatch(path)
        return None if found is None else found.groupdict()


def without_region(host: str) -> str:
    """`us-central1-run.googleapis.com` -> `run.googleapis.com`."""
    return _REGION.sub("", host)


def may_mean(host: str, owner: str) -> bool:
    """Whether a request to `host` may be for the API at `owner`; a host that is none of Google's may mean any."""
    return not host.endswith(".googleapis.com") or without_region(host) == owner


def region_of(host: str) -> str:
    """`us-central1-run.googleapis.com` -> `us-central1`, whether there is such a region or not; else empty."""
    found = _REGION.match(host)
    return found["region"] if found else ""


def json_response(content: Any, status: int = 200) -> Response:
    return Response(json.dumps(content, ensure_ascii=False, indent=2), status, media_type="application/json")
