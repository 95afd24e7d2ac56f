"""A plan: what would be done, bound to the world that it was made from.

Its id is a digest of what would be done and of that world. So a plan needs no validity of its own: it is made again
just before it is carried out, and when anything is different, the id is too, and the yes that was given is void.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from signoff.actions.ways.builds import Way
from signoff.model.subject import Commit, Deployer, Kind, WorkloadName
from signoff.model.text import Text
from signoff.systems.google.deployed import Deployed

Action = Literal["deploy", "roll-back", "run"]


@dataclass(frozen=True, slots=True)
class Before:
    """What stood in the target before an operation: what a failure leads back to.

    `serving`: revision (short) and percent; empty for a job, and for a service that nothing served.
    """

    resource: str
    image: str
    serving: tuple[tuple[str, int], ...]
    follows_latest: bool
    labels: tuple[tuple[str, str], ...] = ()
    own_labels: tuple[tuple[str, str], ...] = ()
    """What the labels of the template, and its own, said of commit, build and operation."""


@dataclass(frozen=True, slots=True)
class Deploy:
    """One workload is deployed. `resources`: as they stand, one a region; `before`: the same ones before the operation.

    Exactly one of `build` (the way to the image) and `image` (by digest) is set. `traffic`: percent of the new
    revision, step by step, the last one 100; `hold`: seconds that each of the others is watched.
    """

    workload: WorkloadName
    kind: Kind
    resources: tuple[Deployed, ...]
    before: tuple[Before, ...]
    build: Way | None = None
    image: str | None = None
    traffic: tuple[int, ...] = (100,)
    hold: int = 0
    stale: tuple[str, ...] = ()
    """Executions of a job (full names) that run an older image: they are cancelled."""


@dataclass(frozen=True, slots=True)
class RollBack:
    """The traffic of one service goes back to `revisions`: one (short) for each resource."""

    workload: WorkloadName
    kind: Kind
    resources: tuple[Deployed, ...]
    before: tuple[Before, ...]
    revisions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One job is run as its template says. `stale`: executions (full names) of an older image, cancelled before."""

    workload: WorkloadName
    kind: Kind
    resources: tuple[Deployed, ...]
    before: tuple[Before, ...]
    stale: tuple[str, ...] = ()


Item = Deploy | RollBack | Run


@dataclass(frozen=True, slots=True)
class Theirs:
    """A workload that was asked for and that somebody else deploys (`by`): nothing is done to it.

    `proven`: the target runs it, as the chain says. `says`: how it stands, and who has to do what.
    """

    workload: WorkloadName
    by: Deployer
    proven: bool
    says: Text


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for; a plan is made again from it. `image`: to deploy, by digest; `revision`: to roll back to."""

    target: str
    workloads: tuple[WorkloadName, ...]
    action: Action = "deploy"
    image: str | None = None
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """`lines`: what a person is shown before the yes. `resumes`: the operation that died and that this goes on with.

    `theirs`: what else was asked for; it is no part of the id, since nothing is done to it.
    """

    id: str
    request: Request
    commit: Commit
    items: tuple[Item, ...]
    lines: tuple[Text, ...]
    resumes: str | None = None
    theirs: tuple[Theirs, ...] = ()


def make_plan(
    request: Request,
    commit: Commit,
    items: tuple[Item, ...],
    lines: tuple[Text, ...],
    resumes: str | None = None,
    theirs: tuple[Theirs, ...] = (),
) -> Plan:
    """The plan with its id. `lines` are not part of the id: they say the same in words."""
    held = {
        "request": asdict(request),
        "commit": commit,
        "items": [asdict(item) for item in items],
        "resumes": resumes,
    }
    digest = hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()
    return Plan(f"plan-{digest[:12]}", request, commit, items, lines, resumes, theirs)


def before_of(resource: Deployed) -> Before:
    """As it stands now."""
    return Before(
        resource=resource.resource,
        image=resource.image,
        serving=resource.serving,
        follows_latest=resource.follows_latest,
        labels=resource.labels,
        own_labels=resource.own_labels,
    )


def before_as_data(item: Item) -> list[dict[str, Any]]:
    """As the ledger keeps it."""
    return [asdict(before) for before in item.before]


def before_from_data(data: list[Mapping[str, Any]]) -> tuple[Before, ...]:
    return tuple(
        Before(
            resource=entry["resource"],
            image=entry["image"],
            serving=tuple((revision, percent) for revision, percent in entry["serving"]),
            follows_latest=entry["follows_latest"],
            labels=tuple((name, value) for name, value in entry.get("labels", ())),
            own_labels=tuple((name, value) for name, value in entry.get("own_labels", ())),
        )
        for entry in data
    )


def request_as_data(request: Request) -> dict[str, Any]:
    """As the ledger keeps it."""
    return asdict(request)


def request_from_data(data: Mapping[str, Any]) -> Request:
    """What was kept; a plan of an older signoff is a deploy."""
    return Request(
        target=data["target"],
        workloads=tuple(WorkloadName(name) for name in data["workloads"]),
        action=data.get("action", "deploy"),
        image=data.get("image"),
        revision=data.get("revision"),
    )
