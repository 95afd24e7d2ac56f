"""Traffic of a service: what was asked for, where it goes, and who answers the next request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from google.cloud.run_v2.types import TrafficTarget, TrafficTargetAllocationType, TrafficTargetStatus

from signoff_sandbox.world import run_conditions as conditions
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import invalid_argument
from signoff_sandbox.world.run_names import short

LATEST = TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
REVISION = TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
_TAG = re.compile(r"[a-z](?:[-a-z0-9]{0,44}[a-z0-9])?")


class RouteFailed(Exception):
    """Traffic cannot go where it was sent; the message is the one of the RoutesReady condition."""


@dataclass(frozen=True, slots=True)
class Route:
    """One entry of the traffic statuses with its revision resolved (short name)."""

    revision: str
    percent: int
    tag: str


def require_valid(traffic: Any) -> None:
    """INVALID_ARGUMENT for targets that make no sense, whatever revisions exist."""
    tags: set[str] = set()
    for target in traffic:
        if not 0 <= target.percent <= 100:
            raise invalid_argument("Traffic percent must be between 0 and 100.", traffic=f"percent {target.percent}")
        if target.type_ == REVISION and not target.revision:
            raise invalid_argument("A traffic target of type REVISION needs a revision.", traffic="revision missing")
        if target.type_ == LATEST and target.revision:
            raise invalid_argument("A traffic target of type LATEST takes no revision.", traffic="revision given")
        if target.tag and _TAG.fullmatch(target.tag) is None:
            raise invalid_argument(f"'{target.tag}' is no valid traffic tag.", traffic="tag")
        if target.tag and target.tag in tags:
            raise invalid_argument(f"Traffic tag '{target.tag}' is given twice.", traffic="tag twice")
        tags.add(target.tag)
    total = sum(target.percent for target in traffic)
    if traffic and total != 100:
        raise invalid_argument(f"Traffic targets must sum to 100 percent, not {total}.", traffic=f"sum {total}")


def by_default() -> Any:
    """All traffic to the latest ready revision."""
    return TrafficTarget.pb()(type_=LATEST, percent=100)


def statuses(cloud: Cloud, service: Any, tag_uris: dict[str, str]) -> list[Any]:
    """The traffic statuses that the service's targets come to. Raises RouteFailed.

    An entry of type LATEST names no revision and no URI, as with Google: the latest ready one is meant.
    """
    made = []
    for target in service.traffic:
        if target.type_ == LATEST:
            if not service.latest_ready_revision:
                raise RouteFailed(f"Service '{short(service.name)}' has no ready revision to route traffic to.")
        else:
            name = f"{service.name}/revisions/{short(target.revision)}"
            revision: Any = cloud.store.get("revisions", name)
            if revision is None:
                raise RouteFailed(f"Revision '{short(name)}' referenced in traffic not found.")
            if not conditions.succeeded(revision.conditions, "Ready"):
                raise RouteFailed(f"Revision '{short(name)}' is not ready and cannot serve traffic.")
        made.append(
            TrafficTargetStatus.pb()(
                type_=target.type_ or REVISION,
                revision=short(target.revision),
                percent=target.percent,
                tag=target.tag,
                uri=tag_uris.get(target.tag, "") if target.tag else "",
            )
        )
    return made


def routes(cloud: Cloud, service: Any, latest: str | None = None) -> list[Route]:
    """Where requests go now; entries whose revision is not known yet are left out.

    `latest` is the revision that is meant by it: while traffic migrates, the one that was the latest before.
    """
    meant = latest or cloud.machine.latest.get(service.name, service.latest_ready_revision)
    resolved = [
        Route(short(meant) if status.type_ == LATEST else short(status.revision), status.percent, status.tag)
        for status in service.traffic_statuses
    ]
    return [route for route in resolved if route.revision]


def choose(cloud: Cloud, service: Any, tag: str | None) -> str | None:
    """The revision (short name) for the next request to the service, or to the URL of one of its tags."""
    known = routes(cloud, service)
    if tag is not None:
        return next((route.revision for route in known if route.tag == tag), None)
    weighted: Sequence[Route] = [route for route in known if route.percent > 0]
    if not weighted:
        return None
    return cloud.machine.traffic.choices(weighted, [route.percent for route in weighted])[0].revision
