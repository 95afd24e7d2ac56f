"""What Cloud Run has now, in one list a region and kind, shared by all who ask."""

from __future__ import annotations

from collections.abc import Mapping

from signoff.model.facts import Known, Unknown
from signoff.model.run import Job, Service
from signoff.model.subject import Kind
from signoff.survey import Survey


async def services(survey: Survey, region: str) -> Known[Mapping[str, Service]] | Unknown:
    """The subject's services that exist in the region, by their short name."""
    return await survey.systems.run.services(survey.subject.target.project, region, _names(survey, "service"))


async def jobs(survey: Survey, region: str) -> Known[Mapping[str, Job]] | Unknown:
    """The subject's jobs that exist in the region, by their short name."""
    return await survey.systems.run.jobs(survey.subject.target.project, region, _names(survey, "job"))


async def worker_pools(survey: Survey, region: str) -> Known[Mapping[str, Service]] | Unknown:
    """The subject's worker pools that exist in the region, by their short name."""
    return await survey.systems.run.worker_pools(survey.subject.target.project, region, _names(survey, "worker-pool"))


def _names(survey: Survey, kind: Kind) -> frozenset[str]:
    return frozenset(workload.resource for workload in survey.subject.workloads if workload.kind == kind)
