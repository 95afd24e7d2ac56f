"""A plan: what would be done, bound to the world that it was made from.

Its id is a digest of what would be done and of that world. So a plan needs no validity of its own: it is made again
just before it is carried out, and when anything is different, the id is too, and the yes that was given is void.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from signoff.model.errors import SignoffError
from signoff.model.subject import Commit, Kind, WorkloadName
from signoff.model.text import Text
from signoff.systems.google.deployed import Deployed


class PlanError(SignoffError):
    """A plan that can not be made, found or carried out."""


@dataclass(frozen=True, slots=True)
class Build:
    """How the image is made: a Cloud Build configuration of the repository, run on the remote at one commit."""

    config: str
    remote: str
    commit: Commit


@dataclass(frozen=True, slots=True)
class Item:
    """One workload of the plan, with its resources as they stand: one a region.

    Exactly one of `build` and `image` (by digest) is set.
    """

    workload: WorkloadName
    kind: Kind
    resources: tuple[Deployed, ...]
    build: Build | None = None
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for; a plan is made again from it. `image`: a given image, by digest."""

    target: str
    workloads: tuple[WorkloadName, ...]
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """`lines`: what a person is shown before the yes."""

    id: str
    request: Request
    commit: Commit
    items: tuple[Item, ...]
    lines: tuple[Text, ...]


def make_plan(request: Request, commit: Commit, items: tuple[Item, ...], lines: tuple[Text, ...]) -> Plan:
    """The plan with its id. `lines` are not part of the id: they say the same in words."""
    held = {"request": asdict(request), "commit": commit, "items": [asdict(item) for item in items]}
    digest = hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()
    return Plan(f"plan-{digest[:12]}", request, commit, items, lines)


def request_as_data(request: Request) -> dict[str, Any]:
    """As the ledger keeps it."""
    return asdict(request)


def request_from_data(data: Mapping[str, Any]) -> Request:
    return Request(
        target=data["target"],
        workloads=tuple(WorkloadName(name) for name in data["workloads"]),
        image=data["image"],
    )
