"""What serves now, and since when: the revisions that carry traffic, and each job's newest execution."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from signoff.gather.placements import placements
from signoff.model.facts import Unknown
from signoff.model.lineage import Placement
from signoff.model.run import Job, Outcome, Service
from signoff.model.subject import Kind, Workload, WorkloadName
from signoff.survey import Survey
from signoff.systems.google.log_filters import Names

HISTORY = timedelta(days=7)
"""How far back logs are read; what is older has to be read by hand."""
_LONGEST_START = timedelta(minutes=30)
"""A container has four minutes to start (https://cloud.google.com/run/docs/configuring/healthchecks), and an image its
time to be fetched.
"""


@dataclass(frozen=True, slots=True)
class Unit:
    """A revision that carries traffic (a share of a worker pool's instances), or a job's newest execution.

    `since`: its own log is read from there. `began`: it served by then at the latest. `ended`, `outcome`: of an
    execution; None and empty while it runs.
    """

    kind: Kind
    resource: str
    region: str
    name: str
    since: datetime
    began: datetime
    ended: datetime | None = None
    outcome: Outcome = ""


Units = Mapping[WorkloadName, tuple[Unit, ...] | Unknown]


async def units(survey: Survey) -> Units:
    """Of every workload of the subject, over all regions of the target."""
    return {
        workload.name: found if isinstance(found, Unknown) else tuple(_units(survey, workload, found))
        for workload in survey.subject.workloads
        for found in [(await survey.get(placements))[workload.name]]
    }


def names(found: Iterable[Unit]) -> Names:
    """As Cloud Logging is asked for them."""
    of: dict[Kind, list[str]] = {"service": [], "job": [], "worker-pool": []}
    for unit in found:
        of[unit.kind].append(unit.name)
    return Names(*(tuple(sorted(set(of[kind]))) for kind in ("service", "job", "worker-pool")))


def known(found: Units) -> list[Unit]:
    """The units of all workloads of which they are known."""
    return [unit for one in found.values() if not isinstance(one, Unknown) for unit in one]


def _units(survey: Survey, workload: Workload, placed: Iterable[Placement]) -> Iterable[Unit]:
    oldest = survey.now - HISTORY
    for placement in placed:
        match placement.resource:
            case Job(name=name, region=region, latest_execution=newest) if newest:
                since = max(newest.created, oldest)
                yield Unit("job", name, region, newest.name, since, newest.created, newest.completed, newest.outcome)
            case Service(name=name, region=region) as service:
                for revision in _revisions(survey, workload, service):
                    began = _served_since(placement, revision)
                    # A worker pool's revision can not be read: its log's name says what is its own.
                    exact = began is not None and workload.kind == "service"
                    since = max(began, oldest) if exact and began else oldest
                    yield Unit(workload.kind, name, region, revision, since, began or service.updated)


def _revisions(survey: Survey, workload: Workload, service: Service) -> Iterable[str]:
    """The one under judgement alone, where there is one."""
    candidate = survey.subject.candidate.get(workload.name)
    if candidate is not None:
        return [candidate.revision] if candidate.region in {None, service.region} else []
    return [revision for revision in service.percent() if revision]


def _served_since(placement: Placement, name: str) -> datetime | None:
    """When the revision became ready: no request of anybody reached it before. Else when it was made.

    One that became ready so late was ready before, and had trouble since: what it wrote meanwhile is its own.
    """
    revision = next((one for one in (*placement.serving, placement.newest) if one and one.name == name), None)
    if revision is None:
        return None
    ready = revision.ready
    starts = revision.created + _LONGEST_START
    if ready and ready.state == "succeeded" and ready.at and revision.created < ready.at <= starts:
        return ready.at
    return revision.created
