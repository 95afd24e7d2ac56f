"""Where the subject's workloads stand in Cloud Run, region by region, in lists.

A region costs one list of what is current and at most HISTORY_PAGES pages of history, however many workloads there
are. What is needed beyond that is in the resource itself, or is asked by name.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from signoff.gather.current import jobs, services, worker_pools
from signoff.model.facts import Known, Ref, Unknown
from signoff.model.lineage import Placement
from signoff.model.run import Execution, Job, Revision, Service
from signoff.model.subject import Workload, WorkloadName
from signoff.survey import Survey
from signoff.systems.google.pages import Listing

T = TypeVar("T")
H = TypeVar("H", Revision, Execution)

FEW = 3
"""Up to that many workloads of a region are asked one by one, so that a stranger's history is not paged through."""
_NUMBER = re.compile(r"-(\d{5})-[a-z0-9]{3}$")
_SPOKEN = {"service": "services", "job": "jobs", "worker-pool": "worker-pools"}
_PATH = {"service": "services", "job": "jobs", "worker-pool": "workerPools"}


@dataclass(frozen=True, slots=True)
class History:
    """Revisions or executions by (parent, name); `whole`: no older ones exist that were not read."""

    entries: Mapping[tuple[str, str], Revision | Execution]
    whole: bool


async def placements(survey: Survey) -> Mapping[WorkloadName, tuple[Placement, ...] | Unknown]:
    """Every workload of the subject in every region of the target."""
    workloads, regions = survey.subject.workloads, survey.subject.target.regions
    asked = [(workload, region) for workload in workloads for region in regions]
    found = await asyncio.gather(*(_placement(survey, workload, region) for workload, region in asked))
    by_name: dict[WorkloadName, list[Placement | Unknown]] = {}
    for (workload, _), one in zip(asked, found, strict=True):
        by_name.setdefault(workload.name, []).append(one)
    return {name: _whole(parts) for name, parts in by_name.items()}


def _whole(parts: Sequence[Placement | Unknown]) -> tuple[Placement, ...] | Unknown:
    unknown = next((part for part in parts if isinstance(part, Unknown)), None)
    return unknown or tuple(part for part in parts if isinstance(part, Placement))


async def _placement(survey: Survey, workload: Workload, region: str) -> Placement | Unknown:
    if workload.kind == "job":
        listed = await survey.get(jobs, region)
        if isinstance(listed, Unknown):
            return listed
        ref = _ref(survey, workload, region, listed)
        job = listed.value.get(workload.resource)
        return Placement(region, None, ref) if job is None else await _of_job(survey, job, ref)
    current = await survey.get(services if workload.kind == "service" else worker_pools, region)
    if isinstance(current, Unknown):
        return current
    ref = _ref(survey, workload, region, current)
    service = current.value.get(workload.resource)
    if service is None:
        return Placement(region, None, ref)
    if workload.kind == "worker-pool":
        return _of_pool(service, ref)
    return await _of_service(survey, workload, service, ref)


async def _of_service(survey: Survey, workload: Workload, service: Service, ref: Ref) -> Placement | Unknown:
    history = await survey.get(revision_history, service.region)
    if isinstance(history, Unknown):
        return history
    candidate = survey.subject.candidate.get(workload.name)
    newest = candidate.revision if candidate else service.latest_created
    wanted = dict.fromkeys([newest, *service.percent()])
    found: dict[str, Revision | None] = {}
    for name in wanted:
        revision = history.entries.get((service.name, name)) or _from_template(service, name)
        if revision is None and name:
            known = await survey.systems.run.revision(survey.subject.target.project, service.region, service.name, name)
            if isinstance(known, Unknown):
                return known
            revision = known.value
        found[name] = revision if isinstance(revision, Revision) else None
    previous, compared = _previous(found[newest], service, history)
    return Placement(
        region=service.region,
        resource=service,
        ref=ref,
        newest=found[newest],
        serving=tuple(revision for name in service.percent() if (revision := found[name]) is not None),
        previous=previous,
        compared=compared,
    )


def _from_template(service: Service, name: str) -> Revision | None:
    """The revision that a settled service's template made, where nothing of it is left to be resolved.

    Only while it alone serves: settings are compared between revisions, and a revision's have their defaults filled in.
    """
    alone = service.percent() in ({name: 100}, {})
    known = alone and service.settled and name == service.latest_created == service.latest_ready
    if not known or not all(container.image.digest for container in service.template.containers):
        return None
    return Revision(name, service.name, service.updated, service.template, None)


def _of_pool(pool: Service, ref: Ref) -> Placement:
    """Revisions of a worker pool can not be read by Cloud Run's client: its template stands for the settled one."""
    newest = _from_template(pool, pool.latest_created)
    serving = (newest,) if newest and set(pool.percent()) == {newest.name} else ()
    return Placement(pool.region, pool, ref, newest, serving, compared=True)


def _previous(newest: Revision | None, service: Service, history: History) -> tuple[Revision | None, bool]:
    """The revision before, best the last one that was ready, and whether that is certain."""
    if newest is None:
        return None, False
    own = [entry for (parent, _), entry in history.entries.items() if parent == service.name]
    older = [entry for entry in own if isinstance(entry, Revision) and _age(entry) < _age(newest)]
    older.sort(key=_age, reverse=True)
    if history.whole:
        ready = (revision for revision in older if revision.ready and revision.ready.state == "succeeded")
        return next(ready, older[0] if older else None), True
    before = _number(newest.name) - 1
    found = next((revision for revision in older if _number(revision.name) == before), None)
    return found, found is not None or before == 0


def _age(revision: Revision) -> tuple[datetime, str]:
    """Names that Cloud Run gives rise in their order."""
    return revision.created, revision.name


def _number(revision: str) -> int:
    """The generation in a name that Cloud Run gave; -1 in one that a person gave."""
    match = _NUMBER.search(revision)
    return int(match[1]) if match else -1


async def _of_job(survey: Survey, job: Job, ref: Ref) -> Placement | Unknown:
    history = await survey.get(execution_history, job.region)
    if isinstance(history, Unknown):
        return history
    own = [e for (parent, _), e in history.entries.items() if parent == job.name and isinstance(e, Execution)]
    latest: Execution | None = None
    if job.latest_execution is not None:
        latest = next((execution for execution in own if execution.name == job.latest_execution.name), None)
        if latest is None:
            known = await survey.systems.run.execution(
                survey.subject.target.project, job.region, job.name, job.latest_execution.name
            )
            if isinstance(known, Unknown):
                return known
            latest = known.value
    running = tuple(execution for execution in own if execution.completed is None and execution != latest)
    return Placement(job.region, job, ref, execution=latest, running=running)


async def revision_history(survey: Survey, region: str) -> History | Unknown:
    """Revisions of the subject's services in a region."""
    current = await survey.get(services, region)
    if isinstance(current, Unknown):
        return current
    names = frozenset(current.value)
    return await _history(names, lambda name: survey.systems.run.revisions(_project(survey), region, name, names))


async def execution_history(survey: Survey, region: str) -> History | Unknown:
    """Executions of the subject's jobs in a region."""
    current = await survey.get(jobs, region)
    if isinstance(current, Unknown):
        return current
    names = frozenset(name for name, job in current.value.items() if job.latest_execution)
    return await _history(names, lambda name: survey.systems.run.executions(_project(survey), region, name, names))


async def _history(
    names: frozenset[str], ask: Callable[[str], Awaitable[Known[Listing[H]] | Unknown]]
) -> History | Unknown:
    parents = sorted(names) if len(names) <= FEW else ["-"]
    entries: dict[tuple[str, str], Revision | Execution] = {}
    whole = True
    for listed in await asyncio.gather(*(ask(parent) for parent in parents)):
        if isinstance(listed, Unknown):
            return listed
        whole = whole and listed.value.whole
        entries.update({(entry.parent, entry.name): entry for entry in listed.value.items})
    return History(entries, whole)


def _project(survey: Survey) -> str:
    return survey.subject.target.project


def _ref(survey: Survey, workload: Workload, region: str, listed: Known[T]) -> Ref:
    """Where a person looks at one workload, read as part of a list."""
    project = _project(survey)
    look = ("gcloud", "run", _SPOKEN[workload.kind], "describe", workload.resource)
    name = f"projects/{project}/locations/{region}/{_PATH[workload.kind]}/{workload.resource}"
    return Ref("run", name, listed.ref.at, (*look, f"--region={region}", f"--project={project}"))
