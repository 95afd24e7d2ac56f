"""Traffic in v1: targets that were asked for, and where it goes."""

from __future__ import annotations

from typing import Any

from google.cloud.run_v2.types import TrafficTarget

from signoff_sandbox.wire.knative.lens import Lens, refuse_unknown
from signoff_sandbox.world.run_names import short
from signoff_sandbox.world.run_traffic import LATEST, REVISION

#: `configurationName` and `url` may be there, and say nothing in a request.
KNOWN = {"revisionName", "latestRevision", "percent", "tag", "configurationName", "url"}


def target_of(target: Any, latest: str = "") -> dict[str, Any]:
    """A v2 TrafficTarget or TrafficTargetStatus; `latest` is the revision that a status of the latest one names."""
    newest = target.type_ == LATEST
    made = {
        "revisionName": latest if newest else short(target.revision),
        "latestRevision": newest,
        "percent": target.percent,
        "tag": target.tag,
        "url": getattr(target, "uri", ""),
    }
    return {key: value for key, value in made.items() if value}


def _targets(service: Any) -> list[dict[str, Any]] | None:
    return [target_of(target) for target in service.traffic] or None


def _set_targets(service: Any, value: list[Any] | None) -> None:
    del service.traffic[:]
    for index, target in enumerate(value or []):
        refuse_unknown(f"spec.traffic[{index}]", target, KNOWN)
        name, newest = (
            target.get("revisionName", ""),
            bool(target.get("latestRevision", not target.get("revisionName"))),
        )
        service.traffic.append(
            TrafficTarget.pb()(
                type_=LATEST if newest else REVISION,
                revision="" if newest else name,
                percent=target.get("percent", 0),
                tag=target.get("tag", ""),
            )
        )


TARGETS = Lens("traffic", ("traffic",), _targets, _set_targets)
