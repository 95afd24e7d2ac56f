"""Cloud Run's resources as facts. Short names; values of environment variables are never read into them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from signoff.model.images import ImageRef
from signoff.model.quoted import Quoted

Ingress = Literal["all", "load-balancer", "internal"]
State = Literal["succeeded", "failed", "pending"]
Outcome = Literal["", "succeeded", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Condition:
    """`reason`: Cloud Run's own word in capitals; empty where it gives none."""

    type: str
    state: State
    reason: str
    message: Quoted
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable, or a mounted secret (its name is then the volume's).

    `kind`: `value`, or `secret:NAME:VERSION`; never what it holds.
    """

    name: Quoted
    kind: str


@dataclass(frozen=True, slots=True)
class Container:
    """`ingress`: it gets the requests (with sidecars the one that names a port)."""

    name: str
    image: ImageRef
    variables: tuple[Variable, ...]
    ingress: bool = False


@dataclass(frozen=True, slots=True)
class Hint:
    """A label, annotation or tag that states a commit: `commit` is hexadecimal, perhaps shortened."""

    source: str
    commit: str


@dataclass(frozen=True, slots=True)
class Template:
    """What a revision or a job's execution is made of.

    `configuration`: equal where everything but the images and labels is equal. It is keyed anew in each process, so
    that nothing can be learned from it.
    """

    containers: tuple[Container, ...]
    hints: tuple[Hint, ...]
    configuration: str
    mounted: tuple[Variable, ...] = ()
    """Secrets that are mounted as files."""
    cloud_sql: tuple[str, ...] = ()
    """Instances of Cloud SQL that it is connected to."""

    @property
    def main(self) -> Container:
        """The container that is judged: sidecars have images of their own."""
        return next((container for container in self.containers if container.ingress), self.containers[0])

    @property
    def variables(self) -> frozenset[Variable]:
        """Environment of all containers and mounted secrets."""
        return frozenset((*(v for container in self.containers for v in container.variables), *self.mounted))


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision of a service or worker pool. `ready`: its condition Ready; None before Cloud Run said anything.

    `operation`: the operation of signoff's that made it, as a label states; empty where none did.
    """

    name: str
    parent: str
    created: datetime
    template: Template
    ready: Condition | None
    operation: str = ""


DEPLOY_TAG = "signoff"
"""The tag under which a deploy of ours reaches a revision before it gets traffic. One name for all deploys, so that
tags do not pile up; it is taken away once all traffic is on the revision, and kept on one that failed, for study."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """`latest`: to whatever is the latest ready revision; `revision` is then what that is, or empty if not said.

    `url`: of the tag.
    """

    revision: str
    percent: int
    latest: bool = False
    tag: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """A service, or a worker pool (whose instance split stands in for traffic).

    `wanted` is the traffic as configured, `traffic` as observed. `settled`: nothing is being reconciled. `urls`: its
    own addresses, the first one first; none where it is switched off. `ingress`: from where requests are let in.
    """

    name: str
    region: str
    template: Template
    settled: bool
    updated: datetime
    latest_created: str
    latest_ready: str
    condition: Condition | None
    wanted: tuple[Traffic, ...]
    traffic: tuple[Traffic, ...]
    urls: tuple[str, ...] = ()
    ingress: Ingress = "all"

    def percent(self) -> dict[str, int]:
        """Observed percent per revision, summed; tag entries have 0 % and do not count."""
        return _summed(self.traffic, self.latest_ready)

    @property
    def pinned(self) -> bool:
        """Whether the configured traffic names revisions instead of following the latest ready one."""
        return any(entry.percent and not entry.latest for entry in self.wanted)


@dataclass(frozen=True, slots=True)
class LatestExecution:
    """What a job says of its newest execution. `completed` is None while it runs; `outcome`: how it ended, empty where
    that is not said.
    """

    name: str
    created: datetime
    completed: datetime | None
    outcome: Outcome = ""


@dataclass(frozen=True, slots=True)
class Job:
    """`updated`: when its definition was last changed."""

    name: str
    region: str
    template: Template
    settled: bool
    updated: datetime
    condition: Condition | None
    latest_execution: LatestExecution | None


@dataclass(frozen=True, slots=True)
class Execution:
    """One run of a job. `completed` is None while it runs."""

    name: str
    parent: str
    created: datetime
    completed: datetime | None
    template: Template


def _summed(entries: Iterable[Traffic], latest_ready: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for entry in entries:
        revision = entry.revision or (latest_ready if entry.latest else "")
        sums[revision] = sums.get(revision, 0) + entry.percent
    return {revision: percent for revision, percent in sums.items() if percent}
