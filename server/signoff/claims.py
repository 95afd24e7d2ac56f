"""The session's claims, judged from the logs: beside the chain, since a claim belongs to no link of one workload."""

from __future__ import annotations

from collections.abc import Sequence

from signoff.checks import healthy
from signoff.gather.health import health
from signoff.model.facts import Unknown
from signoff.model.judgement import Status
from signoff.model.logs import Health
from signoff.model.report import ClaimReport
from signoff.model.text import text
from signoff.survey import Survey


async def claims(survey: Survey) -> Sequence[ClaimReport]:
    """Each claim of the session, judged over all workloads that it is about."""
    found: dict[str, Health] = {}
    for workload in survey.subject.workloads:
        facts = await health(survey, workload)
        if isinstance(facts, Unknown):
            reason = text("the logs of {} could not be read ({})", workload.name, facts.detail)
            return [ClaimReport(claim, Status.UNKNOWN, reason) for claim in survey.subject.claims]
        found[workload.name] = facts
    reports = []
    for claim in survey.subject.claims:
        scope = {name: facts for name, facts in found.items() if claim.workload in {None, name}}
        reports.append(ClaimReport(claim, *healthy.claim(scope, claim.gone)))
    return reports
